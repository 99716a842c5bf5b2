"""Where a run was made: the machine and its software, how quiet it was, and how its accelerator fared."""

from __future__ import annotations

from .kinds import Subject, Timing, When
from .ranges import (  # noqa: TC001 - msgspec reads type hints when the program runs
    Amount,
    Celsius,
    Device,
    Line,
    Seconds,
    Share,
    Size,
    Whole,
)
from .record import Record

#: Beyond this noise floor no case is called faster or slower than another: what disturbed the equal cases has not
#: spared the others.
MOST_NOISE = 0.10


class Accelerator(Record, frozen=True, kw_only=True):
    """One GPU as the driver names it."""

    name: Line
    memory_bytes: Whole
    capability: Line


class Environment(Record, frozen=True, kw_only=True):
    """The machine and the software that measured. None where the machine does not say."""

    attnbench: Line
    commit: Line | None
    """Git commit of the attnbench checkout, ``+dirty`` if it had changes; None for an installed copy."""
    python: Line
    torch: Line
    torchvision: Line
    system: Line
    cpu: Line
    cores: Size
    """CPU cores this process may use."""
    threads: Size
    """CPU threads torch used."""
    memory_bytes: Whole | None
    accelerators: tuple[Accelerator, ...] = ()
    driver: Line | None = None
    cuda: Line | None = None
    cudnn: Line | None = None
    float32_convolutions: Line | None = None
    """How CUDA computes convolutions of float32: ``tf32`` or in full, ``ieee``. None without CUDA."""
    float32_products: Line | None = None
    """The same of products of float32 matrices."""


#: What must be equal for two environments to be of one machine, or of two that are alike.
OF_MACHINE = ("attnbench", "torch", "cpu", "cores", "accelerators", "driver", "cuda", "cudnn")
#: The same, but for runs of versions that did not record it.
OF_MACHINE_IF_SAID = ("float32_convolutions", "float32_products")


def differs_in(one: Environment, other: Environment) -> str | None:
    """Return the first fact that tells two environments apart as machines; None: their samples may stand together."""
    for name in (*OF_MACHINE, *OF_MACHINE_IF_SAID):
        first, second = getattr(one, name), getattr(other, name)
        if first != second and not (first is None and name in OF_MACHINE_IF_SAID):
            return name
    return None


def measuring_code(environment: Environment) -> str:
    """Return version and commit of attnbench in words."""
    return f"attnbench {environment.attnbench}" + (f" at {environment.commit}" if environment.commit else "")


class NoiseFloor(Record, frozen=True, kw_only=True):
    """How far from 1 this machine can put the ratio of two equals: an A/A comparison before or after a run."""

    relative: Share
    """95% of the ratios of two equal cases, each built on its own, are closer to 1 than this."""
    pairs: Whole
    """Rounds in which two equals were sampled; the fewest of any two."""
    seconds_per_call: Seconds
    """How long the call was that all sides timed."""
    builds: Whole
    """How many equal cases were compared, each with each."""
    device: Device
    timing: Timing
    subject: Subject
    """What kind of cases they were equals of."""
    equals: Line = "cases"
    """What they were, in a word: ``convolutions``."""
    when: When = When.BEFORE

    @property
    def is_too_noisy(self) -> bool:
        """Whether no case is to be called faster or slower than another."""
        return self.relative > MOST_NOISE


class Telemetry(Record, frozen=True, kw_only=True):
    """What NVML said of the device while a case was sampled; None where it refused."""

    sm_clock_hz: Amount | None = None
    """Median."""
    memory_clock_hz: Amount | None = None
    """Median."""
    temperature_c: Celsius | None = None
    """Highest."""
    power_w: Amount | None = None
    """Mean of readings after samples. A reading is up to a tenth of a second old, a second where only the board's
    average could be had (a note says so): of shorter samples it is the power of the block, not of this case alone."""
    energy_j: Amount | None = None
    """Per call, from the device's energy counter: everything the board drew, idle power included, in some 2 s of calls
    back to back after the samples. Caches are hot, whatever the timing. None where the counter gave no figure; a note
    says why."""
    throttle_reasons: tuple[Line, ...] = ()
    """All that were seen, harmless ones too (an idle GPU, a clock that was set), also while energy was counted."""
    watched: Whole = 0
    """Samples after which NVML said whether the device was throttled, discarded ones included."""
    unwatched: Whole = 0
    """Samples after which NVML was not asked, since its answers take long: all questions get 5% of the time. These are
    kept."""
    power_capped: Whole = 0
    """Watched samples that were taken at the board's power limit, and not throttled: they are kept."""
    shared_board: bool = False
    """The device is a part of a board (MIG): power, energy and temperature are the whole board's, whose clocks and
    throttling all parts share."""
    notes: tuple[Line, ...] = ()
    """What NVML refused, and what could not be told from its figures, in words."""
