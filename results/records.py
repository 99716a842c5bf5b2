"""What a measurement leaves behind, as frozen facts. Units are in the names: seconds, bytes, counts.

Raw samples are stored; estimates, ratios and verdicts are derived (see ``stats``), never stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .kinds import Direction, FailureKind, Mode, StopReason, Subject, Timing, Unit
from .machine import Accelerator, Environment, NoiseFloor, Telemetry
from .numerics import ErrorAtScale, Frontier
from .sizes import Complexity, Count, Memory, OperatorCount

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "PLAIN",
    "SCHEMA_VERSION",
    "Accelerator",
    "Case",
    "Complexity",
    "Count",
    "Direction",
    "Environment",
    "ErrorAtScale",
    "Failed",
    "FailureKind",
    "Frontier",
    "Measured",
    "Memory",
    "Mode",
    "NoiseFloor",
    "OperatorCount",
    "OptionValue",
    "Outcome",
    "Plan",
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
SCHEMA_VERSION = 1

#: The implementation name of a host without attention, which the others are compared with.
PLAIN = "none"

OptionValue = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to measure: what, where and how. Equal cases are the same measurement."""

    suite: str
    implementation: str
    """Name in the registry, or ``none`` for the plain host."""
    source: str
    """Digest of the implementation's and the host's source: a changed implementation is another case."""
    options: tuple[tuple[str, OptionValue], ...] = ()
    subject: Subject
    host: str | None = None
    slot: str | None = None
    num_classes: int | None = None
    shape: tuple[int, ...]
    """Of the input: [N, C, H, W] for modules and networks."""
    dim: int | None = None
    """The dimension a normaliser works on."""
    dtype: str = "float32"
    device: str = "cpu"
    direction: Direction = Direction.FORWARD
    mode: Mode = Mode.EAGER
    timing: Timing = Timing.HOT
    channels_last: bool = False
    threads: int | None = None
    """CPU threads used; None where the device is not the CPU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One timing of a case that is not finished."""

    case: Case
    round: int
    seconds: float
    """Per call."""
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Raw timings of one case, in the order taken."""

    seconds: tuple[float, ...]
    """Seconds per call, one figure a sample."""
    rounds: tuple[int, ...]
    """The random round in which each sample was taken: equal rounds pair the samples of two cases."""
    calls_per_sample: int
    warmup_calls: int
    """These and what else is said of warming up, discarding and the host is of the process that took the last sample:
    a run that was resumed, or whose worker died, has samples of others too."""
    warmup_s: float
    """The first call and the check of its result included."""
    stop: StopReason
    precision: float
    """The relative half-width of the interval that was asked for."""
    clock: str
    """Which clock took the time, in words."""
    discarded: int = 0
    """Samples that were taken while the device was throttled, and taken again."""
    throttled: int = 0
    """Samples that were kept although the device was throttled: so many before them had been taken in vain."""
    host_bound: bool = False
    """The device waited for the host's launches in most samples: their times are the host's more than the device's."""
    warmup_steady: bool = True
    """Warming up ended because two windows agreed, and not because its time was spent."""
    wall_s_per_call: float | None = None
    """Of calls back to back after the samples, by the host's clock, launches and waits included; the median of 0.1 s.
    None on the CPU, whose clock that is, with cold timing, since back to back caches are hot, and in old runs."""
    overhead_s: float | None = None
    """What the clock shows for an empty call: its own time, which is in every figure. None in old runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A case that gave what its suite asks for; the other fields are None."""

    case: Case
    complexity: Complexity | None = None
    samples: Samples | None = None
    memory: Memory | None = None
    telemetry: Telemetry | None = None
    frontiers: tuple[Frontier, ...] | None = None
    """Where it first fails, one a pattern of inputs."""
    errors: tuple[ErrorAtScale, ...] | None = None
    """How far from exact it is, one a scale of inputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A case that was not tried, and why."""

    case: Case
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A case that was tried and failed, and how."""

    case: Case
    kind: FailureKind
    error: str
    """One line: the exception's type and message."""
    traceback: str = ""


Outcome = Measured | Skipped | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run set out to measure."""

    suites: tuple[str, ...]
    cases: tuple[Case, ...]
    budget_s: float
    """Sampling time allowed for one case."""
    precision: float
    seed: int
    time_limit_s: float
    """A step of a case that takes longer is a hang."""
    plugins: tuple[str, ...] = ()
    """Files with implementations of the user's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: what was planned, where it ran, and what came of it."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    started_at: str
    """UTC, ISO 8601."""
    plan: Plan
    environment: Environment
    noise_floor: NoiseFloor | None = None
    """Only in runs of versions that measured a single one; see ``noise.noise_floor_of``."""
    noise_floors: tuple[NoiseFloor, ...] = ()
    """One for each device and timing, of every session that timed something on it."""
    audit: tuple[str, ...] = ()
    """What was found in plug-ins' implementations before the run, a line each: severity, implementation, what."""
    resumed_with: tuple[str, ...] = ()
    """Versions and commits of attnbench other than the one before that went on with it, in their order."""
    outcomes: tuple[Outcome, ...] = ()

    def to_frame(self) -> DataFrame:
        """Return one row an outcome, SI units, full digits, numeric columns (see ``frame.to_frame``)."""
        from .frame import to_frame

        return to_frame(self)
