"""What the device did while it was measured: clocks, temperature, power, energy, throttling."""

from __future__ import annotations

from .watch import NoWatch, NvmlWatch, Unwatched, Watch, watch_for

__all__ = ["NoWatch", "NvmlWatch", "Unwatched", "Watch", "watch_for"]
