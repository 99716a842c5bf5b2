"""What a notebook shows of a run: its summary, as text and nothing else."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from msgspec.structs import replace

from reporting.page.fragment import document_fragment
from reporting.report import brief_document
from results.machine import NoiseFloor
from results.records import Failed, FailureKind, Subject, Timing

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Case, Measured, Run

HOSTILE = "<script>alert(1)</script>"


class Elements(HTMLParser):
    """Collects the elements of a page, and the texts of its cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.cells: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, _: object) -> None:
        self.names.add(tag)
        if tag in {"th", "td"}:
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells and self.lasttag in {"th", "td"}:
            self.cells[-1] += data


def test_a_notebook_shows_the_summary(
    host: Case, make_run: Callable[..., Run], make_measured: Callable[..., Measured]
) -> None:
    """The rows of the first table of the report, with their intervals, and why one has no figure."""
    se = replace(host, implementation="se")
    lost = replace(host, implementation="lost")
    run = make_run(
        make_measured(host, 0.001),
        make_measured(se, 0.0012),
        Failed(case=lost, kind=FailureKind.OUT_OF_MEMORY, error="no room"),
    )
    shown = document_fragment(brief_document(run))
    assert [cell.strip() for cell in Elements(shown).cells] == [
        *("attention", "forward b1", "÷ plain (forward b1)"),
        *("(none)", "1.00 ms ± 0.0%", "1"),
        *("se", "1.20 ms ± 0.0%", "1.200 [1.200, 1.200]"),
        *("lost", "failed: out of memory ¹", "-"),
    ]
    assert "<li>¹ " in shown


def test_hostile_names_are_text(
    host: Case, make_run: Callable[..., Run], make_measured: Callable[..., Measured]
) -> None:
    """In cells, titles and notes there is no element of theirs, and no control character."""
    run = make_run(
        make_measured(host, 0.001),
        make_measured(replace(host, implementation=HOSTILE), 0.001),
        make_measured(replace(host, implementation="\x1b[2J"), 0.001),
        Failed(case=replace(host, implementation="x"), kind=FailureKind.EXCEPTION, error=HOSTILE),
    )
    shown = document_fragment(brief_document(replace(run, disturbances=(HOSTILE,))))
    found = Elements(shown)
    assert HOSTILE in [cell.strip() for cell in found.cells]
    assert found.names <= {
        *("div", "style", "p", "strong", "table", "thead", "tbody", "tr", "th", "td"),
        *("details", "summary", "ul", "li"),
    }
    assert "\x1b" not in shown
    # Nothing is asked of the network.
    assert re.search(r"(?:src|href|url\()", shown) is None


def test_an_unfit_machine_is_said_before_the_figures(
    host: Case, make_run: Callable[..., Run], make_measured: Callable[..., Measured]
) -> None:
    """As at the top of a report."""
    floor = NoiseFloor(
        relative=0.4,
        pairs=30,
        seconds_per_call=0.01,
        builds=3,
        device="cpu",
        timing=Timing.HOT,
        subject=Subject.NETWORK,
    )
    run = replace(make_run(make_measured(host, 0.001)), noise_floors=(floor,))
    shown = document_fragment(brief_document(run))
    assert 0 < shown.index("Too noisy to compare times") < shown.index("<table>")


def test_a_run_without_a_figure_says_what_it_has(host: Case, make_run: Callable[..., Run]) -> None:
    """No table, but how many cases there are."""
    shown = document_fragment(brief_document(make_run(pending=[host])))
    assert "1 case: 0 measured, 0 failed, 0 skipped, 1 not reached." in shown
    assert "<table>" not in shown
