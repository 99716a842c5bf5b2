"""A run -> its summary: sizes, times, ratios and memory of every attention and network, one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from results.records import PLAIN, Complexity, Direction, Measured, Memory, Mode, Subject, Timing, Unit

from . import describe
from .block_times import BlockTimes
from .cells import BLANK, EMPTY, Kind, Missing, Quantity
from .failures import CAUSE_WIDTH
from .latency_blocks import call_blocks
from .latency_rows import ratio_notes
from .machine_notes import machine_notes
from .noise import unfit
from .slots import slots_of
from .summary import Condition, Figure, Summary, SummaryColumn, SummaryRow
from .token_tables import token_sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from results.records import Block, Case, Run

    from .cells import Cell

#: The rule whose multiply-adds a summary has: most papers of today count by it.
RULE = "fvcore"


class _Network(NamedTuple):
    """One attention in one network: what a row is of."""

    host: str | None
    of_input: object
    implementation: str
    options: object
    slot: str | None
    mode: Mode


class _Found(NamedTuple):
    row: _Network
    column: SummaryColumn
    case: Case
    cell: Cell


def summarize(run: Run) -> Summary | None:
    """Return the summary of a run; None where it has none, as of logit functions, epochs and trainings alone."""
    blocks = [block for block in run.plan.blocks if _is_summed_up(block)]
    cases = [case for block in blocks for case in describe.plain_first(block.cases)]
    if not any(isinstance(run.index.outcomes.get(case), Measured) for case in cases):
        return None
    timed = [BlockTimes(run, block) for block in call_blocks(run) if _is_summed_up(block)]
    varies = _varying([case for block in blocks if block.shared.suite != "complexity" for case in block.cases])
    found = [
        *_sizes(run, blocks),
        *(each for times in timed for each in _times(times, varies)),
        *_memories(run, blocks, varies),
    ]
    columns = tuple(sorted(dict.fromkeys(each.column for each in found), key=_order))
    cells = {(each.row, each.column): each.cell for each in found}
    rows = _rows(cases, found)
    return Summary(
        columns=columns,
        rows=tuple(
            SummaryRow(
                attention=attention,
                network=network,
                cells=tuple(cells.get((row, column), BLANK) for column in columns),
            )
            for row, (attention, network) in rows.items()
        ),
        caption=_caption(run, cases, columns, timed),
        notes=tuple(
            dict.fromkeys(
                (
                    *(() if unfit(run) else token_sentences(run)),
                    *(note for times in timed for note in ratio_notes(_paired_cells(times), times)),
                    *slots_of(cases),
                    *(note for times in timed for note in machine_notes(run, times.block.shared)),
                )
            )
        ),
    )


def _is_summed_up(block: Block) -> bool:
    case = block.shared
    return case.suite in {"complexity", "latency", "memory"} and case.subject is not Subject.OP


def _network(case: Case) -> _Network:
    size = case.input.with_batch(1).laid_out(channels_last=False)
    return _Network(case.host, size, case.implementation, case.options, case.slot, case.mode)


def _sizes(run: Run, blocks: Iterable[Block]) -> Iterator[_Found]:
    counted = [(case, run.index.outcomes[case]) for block in blocks for case in block.cases if _is_counted(run, case)]
    rule = _rule([each.result for _, each in counted if isinstance(each, Measured)])
    for case, outcome in counted:
        parameters = SummaryColumn(figure=Figure.PARAMETERS, unit="M")
        if not isinstance(outcome, Measured):
            yield _Found(_network(case), parameters, case, describe.no_figure(outcome))
            continue
        complexity = outcome.result
        if not isinstance(complexity, Complexity):
            continue
        sizes: list[tuple[SummaryColumn, Cell]] = [(parameters, _operations(complexity.parameters))]
        if rule is not None:
            name, unit = rule
            operations = SummaryColumn(figure=Figure.MULTIPLY_ADDS, unit="M", name=f"{unit}s")
            sizes.append((operations, _total(complexity, name)))
        for mode in Mode:
            yield from (_Found(_network(case)._replace(mode=mode), column, case, cell) for column, cell in sizes)


def _is_counted(run: Run, case: Case) -> bool:
    return case.suite == "complexity" and case in run.index.outcomes


def _rule(results: Sequence[object]) -> tuple[str, Unit] | None:
    """Return the rule of the column of multiply-adds: fvcore's, or the first that counts MACs, or the first at all."""
    counted = [found for found in results if isinstance(found, Complexity)]
    counts = [(each.rule, each.unit) for found in counted for each in found.counts]
    failures = [(each.rule, each.unit) for found in counted for each in found.failures]
    rules = dict.fromkeys((*counts, *failures))
    preferred = sorted(rules, key=lambda each: (each[0] != RULE, each[1] is not Unit.MAC))
    return preferred[0] if preferred else None


def _total(complexity: Complexity, rule: str) -> Cell:
    counts = {count.rule: count.total for count in complexity.counts}
    if rule in counts:
        return _operations(counts[rule])
    errors = [failure.error for failure in complexity.failures if failure.rule == rule]
    return Missing("failed", because=f"{rule} could not count: {errors[0][:CAUSE_WIDTH]}") if errors else EMPTY


def _operations(total: int) -> Quantity:
    return Quantity(value=total, kind=Kind.OPERATIONS)


