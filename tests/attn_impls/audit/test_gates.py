from __future__ import annotations

import importlib.util
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from attn_impls import Family, Spec
from attn_impls.audit import Name, Severity, audit

if TYPE_CHECKING:
    from types import ModuleType

    from torch import nn

    from attn_impls.audit import Finding


def _planted() -> ModuleType:
    """Load the planted gates as a plug-in is loaded: by file, and known by name, so that they can be pickled."""
    name = "attnbench_planted_gates"
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("planted.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


PLANTED = _planted()


def look(gate: str, *, sized: bool = False, compile: bool = False) -> tuple[Finding, ...]:  # noqa: A002 - as audit's
    """Audit a planted gate."""
    factory: type[nn.Module] = getattr(PLANTED, gate)
    family = Family.GATE
    if gate == "OnePixel":
        return audit(Spec(name=gate, family=family, summary="", factory=lambda _: factory()), compile=compile)
    return audit(Spec(name=gate, family=family, summary="", factory=factory, sized=sized), compile=compile)


def line_of(text: str) -> int:
    """Return the number of the one line of the planted gates that has this text."""
    lines = Path(PLANTED.__file__ or "").read_text(encoding="utf-8").splitlines()
    (number,) = [number for number, line in enumerate(lines, 1) if text in line]
    return number


@pytest.mark.parametrize(
    ("gate", "name", "seen"),
    [
        ("PlainList", Name.UNREGISTERED, "its layers layers[0], layers[1] (8320 numbers)"),
        ("PlainTensor", Name.UNREGISTERED, "its tensors scales['all'] (1 numbers)"),
        ("InPlace", Name.INPUT_CHANGED, "16384 of 16384 numbers in evaluation"),
        ("Counting", Name.STATE_CHANGED, "calls"),
        ("SevenBySeven", Name.MAP_SIZE, "for 4×64×1×1"),
        ("ZeroGamma", Name.ZERO_PARAMETER, "all of norm.weight is 0"),
        ("OnePixel", Name.OUTPUT_NOT_FINITE, "256 of 256 numbers are NaN for 4×64×1×1"),
        ("Detached", Name.NO_GRADIENT, "mix.weight, mix.bias"),
        ("RootOfZero", Name.GRADIENT_NOT_FINITE, "the input for zeros"),
        ("Misspelt", Name.BUILD, "NameError: name 'gate_channel' is not defined"),
        ("MisspeltForward", Name.FORWARD, "NameError: name 'gates' is not defined"),
        ("Pooled", Name.OUTPUT_SHAPE, "[4, 64] in place of [4, 64, 8, 8]"),
        ("Shaky", Name.RANDOM, "two calls in evaluation differ"),
        ("Unseeded", Name.RANDOM, "training with one seed differs"),
        ("Unsaved", Name.STATE_DICT, "the copy's output differs"),
        ("NoTraining", Name.TRAINING, "NotImplementedError: inference only"),
        ("Viewing", Name.CHANNELS_LAST, "RuntimeError"),
        ("Brittle", Name.SITE, "for 4×72×8×8"),
        ("OneThread", Name.PROCESS_IN_CALL, "a call sets the number of CPU threads to 1"),
        ("DoubleByDefault", Name.PROCESS_IN_CALL, "a call sets the default dtype to torch.float64"),
        ("AnomalyInBackward", Name.PROCESS_IN_CALL, "a call sets anomaly detection to True"),
        ("NoGradients", Name.PROCESS, "building it sets gradients to False"),
    ],
)
def test_a_planted_fault_is_found_alone(gate: str, name: Name, seen: str) -> None:
    """One fault is one finding: neither missed, nor reported again by the checks that it trips."""
    findings = look(gate)
    assert [(finding.name, finding.severity) for finding in findings] == [(name, Severity.FAULT)]
    assert seen in findings[0].words
    assert findings[0].remedy


@pytest.mark.parametrize(
    ("gate", "name", "seen"),
    [
        ("ToFloat32", Name.OUTPUT_DTYPE, "float32 for an input in float16"),
        ("ThroughFloat32", Name.PRECISION, "in float64 it computes in float32"),
        ("Coarse", Name.PRECISION, "in float16 the output is off by"),
    ],
)
def test_a_dtype_that_is_not_kept_is_found_once(gate: str, name: Name, seen: str) -> None:
    """What goes wrong in several dtypes is one finding that names them all."""
    findings = look(gate)
    assert [(finding.name, finding.severity) for finding in findings] == [(name, Severity.FAULT)]
    assert seen in findings[0].words


@pytest.mark.parametrize(
    ("gate", "name"),
    [
        ("PooledNorm", Name.BATCH_OF_ONE),
        ("Dropping", Name.RANDOM_TRAINING),
        ("Contiguous", Name.CHANNELS_LAST_LOST),
        ("Choosy", Name.REFUSES),
        ("Seeding", Name.PROCESS),
        ("Lambda", Name.PICKLE),
    ],
)
def test_what_is_legitimate_is_a_note(gate: str, name: Name) -> None:
    """Batch norm over pooled features, dropout, a lost format, a lambda and a refusal in words are no faults."""
    assert [(finding.name, finding.severity) for finding in look(gate)] == [(name, Severity.NOTE)]


@pytest.mark.parametrize(
    ("gate", "found"),
    [
        ("Sized", []),
        ("SizedCropping", [(Name.OTHER_SIZE, Severity.FAULT)]),
        ("SizedTakingAll", [(Name.OTHER_SIZE, Severity.NOTE)]),
    ],
)
def test_a_sized_gate_refuses_other_sizes(gate: str, found: list[tuple[Name, Severity]]) -> None:
    """Built for each size it is never asked for another; given one, it must raise: a wrong shape is a fault."""
    assert [(finding.name, finding.severity) for finding in look(gate, sized=True)] == found


@pytest.mark.parametrize(
    ("gate", "name", "severity", "seen"),
    [
        ("Branching", Name.GRAPH_BREAKS, Severity.NOTE, "1 graph break"),
        ("Untraceable", Name.GRAPH_BREAKS, Severity.NOTE, "not compiled"),
        ("OtherwiseCompiled", Name.COMPILE, Severity.FAULT, "compiled, the output differs"),
    ],
)
def test_torch_compile_is_asked(gate: str, name: Name, severity: Severity, seen: str) -> None:
    """Graph breaks are counted, with their line; another result is a fault."""
    findings = look(gate, compile=True)
    assert [(finding.name, finding.severity) for finding in findings] == [(name, severity)]
    assert seen in findings[0].words


def test_a_clean_gate_has_no_findings() -> None:
    """The audit does not cry wolf, torch.compile included."""
    assert look("Clean", compile=True) == ()


def test_without_compile_torch_compile_is_not_asked() -> None:
    """What only torch.compile shows is not found, and its time not spent."""
    assert look("OtherwiseCompiled", compile=False) == ()


@pytest.mark.parametrize(
    ("gate", "line"),
    [
        ("Misspelt", "self.mix = nn.Conv2d(channels, gate_channel, 1)"),
        ("MisspeltForward", "return x * gates(x)"),
        ("NoTraining", "raise NotImplementedError(msg)"),
        ("Viewing", "x.view(x.shape[0], -1)"),
    ],
)
def test_an_exception_is_located_in_the_implementation(gate: str, line: str) -> None:
    """File and line are those of the implementation's source, however deep in torch it was raised."""
    (finding,) = look(gate)
    assert f"(planted.py, line {line_of(line)})" in finding.words


def test_an_exception_without_a_line_of_its_own_names_the_class() -> None:
    """What torch raises behind an adapter is located at the class that the adapter was handed."""

    def adapt(adapted: type[nn.Module], channels: int) -> nn.Module:
        return adapted(channels)

    spec = Spec(name="adapted", family=Family.GATE, summary="", factory=partial(adapt, PLANTED.Lambda))
    (finding,) = audit(spec, compile=False)
    assert finding.name is Name.PICKLE
    assert f"(planted.py, line {line_of('class Lambda(Clean)')})" in finding.words


def test_the_callers_random_numbers_are_left_alone() -> None:
    """An audit before a run does not change what the run draws."""
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    look("Clean")
    assert torch.equal(torch.rand(3), expected)
