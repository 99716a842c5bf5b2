"""What a measurement leaves behind, as frozen facts. Units are in the names: seconds, bytes, counts.

Raw samples are stored; estimates, ratios and verdicts are derived (see ``stats``), never stored.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from .blocks import Block
from .cases import PLAIN, Case, OptionValue
from .first_call import FirstCall
from .index import Index
from .inputs import Batches, FeatureMap, Images, Input, Logits, TrainingSet
from .kinds import Direction, FailureKind, Mode, Part, Phase, StopReason, Subject, Timing, Unit, When
from .learning import CurvePoint, Training
from .machine import Accelerator, Environment, NoiseFloor, Telemetry
from .numerics import ErrorAtScale, Errors, Frontier, Frontiers
from .outcomes import Failed, Measured, Outcome, Plan, Result, Sampled, Skipped
from .plugin_files import PluginFile
from .ran import Agreement, Backend, Ran, Refusal
from .ranges import FileName, Line, Moment  # noqa: TC001 - msgspec reads type hints when the program runs
from .record import Record, Versioned
from .samples import Latency, Samples
from .sequences import Sequences
from .shards import Shard
from .sizes import Complexity, Count, CountFailure, Memory, OperatorCount
from .tokens import Tokens

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "PLAIN",
    "SCHEMA_VERSION",
    "Accelerator",
    "Agreement",
    "Backend",
    "Batches",
    "Block",
    "Case",
    "Complexity",
    "Count",
    "CountFailure",
    "CurvePoint",
    "Direction",
    "Environment",
    "ErrorAtScale",
    "Errors",
    "Failed",
    "FailureKind",
    "FeatureMap",
    "FirstCall",
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
    "Part",
    "Phase",
    "Plan",
    "PluginFile",
    "Ran",
    "Record",
    "Refusal",
    "Result",
    "Run",
    "Sampled",
    "Samples",
    "Sequences",
    "Shard",
    "Skipped",
    "StopReason",
    "Subject",
    "Telemetry",
    "Timing",
    "Tokens",
    "Training",
    "TrainingSet",
    "Unit",
    "When",
]

#: Raised when a reader of the old layout would misread the new one.
SCHEMA_VERSION = 3


class Run(Versioned, frozen=True, kw_only=True, dict=True, gc=True):
    """One run: what was planned, where it ran, and what came of it."""

    run_id: FileName
    started_at: Moment
    """UTC, ISO 8601."""
    plan: Plan
    environment: Environment
    plugin_files: tuple[PluginFile, ...] = ()
    """What the plug-ins of the plan have executed when they were imported; those of adapters come with attnbench."""
    noise_floors: tuple[NoiseFloor, ...] = ()
    """One for each device, timing and kind of case, before and after every session that timed something on it."""
    audit: tuple[Line, ...] = ()
    """What was found in plug-ins' implementations before the run, a line each: severity, implementation, what."""
    disturbances: tuple[Line, ...] = ()
    """What disturbed the machine while cases were timed, a line each, with what to do."""
    resumed_with: tuple[Line, ...] = ()
    """Versions and commits of attnbench other than the one before that went on with it, in their order."""
    outcomes: tuple[Outcome, ...] = ()

    @cached_property
    def index(self) -> Index:
        """The outcomes by case and by block: made once, for whoever asks."""
        return Index(plan=self.plan, outcomes=self.outcomes, noise_floors=self.noise_floors)

    def to_frame(self) -> DataFrame:
        """Return one row an outcome, SI units, full digits, numeric columns (see ``frame.to_frame``)."""
        from .frame import to_frame

        return to_frame(self.index)
