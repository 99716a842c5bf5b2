"""What all the other checks are about: how far apart are two measurements of the same thing?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.machine import MOST_NOISE

from ..noise import NoFloor
from .finding import Finding, Verdict

if TYPE_CHECKING:
    from results.records import NoiseFloor

NAME = "noise floor"
#: A quiet machine stays below; differences of this size can be told from noise within a second of sampling...
WARN = 0.02
#: ...and beyond this, nothing is called faster or slower.
BAD = MOST_NOISE


def check_noise(floor: NoiseFloor | NoFloor) -> Finding:
    """Judge the noise floor of a device."""
    if isinstance(floor, NoFloor):
        return Finding(name=f"{NAME}, {floor.place.device}", verdict=Verdict.UNKNOWN, observed=floor.why)
    name = f"{NAME}, {floor.device}"
    call = f"{floor.seconds_per_call * 1e3:.2f} ms a call"
    observed = f"± {floor.relative:.1%} (95% of the ratios of {floor.builds} equal cases, {floor.pairs} rounds, {call})"
    if floor.relative < WARN:
        return Finding(name=name, verdict=Verdict.OK, observed=observed)
    verdict = Verdict.WARN if floor.relative < BAD else Verdict.BAD
    remedy = "mend what stands above, then run attnbench doctor again; if nothing does, a longer --budget"
    return Finding(name=name, verdict=verdict, observed=observed, remedy=remedy)
