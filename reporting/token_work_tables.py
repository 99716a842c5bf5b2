"""Attention between tokens: operations and bytes a second at the longest length, and which kernels ran how exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.records import Direction, Tokens
from results.token_rows import rates

from . import describe
from .cells import BLANK, EMPTY, Kind, Quantity
from .table import Table, number, text
from .units import format_error, format_factor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from results.records import Case, Latency, Ran, Run

    from .block_times import BlockTimes
    from .cells import Cell
    from .token_lengths import OverLength

#: Longer ones of torch's reasons are cut.
REASON_WIDTH = 120


def work_table(run: Run, timed: Sequence[OverLength]) -> Table:
    """Return what each attention reached at the longest length, one row a direction."""
    longest = [list(each.times.values())[-1] for each in timed]
    machines = dict.fromkeys(describe.machine(run.environment, each.block.shared) for each in longest)
    return Table(
        title="speed against the mathematics, at the longest length",
        caption=f"By the median time; {'; '.join(machines)}. M = 1e6. The CSV file has all lengths.",
        columns=(
            text("attention"),
            text("input"),
            text("direction"),
            number("TFLOP/s"),
            number("of peak"),
            number("GB/s"),
            number("FLOP/B"),
            number("model FLOPs (M)"),
            number("executed FLOPs (M)"),
        ),
        rows=tuple(
            (describe.name(case), input_words(case), case.direction.value, *_work_cells(each, case, latency))
            for each in longest
            for case, latency in each.timed.items()
        ),
    )


def input_words(case: Case) -> str:
    """Return the sizes, and the dtype where it is not the usual one."""
    dtype = "" if case.dtype == "float32" else f", {case.dtype}"
    return f"{case.input.name}{dtype}"


def _work_cells(times: BlockTimes, case: Case, latency: Latency) -> Iterator[Cell]:
    tokens = case.input
    assert isinstance(tokens, Tokens)  # noqa: S101 - of such blocks
    found = rates(case, tokens, latency)
    marks = describe.overhead_marks(near=times.estimates[case].near_overhead)
    yield Quantity(value=found.flops_per_s, kind=Kind.FLOPS_PER_S, marks=marks)
    yield EMPTY if found.share_of_peak is None else Quantity(value=found.share_of_peak, kind=Kind.SHARE, marks=marks)
    yield Quantity(value=found.bytes_per_s, kind=Kind.BYTES_PER_S, marks=marks)
    yield f"{found.flops_per_byte:.1f}"
    yield Quantity(value=found.model_flops, kind=Kind.OPERATIONS)
    yield EMPTY if latency.ran is None else Quantity(value=latency.ran.executed_flops, kind=Kind.OPERATIONS)


def kernel_table(timed: Sequence[OverLength]) -> Table:
    """Return which kernels ran, at which lengths where they are not the same, and the largest error of all of them."""
    together: dict[tuple[str, str, str, str], dict[int, list[Ran]]] = {}
    lengths: dict[str, set[int]] = {}
    reasons: dict[str, None] = {}
    for each in timed:
        for length, times in each.times.items():
            for case, latency in times.timed.items():
                if latency.ran is None:
                    continue
                name, ran = describe.name(case), latency.ran
                asked, backends = ran.asked or "", ", ".join(ran.backends)
                pass_ = "forward" if case.direction is Direction.FORWARD else "with gradients"
                together.setdefault((name, pass_, asked, backends), {}).setdefault(length, []).append(ran)
                lengths.setdefault(name, set()).add(length)
                reasons |= dict.fromkeys(_reasons(case, ran))
    return Table(
        title="which kernel ran, and how exactly",
        caption="Error: the largest distance from the definition in float64, as a share of what is allowed.",
        columns=(
            text("attention"),
            text("pass"),
            text("asked for"),
            text("ran"),
            text("lengths"),
            text("held against"),
            number("error"),
            number("÷ allowed"),
        ),
        rows=tuple(
            (name, pass_, asked or BLANK, backends or "own operators", _lengths(found, lengths[name]), *_error(found))
            for (name, pass_, asked, backends), found in together.items()
        ),
        notes=tuple(reasons),
    )


def _reasons(case: Case, ran: Ran) -> Iterator[str]:
    for refusal in ran.refused:
        yield f"{refusal.backend} does not take it ({case.device}, {case.dtype}): {refusal.reason[:REASON_WIDTH]}."


def _lengths(found: dict[int, list[Ran]], of: set[int]) -> str:
    return "all" if set(found) == of else ", ".join(map(str, sorted(found)))


def _error(found: dict[int, list[Ran]]) -> tuple[Cell, ...]:
    agreements = [ran.agreement for rans in found.values() for ran in rans]
    worst = max(agreements, key=lambda each: each.error / each.allowed)
    against = "its definition" if worst.own else "softmax attention"
    return (against, f"{format_error(worst.error)} ({worst.of})", format_factor(worst.error / worst.allowed))


def kernel_cell(latency: Latency | None) -> Cell:
    """Return the kernel that ran, with the one that was asked for where that is another: ``flash (auto)``."""
    ran = None if latency is None else latency.ran
    if ran is None or not ran.backends:
        return EMPTY if ran is not None else BLANK
    names = ", ".join(ran.backends)
    return names if ran.asked in {None, names} else f"{names} ({ran.asked})"
