"""Where a run was made: the machine and its software, how quiet it was, and how its accelerator fared."""

from __future__ import annotations

from .kinds import Subject, Timing  # noqa: TC001 - msgspec reads type hints when the program runs
from .record import Record


class Accelerator(Record, frozen=True, kw_only=True):
    """One GPU as the driver names it."""

    name: str
    memory_bytes: int
    capability: str


class Environment(Record, frozen=True, kw_only=True):
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
    float32_convolutions: str | None = None
    """How CUDA computes convolutions of float32: ``tf32`` or in full, ``ieee``. None without CUDA."""
    float32_products: str | None = None
    """The same of products of float32 matrices."""


class NoiseFloor(Record, frozen=True, kw_only=True):
    """How far from 1 this machine can put the ratio of two equals: an A/A comparison before the run."""

    relative: float
    """95% of the ratios of two equal cases, each built on its own, are closer to 1 than this."""
    pairs: int
    """Rounds in which two equals were sampled; the fewest of any two."""
    seconds_per_call: float
    """How long the call was that all sides timed."""
    builds: int
    """How many equal cases were compared, each with each."""
    device: str
    timing: Timing
    subject: Subject
    """What kind of cases they were equals of."""
    equals: str = "cases"
    """What they were, in a word: ``convolutions``."""


class Telemetry(Record, frozen=True, kw_only=True):
    """What NVML said of the device while a case was sampled; None where it refused."""

    sm_clock_hz: float | None = None
    """Median."""
    memory_clock_hz: float | None = None
    """Median."""
    temperature_c: float | None = None
    """Highest."""
    power_w: float | None = None
    """Mean of readings after samples. A reading is up to a tenth of a second old, a second where only the board's
    average could be had (a note says so): of shorter samples it is the power of the block, not of this case alone."""
    energy_j: float | None = None
    """Per call, from the device's energy counter: everything the board drew, idle power included, in some 2 s of calls
    back to back after the samples. Caches are hot, whatever the timing. None where the counter gave no figure; a note
    says why."""
    throttle_reasons: tuple[str, ...] = ()
    """All that were seen, harmless ones too (an idle GPU, a clock that was set), also while energy was counted."""
    watched: int = 0
    """Samples after which NVML said whether the device was throttled, discarded ones included."""
    unwatched: int = 0
    """Samples after which NVML was not asked, since its answers take long: all questions get 5% of the time. These are
    kept."""
    power_capped: int = 0
    """Watched samples that were taken at the board's power limit, and not throttled: they are kept."""
    shared_board: bool = False
    """The device is a part of a board (MIG): power, energy and temperature are the whole board's, whose clocks and
    throttling all parts share."""
    notes: tuple[str, ...] = ()
    """What NVML refused, and what could not be told from its figures, in words."""
