"""A result -> its figures, one by one, under names that hold from run to run.

Comparisons, histories and their files are made of figures, whatever kind of result they come from; ``frame.LAYOUTS``
has the function of each kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .bandwidth import speed
from .cases import PLAIN
from .kinds import Subject, Unit
from .rows import reference_name
from .stats import estimate, ratio

if TYPE_CHECKING:
    from .cases import Case
    from .index import Index
    from .machine import Telemetry
    from .numerics import ErrorAtScale, Errors, Frontier, Frontiers
    from .samples import Latency
    from .sizes import Complexity, Memory

SECONDS, BYTES, BYTES_PER_S, RATIO, COUNT = "s", "B", "B/s", "ratio", "count"
PARAMETERS, RELATIVE, ULPS, INPUT = "parameter", "relative", "ulp", "input"
#: Units of what is counted in millions.
OPERATIONS = frozenset({PARAMETERS, *(unit.value for unit in Unit)})
#: What a function's threshold is that fails nowhere.
NEVER = "never"
#: Fields of Memory that an allocator or the driver chooses: they may differ between two runs of the same code.
OF_ALLOCATORS = frozenset({"allocated_bytes", "reserved_bytes", "process_bytes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One quantity of one case in one run."""

    quantity: str
    """``latency``, ``ratio to plain``, ``parameters``, ``MACs (fvcore)``, ``overflow threshold (one large)``."""
    unit: str
    """``s``, ``B``, ``B/s``, ``ratio``, ``count``, ``parameter``, ``MAC``, ``input``, ``J``, ``W``, ``Hz``, ..."""
    value: float | str
    """A word where there is no number: ``never``."""
    low: float | None = None
    """Both ends of the 95% interval; None where there is none."""
    high: float | None = None
    words: str = ""
    """What belongs to the value, and differs where it does: the failure beyond a threshold."""
    exact: bool = False
    """The same in every run of the same code: any difference is one."""
    paired: bool = False
    """A ratio of samples of the same rounds: what slows the machine down for a while is not in it."""
    reference: str = ""
    """The baseline that a ratio is divided by, as frames and CSV call it: ``none`` is the plain network."""
    smaller_is_better: bool | None = True
    """None: neither end is the better one, as of a clock's frequency."""


def complexity_figures(index: Index, case: Case, found: Complexity) -> list[Figure]:
    """Return parameters, and operations by each counting rule."""
    del index, case
    return [
        Figure(quantity="parameters", unit=PARAMETERS, value=found.parameters, exact=True),
        *(
            Figure(quantity=f"{count.unit}s ({count.rule})", unit=count.unit.value, value=count.total, exact=True)
            for count in found.counts
        ),
    ]


def memory_figures(index: Index, case: Case, found: Memory) -> list[Figure]:
    """Return bytes and operators, each field that was filled."""
    del index, case
    fields = {name: getattr(found, name) for name in found.__struct_fields__}
    return [
        Figure(
            quantity=name.replace("_", " "),
            unit=BYTES if name.endswith("_bytes") else COUNT,
            value=value,
            exact=name not in OF_ALLOCATORS,
        )
        for name, value in fields.items()
        if value is not None
    ]


def latency_figures(index: Index, case: Case, found: Latency) -> list[Figure]:
    """Return paired ratios first, then times, then what the device said."""
    known = estimate(found.samples)
    time = Figure(quantity="latency", unit=SECONDS, value=known.median_s, low=known.low_s, high=known.high_s)
    wall = found.samples.wall_s_per_call
    back_to_back = [] if wall is None else [Figure(quantity="time back to back", unit=SECONDS, value=wall)]
    return [*_ratios(index, case, found), time, *_speeds(index, case, found), *back_to_back, *_device(found.telemetry)]


def frontier_figures(index: Index, case: Case, found: Frontiers) -> list[Figure]:
    """Return where the function first fails, one a pattern of inputs."""
    del index, case
    return [_threshold(frontier) for frontier in found.patterns]


def error_figures(index: Index, case: Case, found: Errors) -> list[Figure]:
    """Return how far from exact the function is, at each scale of the inputs."""
    del index, case
    return [figure for error in found.scales for figure in _errors(error)]


def _ratios(index: Index, case: Case, found: Latency) -> list[Figure]:
    baseline = index.divisor_of(case)
    divisor = index.baseline_of(case)
    if baseline is None or divisor is None or baseline == case:
        return []
    against = ratio(found.samples, divisor.samples)
    if against is None:
        return []
    name = f"ratio to {'plain' if baseline.implementation == PLAIN else baseline.implementation}"
    return [
        Figure(
            quantity=name,
            unit=RATIO,
            value=against.value,
            low=against.low,
            high=against.high,
            paired=True,
            reference=reference_name(baseline),
        )
    ]


def _speeds(index: Index, case: Case, found: Latency) -> list[Figure]:
    """Return a logit function's bytes a second, and their share of a copy's, where it was timed beside one."""
    copy = index.copy_of(case)
    if case.subject is not Subject.OP or copy is None:
        return []
    fast = speed(case, found.samples, copy)
    figures = [Figure(quantity="bytes a second", unit=BYTES_PER_S, value=fast.bytes_per_s, smaller_is_better=False)]
    share = None if case.is_copy else fast.share_of_copy
    if share is not None:
        against = Figure(
            quantity="share of copy",
            unit=RATIO,
            value=share.value,
            low=share.low,
            high=share.high,
            paired=True,
            smaller_is_better=False,
        )
        figures.insert(0, against)
    return figures


def _device(said: Telemetry | None) -> list[Figure]:
    if said is None:
        return []
    # The board's power is a condition: a faster kernel may draw more of it.
    fields = (
        ("energy", "J", said.energy_j, True),
        ("power", "W", said.power_w, None),
        ("SM clock", "Hz", said.sm_clock_hz, None),
        ("memory clock", "Hz", said.memory_clock_hz, None),
        ("temperature", "°C", said.temperature_c, None),
    )
    return [
        Figure(quantity=name, unit=unit, value=value, smaller_is_better=better)
        for name, unit, value, better in fields
        if value is not None
    ]


def _threshold(frontier: Frontier) -> Figure:
    failure = None if frontier.failure is None else frontier.failure.value
    # A pattern whose value does not grow has no threshold: it fails, or it does not.
    number = frontier.threshold
    return Figure(
        quantity=f"overflow threshold ({frontier.pattern})",
        unit=INPUT,
        value=number if number is not None else failure or NEVER,
        words="" if number is None else failure or "",
        exact=True,
        smaller_is_better=False,
    )


def _errors(error: ErrorAtScale) -> list[Figure]:
    fields = (
        ("largest relative error", RELATIVE, error.max_relative),
        ("median relative error", RELATIVE, error.median_relative),
        ("largest error in ulps", ULPS, error.max_ulps),
        ("median error in ulps", ULPS, error.median_ulps),
        ("elements not finite", COUNT, error.not_finite),
        ("elements below normal", COUNT, error.below_normal),
    )
    return [
        Figure(quantity=f"{name} (scale {error.scale:g})", unit=unit, value=value, exact=True)
        for name, unit, value in fields
        if value is not None
    ]
