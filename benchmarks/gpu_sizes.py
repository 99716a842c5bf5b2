"""How much of each thing a session measures: on a GPU, and at the least, to see that a session runs to its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from suites.request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
CHECKS = "tests/attn_impls/kernels/triton_checks.py"
#: The kernels' checks in one test: a piece of its own runs them one by one.
ALL_CHECKS = "tests/attn_impls/kernels/test_triton_kernels.py::test_on_a_gpu"
PLUGINS = (HERE / "misbehaving.py", HERE / "misbehaving_gpu.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A plan, and how long each case of it may take."""

    request: Request
    budget_s: float
    time_limit_s: float
    """A step that takes longer is a hang."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What the pieces are given."""

    tests: tuple[str, ...]
    """pytest's arguments."""
    checks: tuple[str, ...]
    """Likewise, of the kernels' checks."""
    checks_environment: Mapping[str, str]
    operators: Request
    """Hot; with the other timings, the last two of its logits."""
    networks: Request
    beyond: Request
    """Batches that grow; how far, ``shares`` say."""
    shares: tuple[float, ...]
    """Inputs of these shares of the device's memory."""
    planted: Request
    fused: tuple[str, ...]
    """Options of fused_cuda.py."""
    fused_environment: Mapping[str, str]
    agreement: tuple[str, ...]
    """Likewise, of agreement.py."""
    operators_budget_s: float
    networks_budget_s: float
    time_limit_s: float
    planted_time_limit_s: float
    """Of the cases that hang on purpose."""


#: One image of these is 1 MiB for an attention alone.
_GROWING = Request(suites=("latency",), impls=("se",), hosts=("none",), directions=("forward",), image_size=64)
_PLANTED = Request(
    suites=("latency",),
    impls=("bad/*", "good/00", "good/01", "good/02"),
    hosts=("none",),
    directions=("forward",),
    batch_sizes=(4,),
    plugins=tuple(map(str, PLUGINS)),
)

_AGAINST = ("--against", "softmax", "fused softmax")

#: A case on CUDA takes 2 s for its energy, whatever its budget: there are few shapes.
ON_A_GPU = Sizes(
    tests=("-m", "gpu", "tests", "--deselect", ALL_CHECKS),
    checks=(CHECKS,),
    checks_environment={"TRITON_INTERPRET": "0", "TRITON_CHECKS_ON": "cuda"},
    operators=Request(suites=("operators",), logits=("256x2x256@1", "4096x1000", "64x8x197x197")),
    networks=Request(suites=("latency", "memory"), impls=("se", "psk"), hosts=("resnet50",)),
    beyond=_GROWING,
    # Beside its input a case holds the place that it is moved to, the result, and what is made meanwhile.
    shares=(1 / 1024, 1 / 32, 1 / 8, 1.2, 2.4),
    planted=_PLANTED,
    fused=("--rounds", "15", "--lengths", "1000", "8192", "--dtypes", "float16", "float32"),
    fused_environment={},
    agreement=("--rounds", "7"),
    operators_budget_s=0.3,
    networks_budget_s=1.5,
    time_limit_s=100.0,
    planted_time_limit_s=20.0,
)

SIMULATED = Sizes(
    # Without torch, whose import would take longer than all the rest.
    tests=("tests/bench/test_stopping.py",),
    checks=(CHECKS, "-k", "empty_logits"),
    checks_environment={"TRITON_INTERPRET": "1", "TRITON_CHECKS_ON": "cpu"},
    operators=Request(
        suites=("operators",),
        impls=("softmax", "hard_softmax"),
        modes=("eager",),
        directions=("forward",),
        logits=("8x100",),
    ),
    networks=Request(
        suites=("latency", "memory"),
        impls=("se",),
        hosts=("mobilenet_v3_small",),
        directions=("forward",),
        batch_sizes=(2,),
        image_size=64,
    ),
    beyond=_GROWING,
    shares=(0.0, 1.2, 2.4),
    planted=replace(
        _PLANTED,
        impls=("bad/*OnTheDevice", "bad/FillsTheCard", "good/00"),
    ),
    # Nothing is compiled, and the CPU's kernels are not built: there is no compiler of this name.
    fused=(*["--rounds", "1", "--lengths", "100", "--dtypes", "float32", "--bytes", "20000"], *_AGAINST),
    fused_environment={"CXX": "no-compiler-when-simulated"},
    agreement=("--rounds", "1", "--largest", "400000"),
    # Seconds of the simulated device: as many as make two windows to warm up, and ten samples.
    operators_budget_s=0.25,
    networks_budget_s=4.0,
    time_limit_s=60.0,
    planted_time_limit_s=4.0,
)
