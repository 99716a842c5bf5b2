"""What the device did while it was measured: clocks, temperature, power, energy, throttling."""

from __future__ import annotations

from .nvml_watch import NvmlWatch
from .watch import NoWatch, Unwatched, Watch, watch_for

__all__ = ["NoWatch", "NvmlWatch", "Unwatched", "Watch", "watch_for"]
