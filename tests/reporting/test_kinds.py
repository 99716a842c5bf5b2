"""Promises of the table of kinds: each kind of result has its section, and views are of whole runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from msgspec.structs import replace

from reporting.brief import brief
from reporting.kinds import SECTIONS, Kind, View, section_of
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


def test_the_screen_has_answers_and_not_their_details(
    host: Case, make_run: MakeRun, make_measured: MakeMeasured, plain_counts: Complexity
) -> None:
    """The summary of networks; of what it does not hold the tables, with the rows so far."""
    counted = replace(host, suite="complexity")
    alone = replace(host, implementation="softmax", host=None, input=Logits(shape=(4, 1000), dim=1))
    networks = make_run(make_measured(host, 1.0), Measured(case=counted, result=plain_counts), pending=[alone])
    assert brief(networks).summary is not None
    assert brief(networks).sections == ()
    (section,) = brief(make_run(make_measured(alone, 1.0), pending=[host])).sections
    assert (section.title, [len(table.rows) for table in section.tables]) == ("Latency", [1])


def test_the_screen_says_why_there_is_no_figure(host: Case, make_run: MakeRun) -> None:
    """Where nothing was measured; of a run that was not begun there is nothing to say."""
    failed = Failed(case=host, kind=FailureKind.EXCEPTION, error="ValueError: no")
    (section,) = brief(make_run(failed)).sections
    assert section.title == "Failed and skipped cases"
    assert brief(make_run(pending=[host])).sections == ()


def shown_views(run: Run) -> list[str]:
    """Return the titles of the views of a run."""
    return [section.title for section in SECTIONS if isinstance(section, View) and section.applies(run)]


def test_what_is_to_be_read_is_short(host: Case, make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """No explanation has more than 400 characters."""
    run = make_run(make_measured(host, 1.0))
    long = [words for section in SECTIONS for words in section.reading(run) if len(words) > 400]
    assert long == []


def test_views_are_of_what_was_asked_for(host: Case, make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """Costs of attaching by the suite; functions over their logits where they stand beside a copy."""
    run = make_run(make_measured(host, 1.0))
    assert shown_views(run) == []
    marginal = replace(run, plan=replace(run.plan, suites=("latency", "marginal")))
    assert shown_views(marginal) == ["What attaching costs"]
    softmax = replace(host, implementation="softmax", host=None, input=Logits(shape=(4, 1000), dim=1))
    assert shown_views(make_run(make_measured(softmax, 1.0))) == []
    beside = make_run(make_measured(softmax, 1.0), make_measured(replace(softmax, implementation="none"), 1.0))
    assert shown_views(beside) == ["Logit functions"]


def test_a_section_without_tables_has_no_paragraphs(host: Case, make_run: MakeRun) -> None:
    """And so no title: it is no section."""
    run = make_run(pending=[host])
    assert [section_of(run, kind) for kind in SECTIONS] == [None] * len(SECTIONS)
