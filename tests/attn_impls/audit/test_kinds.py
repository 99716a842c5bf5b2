"""Kinds of modules that people have: what is wrong is found by its name, and what is honest is called fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from attn_impls import builtin, plugins
from attn_impls.audit import Finding, Name, Severity, audit

HERE = Path(__file__).parent
WORK, HONEST = (str(HERE / f"planted_{name}.py") for name in ("work", "honest"))


def look(plugin: str, name: str) -> tuple[Finding, ...]:
    """Audit a gate of a planted plug-in without torch.compile."""
    return audit(plugins.load(builtin(), (plugin,)).find(name), compile=False)


@pytest.mark.parametrize(
    ("gate", "name", "seen"),
    [
        # Which of two calls shows it is for the allocator to say, which gives out addresses.
        ("kept_by_address", Name.KEPT_OUTPUT, ""),
        ("kept_by_contents", Name.KEPT_OUTPUT, "in evaluation, a call runs"),
        ("over_the_batch", Name.MIXES_IMAGES, "the outputs of 4 images differ by"),
        ("nan_as_built", Name.OUTPUT_NOT_FINITE, "16384 of 16384 for random input in evaluation"),
        ("nan_on_zeros", Name.OUTPUT_NOT_FINITE, "16384 of 16384 for zeros in evaluation"),
        ("never_initialised", Name.UNINITIALIZED, "scale hold whatever was in memory before"),
        ("inference_first", Name.ORDER, "in training after a call in inference mode"),
        ("inference_first_for_all", Name.ORDER, "in training of one module after a call of another in inference mode"),
        ("keeps_the_graph", Name.ORDER, "in a second training step"),
        ("reentrant", Name.TIMED_GRADIENT, "training cannot be timed"),
        ("idle", Name.NO_OPERATOR, "a call runs no operator: it returns its input"),
    ],
)
def test_a_forward_that_does_not_do_the_work_is_found(gate: str, name: Name, seen: str) -> None:
    """One fault, with its name, and nothing else."""
    findings = [finding for finding in look(WORK, gate) if finding.severity == Severity.FAULT]
    assert [finding.name for finding in findings] == [name]
    assert seen in findings[0].words


@pytest.mark.parametrize("gate", ["recomputed", "dropout"])
def test_what_looks_like_it_is_no_fault(gate: str) -> None:
    """A checkpoint of the newer kind, and dropout, which runs nothing in evaluation."""
    assert [finding for finding in look(WORK, gate) if finding.severity == Severity.FAULT] == []


def test_the_remedy_for_a_reentrant_checkpoint_is_named() -> None:
    """Its author need not know what a reentrant checkpoint is."""
    (finding,) = look(WORK, "reentrant")
    assert "use_reentrant=False" in finding.remedy


@pytest.mark.parametrize(
    ("gate", "found"),
    [
        ("local_class", [Name.PICKLE]),
        ("weight_norm", [Name.PICKLE]),
        ("spectral_norm", [Name.PICKLE]),
        ("five_dimensions", []),
        ("lazy", []),
        ("made_at_first_call", [Name.FIRST_CALL]),
        ("sixteen_heads", [Name.REFUSES]),
        ("twelve_heads", [Name.REFUSES]),
        ("windows", [Name.REFUSES]),
        ("fourier", [Name.COMPLEX]),
        ("fourier_of_reals", [Name.DTYPE]),
    ],
)
def test_honest_modules_are_fit(gate: str, found: list[Name]) -> None:
    """Fit, or fit with one note that says what is worth knowing."""
    findings = look(HONEST, gate)
    assert [finding.name for finding in findings if finding.name != Name.CHANNELS_LAST_LOST] == found
    assert {finding.severity for finding in findings} <= {Severity.NOTE}


def test_the_older_spectral_norm_has_one_fault() -> None:
    """Its weight is a tensor of a graph, which torch refuses to copy; it is neither lost nor NaN at zero."""
    faults = [finding.name for finding in look(HONEST, "older_spectral_norm") if finding.severity == Severity.FAULT]
    assert faults in ([], [Name.DEEPCOPY])


def test_a_refused_width_is_named() -> None:
    """The usual width is tried in any case, and the refusal is in the module's own words."""
    (finding,) = (each for each in look(HONEST, "twelve_heads") if each.name == Name.REFUSES)
    assert finding.words.startswith("4×64×8×8: AssertionError: embed_dim must be divisible by num_heads (")
