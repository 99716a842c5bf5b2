"""The Triton kernels: their checks in the interpreter, and what is said where they cannot be had."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from attn_impls.kernels import on_cuda, triton_tiles
from attn_impls.kernels.building import BuildError
from attn_impls.sources.imports import closure


def run_checks(*options: str, limit_s: float, **environment: str) -> None:
    """Run triton_checks.py in a process of its own, which shows what failed."""
    pytest.importorskip("triton")
    checks = Path(__file__).with_name("triton_checks.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(checks)],
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=limit_s,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_in_tritons_interpreter() -> None:
    """All checks pass on the CPU, where Triton's interpreter computes what the kernels say."""
    # Without what needs a GPU also where there is one.
    run_checks("-m", "not gpu", limit_s=3600, TRITON_INTERPRET="1", TRITON_CHECKS_ON="cpu")


@pytest.mark.gpu(capability=on_cuda.LEAST_CAPABILITY, memory_gib=1)
def test_on_a_gpu() -> None:
    """All checks pass on a GPU, but those for which its memory is too small."""
    # Some thousand kernels are compiled, in about a second each.
    run_checks(limit_s=7200, TRITON_INTERPRET="0", TRITON_CHECKS_ON="cuda")


@pytest.mark.parametrize(
    ("triton", "message"),
    [
        (None, r"^Triton is not installed: "),
        (SimpleNamespace(__version__="3.5.1"), r"^Triton 3\.5\.1 is too old; install 3\.6 or later$"),
        (SimpleNamespace(__version__="3.6.0", TritonError=ValueError), r"^Triton compiles nothing here: no compiler$"),
    ],
)
def test_where_there_is_no_triton(monkeypatch: pytest.MonkeyPatch, triton: object, message: str) -> None:
    """Without Triton, with one too old or with one that does not compile, it is said why."""

    def fail(*_: object) -> None:
        msg = "no compiler"
        raise RuntimeError(msg)

    monkeypatch.setitem(sys.modules, "triton", triton)
    monkeypatch.setattr(on_cuda, "hard_softmax", fail)
    with pytest.raises(BuildError, match=message):
        on_cuda.require(torch.device("cpu"))


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("no room"),
        RuntimeError("Triton Error [CUDA]: out of memory"),
        torch.AcceleratorError("CUDA error: out of memory\nCompile with TORCH_USE_CUDA_DSA"),
    ],
)
def test_a_full_device_says_nothing_about_triton(monkeypatch: pytest.MonkeyPatch, error: RuntimeError) -> None:
    """Where memory ran out, whoever asked for it, the error is not remembered: the next call tries again."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setitem(sys.modules, "triton", SimpleNamespace(__version__="3.6.0", TritonError=ValueError))
    monkeypatch.setattr(on_cuda, "hard_softmax", fail)
    with pytest.raises(RuntimeError) as caught:
        on_cuda.require(torch.device("cpu"))
    assert caught.value is error


@pytest.mark.parametrize("name", ["on_cuda", "triton_kernels", "triton_pieces", "triton_places", "triton_rules"])
def test_a_change_of_a_kernel_is_a_change_of_the_sources(name: str) -> None:
    """Measurements of the fused implementations are of these files too."""
    package = Path(triton_tiles.__file__).parent
    assert package / f"{name}.py" in closure("attn_impls", frozenset({"attn_impls.kernels.on_cuda"}), frozenset())
