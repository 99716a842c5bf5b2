"""The quantities that an axis can have, by the name that ``attnbench plot --x`` takes."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from results.variants import RULE

if TYPE_CHECKING:
    from collections.abc import Mapping

MIB = 2**20
BATCH, LATENCY, RATIO, PEAK, BYTES, MACS = "batch", "latency", "ratio", "peak", "bytes", "macs"
PARAMETERS, SAVED, SPEED = "parameters", "saved", "speed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """Something that is known of a case."""

    words: str
    """Of a title: ``latency``."""
    axis: str
    """With its unit: ``median latency of a call (ms)``."""
    scale: float = 1.0
    """How much of the base unit is 1 on the axis."""
    needs: str
    """The suite that measures it."""
    mark: float | None = None


QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {
        PARAMETERS: Quantity(words="parameters", axis="parameters (millions)", scale=1e6, needs="complexity"),
        MACS: Quantity(
            words="multiply-adds",
            axis=f"multiply-adds of one image, {RULE}'s rule (millions)",
            scale=1e6,
            needs="complexity",
        ),
        BYTES: Quantity(
            words="bytes read and written",
            axis="bytes read and written by the operators of a call (MiB)",
            scale=MIB,
            needs="memory",
        ),
        PEAK: Quantity(words="peak memory", axis="live bytes at the peak of a call (MiB)", scale=MIB, needs="memory"),
        SAVED: Quantity(
            words="saved activations", axis="activations saved for backward (MiB)", scale=MIB, needs="memory"
        ),
        LATENCY: Quantity(words="latency", axis="median latency of a call (ms)", scale=1e-3, needs="latency"),
        SPEED: Quantity(words="images a second", axis="images a second at the median latency", needs="latency"),
        RATIO: Quantity(
            words="ratio to the baseline",
            axis="times the baseline's latency (median of paired samples)",
            needs="latency",
            mark=1.0,
        ),
        BATCH: Quantity(words="batch size", axis="batch size (images)", needs="latency"),
    }
)
