"""What a measurement leaves behind, as frozen facts. Units are in the names: seconds, bytes, counts.

Raw samples are stored; estimates, ratios and verdicts are derived (see ``stats``), never stored.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from .blocks import Block
from .cases import PLAIN, Case, OptionValue
from .inputs import FeatureMap, Images, Input, Logits
from .kinds import Direction, FailureKind, Mode, StopReason, Subject, Timing, Unit
from .machine import Accelerator, Environment, NoiseFloor, Telemetry
from .numerics import ErrorAtScale, Errors, Frontier, Frontiers
from .record import Record
from .samples import Latency, Samples
from .sizes import Complexity, Count, Memory, OperatorCount

if TYPE_CHECKING:
    from pandas import DataFrame

    from .index import Index

__all__ = [
    "PLAIN",
    "SCHEMA_VERSION",
    "Accelerator",
    "Block",
    "Case",
    "Complexity",
    "Count",
    "Direction",
    "Environment",
    "ErrorAtScale",
    "Errors",
    "Failed",
    "FailureKind",
    "FeatureMap",
    "Frontier",
    "Frontiers",
    "Images",
    "Input",
    "Latency",
    "Logits",
    "Measured",
    "Memory",
    "Mode",
    "NoiseFloor",
    "OperatorCount",
    "OptionValue",
    "Outcome",
    "Plan",
    "Record",
    "Result",
    "Run",
    "Sampled",
    "Samples",
    "Skipped",
    "StopReason",
    "Subject",
    "Telemetry",
    "Timing",
    "Unit",
]

#: Raised when a reader of the old layout would misread the new one.
SCHEMA_VERSION = 2

#: What a case can give: one kind a question. ``reporting.kinds`` says how each becomes a table.
Result = Complexity | Latency | Memory | Frontiers | Errors


class Sampled(Record, frozen=True, kw_only=True):
    """One timing of a case that is not finished."""

    case: Case
    round: int
    seconds: float
    """Per call."""
    calls: int


class Measured(Record, frozen=True, kw_only=True, tag="measured"):
    """A case that gave what its suite asks for."""

    case: Case
    result: Result


class Skipped(Record, frozen=True, kw_only=True, tag="skipped"):
    """A case that was not tried, and why."""

    case: Case
    reason: str


class Failed(Record, frozen=True, kw_only=True, tag="failed"):
    """A case that was tried and failed, and how."""

    case: Case
    kind: FailureKind
    error: str
    """One line: the exception's type and message."""
    traceback: str = ""


Outcome = Measured | Skipped | Failed


class Plan(Record, frozen=True, kw_only=True):
    """What a run set out to measure."""

    suites: tuple[str, ...]
    blocks: tuple[Block, ...]
    """The cases, those together that are compared."""
    budget_s: float
    """Sampling time allowed for one case."""
    precision: float
    seed: int
    time_limit_s: float
    """A step of a case that takes longer is a hang."""
    plugins: tuple[str, ...] = ()
    """Files with implementations of the user's own."""

    @property
    def cases(self) -> tuple[Case, ...]:
        """All cases, in the order of the plan."""
        return tuple(case for block in self.blocks for case in block.cases)


class Run(Record, frozen=True, kw_only=True, dict=True):
    """One run: what was planned, where it ran, and what came of it."""

    schema_version: int
    run_id: str
    started_at: str
    """UTC, ISO 8601."""
    plan: Plan
    environment: Environment
    noise_floors: tuple[NoiseFloor, ...] = ()
    """One for each device, timing and kind of case, of every session that timed something on it."""
    audit: tuple[str, ...] = ()
    """What was found in plug-ins' implementations before the run, a line each: severity, implementation, what."""
    resumed_with: tuple[str, ...] = ()
    """Versions and commits of attnbench other than the one before that went on with it, in their order."""
    outcomes: tuple[Outcome, ...] = ()

    @cached_property
    def index(self) -> Index:
        """The outcomes by case and by block: made once, for whoever asks."""
        from .index import Index

        return Index(self)

    def to_frame(self) -> DataFrame:
        """Return one row an outcome, SI units, full digits, numeric columns (see ``frame.to_frame``)."""
        from .frame import to_frame

        return to_frame(self)
