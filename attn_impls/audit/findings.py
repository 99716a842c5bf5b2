"""What the audit found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(StrEnum):
    """What a finding means for a measurement."""

    FAULT = "fault"
    """What is measured is not what is meant, or cannot be measured everywhere that the family promises."""
    NOTE = "note"
    """Worth knowing; figures are valid."""


class Name(StrEnum):
    """What can be found, as tables print it."""

    NOT_INSTALLED = "not installed"
    BUILD = "does not build"
    FORWARD = "does not run"
    UNINITIALIZED = "never initialised"
    FIRST_CALL = "made at the first call"
    UNREGISTERED = "unregistered state"
    INPUT_CHANGED = "changes its input"
    STATE_CHANGED = "changes its state"
    OUTPUT_SHAPE = "output shape"
    OUTPUT_DTYPE = "output dtype"
    OUTPUT_DEVICE = "output device"
    OUTPUT_NOT_FINITE = "output not finite"
    WEIGHTS = "not weights"
    KEPT_OUTPUT = "keeps an earlier output"
    NO_OPERATOR = "runs no operator"
    MIXES_IMAGES = "mixes images"
    MAP_SIZE = "map size"
    BATCH_SIZE = "batch size"
    SITE = "channels, stride or groups"
    SHAPE = "shape or dimension"
    HEADS = "heads or their width"
    LENGTH = "number of tokens"
    SEES_HIDDEN = "sees hidden keys"
    HIDDEN_NAN = "NaN in hidden keys"
    PADDING = "padding"
    PADDED_NAN = "NaN in padding"
    UNSAID = "causal, and does not say so"
    REFUSES = "refuses some sites"
    OTHER_SIZE = "map of another size"
    TRAINING = "training mode"
    BATCH_OF_ONE = "batch of 1 in training"
    RANDOM = "not deterministic"
    RANDOM_TRAINING = "random in training"
    ORDER = "inference and training"
    TIMED_GRADIENT = "torch.autograd.grad"
    NO_GRADIENT = "no gradient"
    GRADIENT_NOT_FINITE = "gradient not finite"
    ZERO_PARAMETER = "parameter at zero"
    DTYPE = "dtype"
    COMPLEX = "complex parameters"
    PRECISION = "precision"
    CHANNELS_LAST = "channels_last"
    CHANNELS_LAST_LOST = "channels_last lost"
    STATE_DICT = "state_dict"
    DEEPCOPY = "deepcopy"
    PICKLE = "pickle"
    PROCESS = "changes the process"
    PROCESS_IN_CALL = "a call changes the process"
    COMPILE = "torch.compile"
    GRAPH_BREAKS = "graph breaks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as the family's contract has it, or that is worth knowing."""

    name: Name
    severity: Severity
    words: str
    """What was seen, with numbers."""
    remedy: str


class Verdict(StrEnum):
    """What all findings together mean."""

    FIT = "fit"
    NOTES = "fit, with notes"
    UNFIT = "not fit"
    UNKNOWN = "not installed"


def verdict(findings: Iterable[Finding]) -> Verdict:
    """Return whether an implementation with these findings is fit to be measured."""
    found = tuple(findings)
    if any(finding.severity == Severity.FAULT for finding in found):
        return Verdict.UNFIT
    if any(finding.name == Name.NOT_INSTALLED for finding in found):
        return Verdict.UNKNOWN
    return Verdict.NOTES if found else Verdict.FIT


def fault(name: Name, words: str, remedy: str) -> Finding:
    """Return a finding that makes an implementation unfit to be measured."""
    return Finding(name=name, severity=Severity.FAULT, words=words, remedy=remedy)


def note(name: Name, words: str, remedy: str) -> Finding:
    """Return a finding that is worth knowing."""
    return Finding(name=name, severity=Severity.NOTE, words=words, remedy=remedy)
