"""What a measurement leaves behind, as frozen facts. Units are in the names: seconds, bytes, counts.

Raw samples are stored; estimates, ratios and verdicts are derived (see ``stats``), never stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from .kinds import Direction, FailureKind, Mode, StopReason, Subject, Timing, Unit
from .numerics import ErrorAtScale, Frontier

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


class OperatorCount(NamedTuple):
    """The share of one kind of operator in a total: ``conv``, ``linear``, ``batch_norm``, ..."""

    operator: str
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs on a pair


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
    warmup_s: float
    stop: StopReason
    precision: float
    """The relative half-width of the interval that was asked for."""
    clock: str
    """Which clock took the time, in words."""
    discarded: int = 0
    """Samples that were taken while the device was throttled, and not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Multiply-adds of one forward pass by one rule."""

    rule: str
    unit: Unit
    total: int
    by_operator: tuple[OperatorCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complexity:
    """Sizes that do not depend on the machine, for a batch of one."""

    parameters: int
    counts: tuple[Count, ...]

    def total(self, rule: str) -> int:
        """Return the total by this rule.

        Raises:
            KeyError: the rule was not used.

        """
        for count in self.counts:
            if count.rule == rule:
                return count.total
        raise KeyError(rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Bytes of one call, above what rests in memory before it: parameters, inputs, gradients asked for."""

    saved_bytes: int
    """Activations that the forward pass saves for the backward pass; each storage once, parameters and inputs not."""
    peak_live_bytes: int
    """Highest total of live tensors that operators made, counted from the operators as they run."""
    read_bytes: int
    """What the operators' tensor arguments hold, added up: traffic if nothing stayed in a cache."""
    written_bytes: int
    """What the operators' results hold, added up, views not."""
    operators: int
    """Operators that touch data: at least as many kernel launches."""
    allocated_bytes: int | None = None
    """Peak of the CUDA allocator's allocated bytes; None without CUDA."""
    reserved_bytes: int | None = None
    """Peak of what the CUDA allocator reserved from the device."""
    process_bytes: int | None = None
    """NVML's figure for this process after the call, driver context included; None where NVML does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """What NVML said of the device while a case was sampled; None where it refused."""

    sm_clock_hz: float | None = None
    """Median."""
    memory_clock_hz: float | None = None
    """Median."""
    temperature_c: float | None = None
    """Highest."""
    power_w: float | None = None
    """Mean."""
    energy_j: float | None = None
    """Per call, from the device's energy counter: everything the board drew."""
    throttle_reasons: tuple[str, ...] = ()
    """All that were seen, harmless ones too (an idle GPU, a clock that was set)."""
    notes: tuple[str, ...] = ()
    """What NVML refused, in words."""


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
class Accelerator:
    """One GPU as the driver names it."""

    name: str
    memory_bytes: int
    capability: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The machine and the software that measured. None where the machine does not say."""

    attnbench: str
    commit: str | None
    """Git commit of the attnbench checkout, ``+dirty`` if it had changes; None for an installed copy."""
    python: str
    torch: str
    torchvision: str
    system: str
    cpu: str
    cores: int
    """CPU cores this process may use."""
    threads: int
    """CPU threads torch used."""
    memory_bytes: int | None
    accelerators: tuple[Accelerator, ...] = ()
    driver: str | None = None
    cuda: str | None = None
    cudnn: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFloor:
    """How far from 1 this machine can put the ratio of two equals: an A/A comparison before the run."""

    relative: float
    """The farther end, from 1, of the 95% interval of the median ratio of the pairs."""
    pairs: int
    seconds_per_call: float
    """How long the call was that both sides timed."""


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
    outcomes: tuple[Outcome, ...] = ()

    def to_frame(self) -> DataFrame:
        """Return one row an outcome, SI units, full digits, numeric columns (see ``frame.to_frame``)."""
        from .frame import to_frame

        return to_frame(self)
