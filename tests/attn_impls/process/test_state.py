"""Every setting that a module may change is seen, named and put back."""

from __future__ import annotations

import gc
import os
import random
import signal
import sys
import time
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch.nn.modules.module import register_module_forward_hook

from attn_impls.process import ALL, EACH_SAMPLE, ProcessState, ProcessStateWarning, Weight, guarded, listening

if TYPE_CHECKING:
    from collections.abc import Callable

#: What plug-ins leave open; a context that nothing refers to closes itself.
OPEN: list[object] = []


def enter(context: torch.inference_mode | torch.autocast) -> None:
    """Leave a context open."""
    OPEN.append(context)
    context.__enter__()


def collect_otherwise() -> None:
    """Switch the garbage collector off, with other thresholds."""
    gc.disable()
    gc.set_threshold(1, 2, 3)


KINDS: dict[str, Callable[[], object]] = {
    f"sets the number of CPU threads to {torch.get_num_threads() + 1}": (
        lambda: torch.set_num_threads(torch.get_num_threads() + 1)
    ),
    "sets gradients to False": lambda: torch.set_grad_enabled(False),
    "sets inference mode to True": lambda: enter(torch.inference_mode()),
    "sets the default dtype to torch.float64": lambda: torch.set_default_dtype(torch.float64),
    "sets the default device to meta": lambda: torch.set_default_device("meta"),
    "sets anomaly detection to True": lambda: torch.autograd.set_detect_anomaly(True),
    "sets flushing of denormals to True": lambda: torch.set_flush_denormal(True),
    "sets deterministic algorithms to True": lambda: torch.use_deterministic_algorithms(True),  # noqa: FBT003
    "sets the float32 matmul precision to high": lambda: torch.set_float32_matmul_precision("high"),
    "sets the precision of float32 products on CUDA to tf32": (
        lambda: setattr(torch.backends.cuda.matmul, "fp32_precision", "tf32")
    ),
    "sets cuDNN's search for the fastest algorithm to True": lambda: setattr(torch.backends.cudnn, "benchmark", True),
    "sets deterministic algorithms of cuDNN to True": lambda: setattr(torch.backends.cudnn, "deterministic", True),
    "sets cuDNN to False": lambda: setattr(torch.backends.cudnn, "enabled", False),
    "sets oneDNN to False": lambda: setattr(torch.backends.mkldnn, "enabled", False),
    "sets flash attention of torch to False": lambda: torch.backends.cuda.enable_flash_sdp(enabled=False),
    "sets the fast path of multi-head attention to False": lambda: torch.backends.mha.set_fastpath_enabled(False),
    "sets autocast to True, torch.bfloat16, False, torch.float16, True": lambda: enter(torch.autocast("cpu")),
    "sets hooks of all modules to 1 of them": lambda: register_module_forward_hook(lambda *_: None),
    "sets torch's seed to 321": lambda: torch.manual_seed(321),
    "sets time.perf_counter to constant of test_state": lambda: setattr(time, "perf_counter", constant),
    "sets the handler of SIGINT to SIG_IGN": lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    "sets the working folder to /": lambda: os.chdir("/"),
    "sets the recursion limit to 4321": lambda: sys.setrecursionlimit(4321),
    "sets the function that profiles Python to constant of test_state": lambda: sys.setprofile(constant),
    "sets the garbage collector to off, thresholds (1, 2, 3)": collect_otherwise,
    "sets the filters of warnings to 'ignore' for Warning first": lambda: warnings.filterwarnings("ignore"),
    "sets the filters of warnings to 'error' for UserWarning first": lambda: warnings.simplefilter(
        "error", UserWarning
    ),
    "sets warnings.showwarning to constant of test_state": lambda: setattr(warnings, "showwarning", constant),
}


def constant(*_: object) -> float:
    """Stand for a function that is put in the place of another."""
    return 0.0


constant.__module__ = "test_state"


@pytest.mark.parametrize("sentence", KINDS)
def test_a_change_is_named_and_undone(sentence: str) -> None:
    """One line says what was set to which value; afterwards all settings are what they were."""
    before = ProcessState.take(ALL)
    with listening() as heard, guarded("mine", "a call"):
        KINDS[sentence]()
    OPEN.clear()
    assert f"a call {sentence}" in [deed.sentence for deed in heard]
    assert {deed.who for deed in heard} == {"mine"}
    assert ProcessState.take(ALL) == before


def test_other_random_numbers_than_before_are_nobody_s_fault() -> None:
    """Everybody may draw; who comes next draws what he would have drawn alone."""
    expected = random.Random(), np.random.RandomState()
    expected[0].setstate(random.getstate())
    expected[1].set_state(np.random.get_state())  # noqa: NPY002 - the global state is the question
    with listening() as heard, guarded("mine", "a call"):
        random.random()
        np.random.rand()  # noqa: NPY002
        torch.rand(3)
    assert heard == []
    assert random.random() == expected[0].random()
    assert np.random.rand() == expected[1].rand()  # noqa: NPY002


def test_who_raises_has_its_changes_undone_too() -> None:
    """An import that fails half-way leaves nothing behind."""

    def fail() -> None:
        torch.set_default_dtype(torch.float64)
        msg = "planted"
        raise ValueError(msg)

    with listening() as heard, pytest.raises(ValueError, match="planted"), guarded("mine", "its import"):
        fail()
    assert [deed.sentence for deed in heard] == ["its import sets the default dtype to torch.float64"]
    assert torch.get_default_dtype() is torch.float32


def test_gradients_are_on_again_after_inference_mode_was_left_open() -> None:
    """Also once the context that was left open is collected."""
    with listening(), guarded("mine", "a call"):
        enter(torch.inference_mode())
    OPEN.clear()
    gc.collect()
    x = torch.ones(2, requires_grad=True)
    (gradient,) = torch.autograd.grad((3 * x).sum(), [x])
    assert gradient.tolist() == [3.0, 3.0]


def test_where_nobody_listens_it_is_a_warning() -> None:
    """Nothing is put back in silence."""
    said = "mine: building it sets the recursion limit to 4321; leave it"
    with pytest.warns(ProcessStateWarning, match=said), guarded("mine", "building it"):
        sys.setrecursionlimit(4321)


def test_a_seed_or_a_filter_of_warnings_changes_no_figure_of_others() -> None:
    """All else that is named may."""
    named = {setting.name for setting in ALL if setting.weight == Weight.MINOR}
    assert named == {"torch's seed", "the locale", "the filters of warnings", "warnings.showwarning"}


def test_what_makes_samples_differ_is_compared_after_each() -> None:
    """Threads, gradients, dtypes, denormals and precision are cheap to read."""
    assert {
        "the number of CPU threads",
        "gradients",
        "inference mode",
        "the default dtype",
        "the default device",
        "anomaly detection",
        "flushing of denormals",
        "deterministic algorithms",
        "the float32 matmul precision",
        "time.perf_counter_ns",
    } <= {setting.name for setting in EACH_SAMPLE}
