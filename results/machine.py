"""Where a run was made: the machine and its software, how quiet it was, and how its accelerator fared."""

from __future__ import annotations

from dataclasses import dataclass


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
