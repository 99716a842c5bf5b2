"""Attention between tokens before the first sample: the first call, what is compiled in it, and making a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import describe
from .cells import BLANK
from .table import Table, number, text
from .token_work_tables import input_words
from .units import format_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from results.records import FirstCall

    from .cells import Cell
    from .token_lengths import OverLength

FIRST_WORDS = (
    "**first call**: of a module made anew, in the process that takes the samples, with all that it compiles, loads "
    "and allocates; a backward pass with the forward pass before it. What other cases of the process have loaded is "
    "there already. *compiling*: of it, torch.compile's part. *mask*: making it once more. Samples hold none of "
    "these, but a mask that every call makes."
)
#: torch.compile found code that it had made before.
FROM_CACHE = " (code from its cache)"


def first_call_table(timed: Sequence[OverLength]) -> Table:
    """Return what is paid before the first sample at the longest length, one row a direction."""
    return Table(
        title="before the first sample, at the longest length",
        caption="One call each, not repeated; the CSV file has all lengths.",
        columns=(
            text("attention"),
            text("input"),
            text("direction"),
            number("first call"),
            number("÷ median"),
            number("compiling"),
            number("mask"),
            text("mask is made"),
        ),
        rows=tuple(row for each in timed for row in _rows(each)),
    )


def _rows(each: OverLength) -> Iterator[tuple[Cell, ...]]:
    times = list(each.times.values())[-1]
    for case, latency in times.timed.items():
        if latency.first is not None:
            median_s = times.estimates[case].median_s
            yield (describe.name(case), input_words(case), case.direction.value, *_cells(latency.first, median_s))


def _cells(first: FirstCall, median_s: float) -> Iterator[Cell]:
    yield format_seconds(first.seconds)
    yield f"{first.seconds / median_s:.1f}"
    if first.compile_s is None:
        yield BLANK
    else:
        yield format_seconds(first.compile_s) + (FROM_CACHE if first.from_cache else "")
    if first.mask_s is None:
        yield from (BLANK, BLANK)
    else:
        yield format_seconds(first.mask_s)
        yield "once" if first.mask_kept else "in every call"
