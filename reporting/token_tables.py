"""Attention between tokens: from which length on one is faster than exact attention, and how memory grows."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, assert_never

from results.crossover import FasterFrom, FasterThroughout, NotFaster, NotMeasured
from results.records import Memory, Tokens

from . import describe
from .cells import EMPTY, Kind, Quantity
from .table import Table, number, text
from .token_first_tables import FIRST_WORDS, first_call_table
from .token_lengths import length_of, over_length, token_blocks, without_length
from .token_work_tables import kernel_table, work_table
from .units import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from results.crossover import Crossover
    from results.records import Case, Run

    from .cells import Cell
    from .token_lengths import Length, OverLength

CROSSOVER_WORDS = (
    "**faster from**: the length from which on an attention takes less time than the one that it is divided by, with "
    "its 95% interval. Between two measured lengths the logarithm of the paired ratio is taken as linear in the "
    "logarithm of the length; the interval holds every length at which 1 lies in the interval of the ratio. Nothing is "
    "said of lengths beyond those measured."
)
PEAK_WORDS = (
    "**TFLOP/s, GB/s, FLOP/B**: what exact attention computes, and the bytes that it must move, over the median time, "
    "whatever ran: queries, keys, values, result and gradients once. *executed* are the products that ran, by the "
    "formulas of torch's FlopCounterMode, which counts masked pairs too."
)
SHARE_WORDS = (
    "**of peak**: the fewer of model and executed FLOPs over the time, as a share of the fastest product of two square "
    "matrices in the same process, dtype and number of threads."
)
KERNEL_WORDS = (
    "**kernel**: which of PyTorch's attention kernels ran, by the operators that torch dispatched, beside the one that "
    "was asked for."
)
AGREEMENT_WORDS = (
    "**error**: before a case is timed, its result is held against its definition in float64. It may be "
    "off by twice as much as PyTorch's own attention in the same dtype, of gradients three times; an attention that "
    "is defined otherwise by as much as its plain definition in the dtype."
)
WORDS = (CROSSOVER_WORDS, PEAK_WORDS, SHARE_WORDS, KERNEL_WORDS, AGREEMENT_WORDS, FIRST_WORDS)


def token_tables(run: Run) -> tuple[Table, ...]:
    """Return the crossovers, what was reached at the longest length, the kernels that ran, and memory over length."""
    timed = over_length(run)
    tables = (
        *(_crossover_table(run, each) for each in _alike(timed)),
        *([work_table(run, timed)] if timed else []),
        *([kernel_table(timed), first_call_table(timed)] if timed else []),
        *_memory_tables(run),
    )
    return tuple(table for table in tables if table.rows)


def token_sentences(run: Run) -> tuple[str, ...]:
    """Return for each direction from which length on attentions are faster than exact attention, and which are not."""
    return tuple(sentence for each in over_length(run) for sentence in _sentence(run, each))


def _sentence(run: Run, each: OverLength) -> tuple[str, ...]:
    found = {name: each.crossover(name) for name in each.names if name != each.baseline}
    faster = [
        f"{name} {_found(found[name])}" for name in found if isinstance(found[name], FasterFrom | FasterThroughout)
    ]
    slower = [name for name, crossing in found.items() if isinstance(crossing, NotFaster) and not crossing.undecided]
    undecided = [name for name, crossing in found.items() if isinstance(crossing, NotFaster) and crossing.undecided]
    longest = max(each.times)
    parts = (
        *([f"faster than {each.baseline} from N = {', '.join(faster)}"] if faster else []),
        *([f"not faster up to {longest}: {', '.join(slower)}"] if slower else []),
        *([f"undecided at {longest}: {', '.join(undecided)}"] if undecided else []),
    )
    return (f"{each.length.shared.direction.capitalize()}, {_where(run, each)}: {'; '.join(parts)}.",) if parts else ()


def _where(run: Run, each: OverLength) -> str:
    case = each.length.shared
    return f"{each.length.words}, {case.dtype}, {describe.machine(run.environment, case)}"


def _alike(timed: Sequence[OverLength]) -> list[list[OverLength]]:
    """Put directions together of what is otherwise alike."""
    together: dict[tuple[object, ...], list[OverLength]] = {}
    for each in timed:
        case = each.length.shared
        together.setdefault((case.input, case.dtype, case.device, case.timing, case.threads), []).append(each)
    return list(together.values())


def _crossover_table(run: Run, alike: Sequence[OverLength]) -> Table:
    baseline = alike[0].baseline or ""
    lengths = sorted({length for each in alike for length in each.times})
    ends = list(dict.fromkeys((lengths[0], lengths[-1])))
    return Table(
        title=f"from which length on, {_where(run, alike[0])}",
        caption=f"Paired ratios to {baseline} [95% interval] at the shortest and the longest of the lengths N "
        f"{', '.join(map(str, lengths))}.",
        columns=(
            text("attention"),
            text("direction"),
            *(number(f"÷ {baseline}, N {length}") for length in ends),
            text("faster from N ="),
        ),
        rows=tuple(
            (
                name,
                each.length.shared.direction.value,
                *(describe.paired(each.ratios(name).get(length)) for length in ends),
                _found(each.crossover(name)),
            )
            for each in alike
            for name in each.names
            if name != baseline
        ),
    )


def _found(crossover: Crossover) -> str:
    match crossover:
        case FasterFrom(length=None, high=high):
            return f"{high:.0f} at the latest"
        case FasterFrom(length=length, low=low, high=high):
            return f"{length:.0f} [{'shorter than measured' if low is None else f'{low:.0f}'}, {high:.0f}]"
        case FasterThroughout(shortest=shortest):
            return f"{shortest}, the shortest measured"
        case NotFaster(longest=longest, undecided=undecided):
            return f"undecided at {longest}" if undecided else "not within the lengths measured"
        case NotMeasured():
            return "too few lengths with a paired ratio"
        case _:
            assert_never(crossover)


def _memory_tables(run: Run) -> Iterator[Table]:
    together: dict[Length, dict[int, dict[Case, Memory]]] = {}
    for block in token_blocks(run.index.blocks_with(Memory)):
        tokens = block.shared.input
        if isinstance(tokens, Tokens):
            sizes = together.setdefault(without_length(block.shared, tokens), {})
            sizes[length_of(tokens)] = run.index.results(block.cases, Memory)
    alike: dict[tuple[object, ...], list[tuple[Length, dict[int, dict[Case, Memory]]]]] = {}
    for length, found in together.items():
        case = length.shared
        alike.setdefault((case.input, case.dtype, case.device), []).append((length, dict(sorted(found.items()))))
    for group in alike.values():
        yield _memory_table(group)


def _memory_table(group: Sequence[tuple[Length, dict[int, dict[Case, Memory]]]]) -> Table:
    shared, words = group[0][0]
    lengths = sorted({length for _, found in group for length in found})
    tokens = shared.input
    assert isinstance(tokens, Tokens)  # noqa: S101 - of such blocks
    cached = format_bytes(tokens.kv_bytes_per_token(shared.dtype))
    return Table(
        title=f"memory over the length, {words}, {shared.dtype}, {shared.device}",
        caption="Peak of live bytes of a call above what rests before it, and the power of N with which it grows "
        f"between the two longest lengths. A cache of keys and values has {tokens.kv_elements_per_token} numbers a "
        f"token and layer, {cached}.",
        columns=(
            text("attention"),
            text("direction"),
            *(number(f"N {length}") for length in lengths),
            number("grows as N^"),
        ),
        rows=tuple(
            (name, length.shared.direction.value, *_memory_cells(sizes, lengths))
            for length, found in group
            for name, sizes in _by_name(found).items()
        ),
    )


def _by_name(found: dict[int, dict[Case, Memory]]) -> dict[str, dict[int, int]]:
    peaks: dict[str, dict[int, int]] = {}
    for length, counted in found.items():
        for case, memory in counted.items():
            peaks.setdefault(describe.name(case), {})[length] = memory.peak_live_bytes
    return peaks


def _memory_cells(sizes: dict[int, int], lengths: Sequence[int]) -> list[Cell]:
    cells: list[Cell] = [
        Quantity(value=sizes[length], kind=Kind.BYTES) if length in sizes else EMPTY for length in lengths
    ]
    known = [length for length in lengths if sizes.get(length)]
    if len(known) < 2:  # noqa: PLR2004 - between two of them
        return [*cells, EMPTY]
    one, other = known[-2:]
    return [*cells, f"{log(sizes[other] / sizes[one]) / log(other / one):.2f}"]
