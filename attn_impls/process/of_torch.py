"""What torch keeps for a whole process or thread: threads, gradients, defaults, checks, precision, algorithms."""

from __future__ import annotations

import sys
from typing import Any

import torch
from torch import backends
from torch.nn.modules import module as modules

from .setting import Setting

#: Half of it is a denormal number; a flushed one is 0 in Python too.
_SMALLEST_NORMAL = sys.float_info.min
#: Keeps the guards alive that end an inference mode which somebody has left open: it would begin again with their end.
_ENDS: list[torch.inference_mode] = []

#: Of which operators; whose attribute it is, with the part of it; and whether it is cheap to read.
_PRECISIONS: tuple[tuple[str, Any, str, bool], ...] = (
    ("every float32 operator", torch, "backends", False),
    ("float32 products on CUDA", backends.cuda, "matmul", True),
    ("float32 convolutions of cuDNN", backends.cudnn, "conv", True),
    ("recurrent float32 layers of cuDNN", backends.cudnn, "rnn", False),
    ("float32 products of oneDNN", backends.mkldnn, "matmul", True),
    ("float32 convolutions of oneDNN", backends.mkldnn, "conv", True),
)
_HOOKS = (
    "_global_forward_hooks",
    "_global_forward_pre_hooks",
    "_global_backward_hooks",
    "_global_backward_pre_hooks",
)
_AUTOCAST_DEVICES = ("cpu", "cuda")


def _set_inference_mode(mode: bool) -> None:
    guard = torch.inference_mode(mode)
    guard.__enter__()
    _ENDS.append(guard)


def _default_device() -> torch.device | None:
    """Return the device that somebody has set; None is another state than the CPU, which makes every call slower."""
    context = getattr(torch._GLOBAL_DEVICE_CONTEXT, "device_context", None)  # noqa: SLF001 - get_default_device gives the CPU
    return None if context is None else context.device


def _anomaly() -> tuple[bool, bool]:
    return torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()


def _deterministic() -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def _set_deterministic(values: tuple[bool, bool]) -> None:
    mode, warn_only = values
    torch.use_deterministic_algorithms(mode, warn_only=warn_only)


def _flushes_denormals() -> bool:
    """Return whether this thread does; torch has no function for it."""
    return _SMALLEST_NORMAL / 2.0 == 0.0


def _matmul_precision() -> str:
    try:
        return torch.get_float32_matmul_precision()
    except RuntimeError:
        # Somebody has set one of the newer precisions below, which this name cannot express.
        return "mixed"


def _autocast() -> tuple[Any, ...]:
    devices = (
        value
        for device in _AUTOCAST_DEVICES
        for value in (torch.is_autocast_enabled(device), torch.get_autocast_dtype(device))
    )
    return *devices, torch.is_autocast_cache_enabled()


def _set_autocast(values: tuple[Any, ...]) -> None:
    *devices, cache = values
    for device, enabled, dtype in zip(_AUTOCAST_DEVICES, devices[::2], devices[1::2], strict=True):
        torch.set_autocast_enabled(device, enabled)
        torch.set_autocast_dtype(device, dtype)
    torch.set_autocast_cache_enabled(cache)


def _hooks() -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(getattr(modules, name)) for name in _HOOKS)


def _drop_hooks(before: tuple[tuple[int, ...], ...]) -> None:
    """Remove the hooks that are new; one that was removed cannot be had back."""
    for name, kept in zip(_HOOKS, before, strict=True):
        hooks = getattr(modules, name)
        for number in set(hooks).difference(kept):
            del hooks[number]


def _flag(owner: Any, attribute: str, name: str, *, each_sample: bool = True) -> Setting[Any]:
    """Return the setting of an attribute of one of torch's backends."""
    return Setting(
        name=name,
        read=lambda: getattr(owner, attribute),
        write=lambda value: setattr(owner, attribute, value),
        each_sample=each_sample,
    )


def _attention(kind: str) -> Setting[bool]:
    """Return the setting of one way in which torch computes scaled dot products."""
    return Setting(
        name=f"{kind} attention of torch",
        read=getattr(backends.cuda, f"{kind}_sdp_enabled"),
        write=getattr(backends.cuda, f"enable_{kind}_sdp"),
    )


#: Inference mode stands before gradients, which it sets too; the old name of a precision before the new ones.
TORCH: tuple[Setting[Any], ...] = (
    Setting(name="the number of CPU threads", read=torch.get_num_threads, write=torch.set_num_threads),
    Setting(
        name="the number of threads between operators",
        read=torch.get_num_interop_threads,
        write=torch.set_num_interop_threads,
        each_sample=False,
    ),
    Setting(name="inference mode", read=torch.is_inference_mode_enabled, write=_set_inference_mode),
    Setting(name="gradients", read=torch.is_grad_enabled, write=torch.set_grad_enabled),
    Setting(name="the default dtype", read=torch.get_default_dtype, write=torch.set_default_dtype),
    Setting(name="the default device", read=_default_device, write=torch.set_default_device),
    Setting(
        name="anomaly detection",
        read=_anomaly,
        write=lambda values: torch.autograd.set_detect_anomaly(*values),
        show=lambda values: values[0],
    ),
    Setting(name="flushing of denormals", read=_flushes_denormals, write=torch.set_flush_denormal),
    Setting(
        name="deterministic algorithms",
        read=_deterministic,
        write=_set_deterministic,
        show=lambda values: values[0],
    ),
    _flag(torch.utils.deterministic, "fill_uninitialized_memory", "filling of uninitialised memory", each_sample=False),
    Setting(name="the float32 matmul precision", read=_matmul_precision, write=torch.set_float32_matmul_precision),
    *(
        _flag(getattr(owner, part), "fp32_precision", f"the precision of {operators}", each_sample=each_sample)
        for operators, owner, part, each_sample in _PRECISIONS
    ),
    _flag(
        backends.cuda.matmul,
        "allow_fp16_reduced_precision_reduction",
        "sums of float16 products in float16",
        each_sample=False,
    ),
    _flag(
        backends.cuda.matmul,
        "allow_bf16_reduced_precision_reduction",
        "sums of bfloat16 products in bfloat16",
        each_sample=False,
    ),
    _flag(backends.cudnn, "enabled", "cuDNN"),
    _flag(backends.cudnn, "benchmark", "cuDNN's search for the fastest algorithm"),
    _flag(backends.cudnn, "benchmark_limit", "the limit of cuDNN's search", each_sample=False),
    _flag(backends.cudnn, "deterministic", "deterministic algorithms of cuDNN"),
    _flag(backends.mkldnn, "enabled", "oneDNN"),
    _flag(backends.mkldnn, "deterministic", "deterministic algorithms of oneDNN"),
    *map(_attention, ("flash", "mem_efficient", "math", "cudnn")),
    Setting(
        name="the fast path of multi-head attention",
        read=backends.mha.get_fastpath_enabled,
        write=backends.mha.set_fastpath_enabled,
    ),
    Setting(
        name="autocast",
        read=_autocast,
        write=_set_autocast,
        each_sample=False,
        show=lambda values: ", ".join(map(str, values)),
    ),
    Setting(
        name="hooks of all modules",
        read=_hooks,
        write=_drop_hooks,
        show=lambda hooks: f"{sum(map(len, hooks))} of them",
    ),
)