def _times(times: BlockTimes, varies: frozenset[str]) -> Iterator[_Found]:
    condition = _condition(times.block.shared, varies)
    latency = SummaryColumn(figure=Figure.LATENCY, condition=condition)
    name = "" if times.baseline is None else f"÷ {describe.baseline_name(times.baseline)}"
    ratio = SummaryColumn(figure=Figure.RATIO, name="" if name == Figure.RATIO else name, condition=condition)
    for outcome in times.known:
        row = _network(outcome.case)
        yield _Found(row, latency, outcome.case, times.latency(outcome))
        if times.baseline is not None:
            yield _Found(row, ratio, outcome.case, times.ratio(outcome.case))


def _paired_cells(times: BlockTimes) -> list[tuple[Cell, ...]]:
    return [(times.latency(outcome), times.ratio(outcome.case)) for outcome in times.known]


def _memories(run: Run, blocks: Iterable[Block], varies: frozenset[str]) -> Iterator[_Found]:
    for block in blocks:
        if block.shared.suite != "memory":
            continue
        column = SummaryColumn(figure=Figure.PEAK, condition=_condition(block.shared, varies))
        for outcome in run.index.reached(block):
            if not isinstance(outcome, Measured):
                yield _Found(_network(outcome.case), column, outcome.case, describe.no_figure(outcome))
            elif isinstance(outcome.result, Memory):
                peak = Quantity(value=outcome.result.peak_live_bytes, kind=Kind.BYTES)
                yield _Found(_network(outcome.case), column, outcome.case, peak)


def _varying(cases: Sequence[Case]) -> frozenset[str]:
    """Return what a condition names, as it is not the same for all cases."""
    facts = {"dtype": {case.dtype for case in cases}, "device": {case.device for case in cases}}
    facts["layout"] = {_layout(case) for case in cases}
    return frozenset(name for name, found in facts.items() if len(found) > 1)


def _layout(case: Case) -> str:
    return ", ".join(describe.execution_words(case))


def _condition(case: Case, varies: frozenset[str]) -> Condition:
    return Condition(
        direction=case.direction,
        batch=case.input.batch,
        dtype=case.dtype if "dtype" in varies else None,
        device=case.device if "device" in varies else None,
        layout=_layout(case) or None if "layout" in varies else None,
    )


def _order(column: SummaryColumn) -> tuple[int, int, str, str, str, int, str]:
    figure, condition = list(Figure).index(column.figure), column.condition
    if condition is None:
        return (figure, 0, "", "", "", 0, column.name)
    place = (list(Direction).index(condition.direction), condition.device or "", condition.layout or "")
    return (figure, *place, condition.dtype or "", condition.batch, column.name)


def _rows(cases: Sequence[Case], found: Iterable[_Found]) -> dict[_Network, tuple[str, str]]:
    """Return what each row is called: the attention and the network, those of one network together."""
    of_row = {each.row: each.case for each in found if _network(each.case) == each.row}
    # In plan order, of whichever suite comes first.
    ordered = dict.fromkeys(row for row in map(_network, cases) if row in of_row)
    together: dict[tuple[str | None, object], list[_Network]] = {}
    for row in ordered:
        together.setdefault((row.host, row.of_input), []).append(row)
    sizes: dict[str | None, set[object]] = {}
    for host, of_input in together:
        sizes.setdefault(host, set()).add(of_input)
    named: dict[_Network, tuple[str, str]] = {}
    for (host, _), group in together.items():
        # As it is called in the details of a block, where all else is the same.
        alike = {row: _representative(of_row[row]) for row in group}
        labels = describe.labels(list(alike.values()))
        one = of_row[group[0]]
        several = len(sizes[host]) > 1 or host is None
        network = f"{host or one.input.noun}, {one.input.with_batch(1).name}" if several else str(host)
        for row in sorted(group, key=lambda row: row.implementation != PLAIN):
            named[row] = (labels[alike[row]], network)
    return named


def _representative(case: Case) -> Case:
    return replace(
        case,
        suite="",
        input=case.input.with_batch(1).laid_out(channels_last=False),
        dtype="float32",
        device="cpu",
        direction=Direction.FORWARD,
        timing=Timing.HOT,
        threads=None,
        source="",
    )


def _caption(run: Run, cases: Sequence[Case], columns: Sequence[SummaryColumn], timed: Sequence[BlockTimes]) -> str:
    figures = {column.figure for column in columns}
    of_calls = [case for case in cases if case.suite != "complexity"]
    lopsided = any(times.lopsided for times in timed)
    rule = _rule([outcome.result for outcome in run.outcomes if isinstance(outcome, Measured)])
    parts = (
        _images(cases),
        *(f"{column.name} by {rule[0]}'s rule" for column in columns if column.figure is Figure.MULTIPLY_ADDS and rule),
        *(
            [f"latency: median ± half its 95% interval{', or [all of it]' if lopsided else ''}"]
            if Figure.LATENCY in figures
            else []
        ),
        *(["÷: ratio of paired samples [its 95% interval]"] if Figure.RATIO in figures else []),
        *(["b4: batch 4"] if any(column.condition for column in columns) else []),
        *([", ".join(dict.fromkeys(_where(run, case) for case in of_calls))] if of_calls else []),
    )
    return "; ".join(part for part in parts if part) + "."


def _images(cases: Sequence[Case]) -> str:
    inputs = dict.fromkeys(describe.input_words(_representative(case)) for case in cases)
    return next(iter(inputs)).capitalize() if len(inputs) == 1 else ""


def _where(run: Run, case: Case) -> str:
    return ", ".join((case.dtype, *describe.execution_words(case), describe.machine(run.environment, case)))
