"""Promises of the table of kinds: each kind of result has its section, and views are of whole runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from msgspec.structs import replace

from reporting.kinds import SECTIONS, Kind, block_tables, section_of, views
from results.frame import LAYOUTS
from results.records import Case, Failed, FailureKind, Logits, Measured, Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Complexity, Run

    MakeMeasured = Callable[..., Measured]
    MakeRun = Callable[..., Run]


def test_every_kind_of_result_has_its_section_and_its_rows() -> None:
    """One of each: a new kind is not forgotten in a report, nor in a CSV."""
    kinds = [section.result for section in SECTIONS if isinstance(section, Kind)]
    assert set(kinds) == set(get_args(Result))
    assert set(LAYOUTS) == set(kinds)


def test_tables_of_blocks_have_the_rows_so_far(
    host: Case, make_run: MakeRun, make_measured: MakeMeasured, plain_counts: Complexity
) -> None:
    """Sizes before times; a block that is not reached has no table."""
    counted, slow = replace(host, suite="complexity"), replace(host, dtype="float64")
    run = make_run(make_measured(host, 1.0), Measured(case=counted, result=plain_counts), pending=[slow])
    assert [table.title for table in block_tables(run)] == [
        "resnext50_16x4d",
        "resnext50_16x4d, forward, batch 1, float32, cpu",
    ]


def test_a_block_that_failed_has_its_table(host: Case, make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """As soon as the suite gave times elsewhere."""
    failed = Failed(case=replace(host, dtype="float64"), kind=FailureKind.EXCEPTION, error="ValueError: no")
    assert block_tables(make_run(failed)) == ()
    assert len(block_tables(make_run(failed, make_measured(host, 1.0)))) == 2


def test_views_are_of_what_was_asked_for(host: Case, make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """Costs of attaching by the suite; functions over their logits where they stand beside a copy."""
    run = make_run(make_measured(host, 1.0))
    assert views(run) == ()
    marginal = replace(run, plan=replace(run.plan, suites=("latency", "marginal")))
    assert [view.title for view in views(marginal)] == ["What attaching costs"]
    softmax = replace(host, implementation="softmax", host=None, input=Logits(shape=(4, 1000), dim=1))
    assert views(make_run(make_measured(softmax, 1.0))) == ()
    beside = make_run(make_measured(softmax, 1.0), make_measured(replace(softmax, implementation="none"), 1.0))
    assert [view.title for view in views(beside)] == ["Logit functions"]


def test_a_section_without_tables_has_no_paragraphs(host: Case, make_run: MakeRun) -> None:
    """And so no title: it is no section."""
    run = make_run(pending=[host])
    assert [section_of(run, kind) for kind in SECTIONS] == [None] * len(SECTIONS)
