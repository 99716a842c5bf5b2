"""One row a kind of result, or a view of several: which section of a document it fills, and how it is read.

Reports, the page and the terminal walk this table; ``results.frame.LAYOUTS`` has a kind's CSV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from results.records import Complexity, Errors, Frontiers, Latency, Memory, Subject, Training

from . import accuracy_tables, overflow_tables
from .conjecture import answers
from .details import complexity_details, latency_details, memory_details
from .document import Section
from .epoch_tables import epoch_tables, epoch_words
from .latency_blocks import call_blocks
from .logit_function_tables import WORDS as LOGIT_FUNCTION_WORDS
from .logit_function_tables import logit_function_tables, places
from .marginal_tables import NAME as MARGINAL
from .marginal_tables import marginal_csv, marginal_tables
from .noise import unfit
from .numerics_tables import CHOOSING_WORDS, choosing_tables
from .overall_tables import OVERALL_WORDS, is_of_many, overall_tables
from .pareto_tables import NAME as PARETO
from .pareto_tables import PARETO_WORDS, pareto_csv, pareto_tables
from .reading import COUNTS_WORDS, MEMORY_WORDS, TRAFFIC_WORDS, latency_words
from .to_markdown import escape
from .token_lengths import over_length
from .token_tables import WORDS as TOKEN_WORDS
from .token_tables import token_sentences, token_tables
from .training_tables import training_tables, training_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from results.records import Block, Result, Run

    from .table import Table


def _no_words(run: Run) -> tuple[str, ...]:
    del run
    return ()


def _never(run: Run) -> bool:
    del run
    return False


def _always(run: Run) -> bool:
    del run
    return True


def _is_network(block: Block) -> bool:
    """Return whether the summary has the block's cases."""
    return block.shared.subject is not Subject.OP


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of result."""

    result: type[Result]
    title: str
    tables: Callable[[Run], Iterable[Table]]
    """All rows there are so far, in as few tables as can hold them."""
    reading: Callable[[Run], tuple[str, ...]] = _no_words
    """How to read them, an item each."""
    summed_up: Callable[[Run], bool] = _never
    """Whether the summary or a view has the answer already: then these tables are its details."""

    def applies(self, run: Run) -> bool:
        """Return whether a run has results of this kind."""
        return run.index.has(self.result)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A look at the results of a whole run: measured by several suites, or over several blocks."""

    title: str
    applies: Callable[[Run], bool]
    tables: Callable[[Run], Iterable[Table]]
    sentences: Callable[[Run], tuple[str, ...]] = _no_words
    """What follows from them."""
    reading: Callable[[Run], tuple[str, ...]] = _no_words


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedView(View):
    """One that a run is asked for by name, as for a suite."""

    name: str
    csv: Callable[[Run], str]


#: In the order of a report.
SECTIONS: tuple[Kind | View, ...] = (
    View(
        title="Over many networks",
        applies=is_of_many,
        tables=overall_tables,
        reading=lambda _: OVERALL_WORDS,
    ),
    Kind(
        result=Complexity,
        title="Complexity",
        tables=complexity_details,
        reading=lambda _: COUNTS_WORDS,
        summed_up=_always,
    ),
    View(
        title="Logit functions",
        applies=lambda run: bool(places(run)),
        tables=logit_function_tables,
        sentences=answers,
        reading=lambda _: LOGIT_FUNCTION_WORDS,
    ),
    View(
        title="Attention between tokens",
        applies=lambda run: bool(over_length(run)),
        tables=token_tables,
        sentences=token_sentences,
        reading=lambda _: TOKEN_WORDS,
    ),
    Kind(
        result=Latency,
        title="Latency",
        tables=latency_details,
        reading=latency_words,
        summed_up=lambda run: all(
            _is_network(block) or block.copy is not None
            for block in call_blocks(run)
            if run.index.results(block.cases, Latency)
        ),
    ),
    Kind(result=Latency, title="Epochs", tables=epoch_tables, reading=epoch_words),
    NamedView(
        name=MARGINAL,
        title="What attaching costs",
        applies=lambda run: MARGINAL in run.plan.suites,
        tables=marginal_tables,
        csv=marginal_csv,
    ),
    Kind(
        result=Memory,
        title="Memory and traffic",
        tables=memory_details,
        reading=lambda _: (MEMORY_WORDS, TRAFFIC_WORDS),
        summed_up=lambda run: all(map(_is_network, run.index.blocks_with(Memory))),
    ),
    Kind(result=Training, title="What is learned", tables=training_tables, reading=training_words),
    NamedView(
        name=PARETO,
        title="Which networks no other one beats",
        applies=lambda run: PARETO in run.plan.suites and run.index.has(Training),
        tables=pareto_tables,
        reading=lambda _: (PARETO_WORDS,),
        csv=pareto_csv,
    ),
    View(
        title="Which function to choose",
        applies=lambda run: run.index.has(Frontiers),
        tables=choosing_tables,
        reading=lambda _: CHOOSING_WORDS,
    ),
    Kind(
        result=Frontiers,
        title="Overflow frontier",
        tables=overflow_tables.overflow_tables,
        reading=lambda _: overflow_tables.WORDS,
        summed_up=_always,
    ),
    Kind(
        result=Errors,
        title="Errors against float64",
        tables=accuracy_tables.accuracy_tables,
        reading=lambda _: accuracy_tables.WORDS,
        summed_up=lambda run: run.index.has(Frontiers),
    ),
)


def conclusions(run: Run, view: View) -> tuple[str, ...]:
    """Return what follows from the tables of a view; nothing where the machine was unfit to tell."""
    return () if unfit(run) else view.sentences(run)


def section_of(run: Run, kind: Kind | View) -> Section | None:
    """Return what a report has of one kind of result, or of one view; None where there is nothing."""
    if not kind.applies(run):
        return None
    tables = tuple(table for table in kind.tables(run) if table.rows)
    sentences = conclusions(run, kind) if isinstance(kind, View) else ()
    return Section(title=kind.title, paragraphs=tuple(map(escape, sentences)), tables=tables) if tables else None


def kinds_of_results() -> tuple[Kind, ...]:
    """Return one section a kind of result, the first of those that share it, in the order of a report.

    Figures are compared by their kind, however many sections of a report show them.
    """
    first: dict[type[Result], Kind] = {}
    for section in SECTIONS:
        if isinstance(section, Kind):
            first.setdefault(section.result, section)
    return tuple(first.values())
