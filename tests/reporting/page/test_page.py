"""The page in Debian's Chromium: it sorts, filters, draws, and asks nobody for anything."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from reporting.page.to_html import document_html
from reporting.report import detailed_document
from results.blocks import blocks_of
from results.records import Count, Failed, FailureKind, Measured, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from results.records import Case, Complexity, Run

CHROMIUM = shutil.which("chromium")
HOSTILE = "<script>window.stolen = 1</script>"
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium")


@pytest.fixture
def run(host: Case, make_measured: Callable[..., Measured], make_run: Callable[..., Run]) -> Run:
    """Return five networks, one of a hostile name, and one that failed."""
    names = {"slow": 0.009, "middle": 0.0012, "quick": 0.00098, HOSTILE: 0.0011}
    cases = {name: replace(host, implementation=name) for name in names}
    lost = replace(host, implementation="lost")
    return make_run(
        make_measured(host, 0.001),
        *(make_measured(cases[name], seconds) for name, seconds in names.items()),
        Failed(case=lost, kind=FailureKind.OUT_OF_MEMORY, error="no </script> room"),
    )


@pytest.fixture
def sized(run: Run, plain_counts: Complexity) -> Run:
    """Return the same with sizes, which have no intervals."""
    macs = Count(rule="fvcore", unit=Unit.MAC, total=1_000_000, by_operator=())
    counts = replace(plain_counts, counts=(*plain_counts.counts, macs))
    counted = [replace(case, suite="complexity") for case in run.plan.cases[:2]]
    outcomes = (*run.outcomes, *(Measured(case=case, result=counts) for case in counted))
    return replace(run, plan=replace(run.plan, blocks=blocks_of((*run.plan.cases, *counted))), outcomes=outcomes)


@pytest.fixture
def page(run: Run, tmp_path: Path) -> Iterator[Page]:
    """Open the page of times."""
    with opened(run, tmp_path) as page:
        yield page


@contextmanager
def opened(run: Run, tmp_path: Path) -> Iterator[Page]:
    """Open the page of a run; whatever it logs or asks for is an error at the end."""
    from playwright.sync_api import sync_playwright

    file = tmp_path / "report.html"
    file.write_text(document_html(detailed_document(run)), encoding="utf-8")
    wrong: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("console", lambda line: wrong.append(line.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: wrong.append(asked.url) if asked.url != file.as_uri() else None)
        page.goto(file.as_uri())
        page.wait_for_function("[...document.querySelectorAll('figure')].every(each => each.dataset.drawn)")
        yield page
        browser.close()
    assert wrong == []


def table(page: Page) -> str:
    """Return the selector of the table of latency."""
    found = page.eval_on_selector_all("table", "all => all.find(t => t.textContent.includes('÷ plain')).id")
    return f"#{found}"


def first_cells(page: Page, selector: str) -> list[str]:
    """Return the names of the rows that are shown, in their order."""
    rows: list[str] = page.eval_on_selector_all(
        f"{selector} tbody tr", "rows => rows.filter(r => !r.hidden).map(r => r.cells[0].textContent)"
    )
    return rows


@needs_chromium
def test_a_click_sorts_by_value_and_missing_last(page: Page) -> None:
    """980 µs is less than 1.1 ms; a second click turns the order, and what failed stays last."""
    where = table(page)
    page.click(f"{where} th:nth-child(2) button")
    assert first_cells(page, where) == ["quick", "(none)", HOSTILE, "middle", "slow", "lost"]
    page.click(f"{where} th:nth-child(2) button")
    assert first_cells(page, where) == ["slow", "middle", HOSTILE, "(none)", "quick", "lost"]
    assert page.get_attribute(f"{where} th:nth-child(2)", "aria-sort") == "descending"


@needs_chromium
def test_the_keyboard_sorts_too(page: Page) -> None:
    """A heading is a button that takes the focus."""
    where = table(page)
    page.focus(f"{where} th:nth-child(1) button")
    page.keyboard.press("Enter")
    assert first_cells(page, where)[:2] == ["(none)", HOSTILE]


@needs_chromium
def test_a_filter_hides_rows_and_counts(page: Page) -> None:
    """Every word must be in the row."""
    where = table(page)
    page.fill(f"[data-filter={where[1:]}]", "qui")
    assert first_cells(page, where) == ["quick"]
    assert page.inner_text(f"{where}-n") == "1 of 6 rows"


@needs_chromium
def test_pointing_at_a_mark_says_its_value_and_interval(page: Page) -> None:
    """The tooltip is text."""
    page.hover("#chart-ratios .mark-symbol path >> nth=0")
    page.wait_for_selector("#vg-tooltip-element.visible")
    assert "times the baseline's latency" in page.inner_text("#vg-tooltip-element")


@needs_chromium
def test_a_hostile_name_is_text_everywhere(page: Page) -> None:
    """In tables and charts: nothing of it was run."""
    assert page.evaluate("window.stolen") is None
    assert HOSTILE in page.inner_text("main")


@needs_chromium
def test_axe_finds_no_serious_fault(page: Page) -> None:
    """Names, roles, contrast: nothing that keeps a reader out."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == []


@needs_chromium
def test_charts_of_figures_without_intervals_are_drawn_without_a_warning(sized: Run, tmp_path: Path) -> None:
    """Whatever Vega says of it is an error of this test."""
    with opened(sized, tmp_path) as page:
        assert page.get_attribute("#chart-latency-macs", "data-drawn") == "yes"


def test_every_case_has_its_figures_and_its_command(sized: Run) -> None:
    """Sizes, times, and what happened to the others."""
    section = next(each for each in detailed_document(sized).sections if each.title == "Every case")
    sizes, times, lost = section.tables
    assert [column.title for column in sizes.columns][:2] == ["case", "parameters (M)"]
    assert "fvcore MACs (M)" in [column.title for column in sizes.columns]
    assert [column.title for column in times.columns] == ["case", "latency", "samples", "stopped", "again"]
    assert (len(sizes.rows), len(times.rows)) == (2, 5)
    assert lost.texts[0][2:4] == ("failed", "failed: out of memory")
    assert all(str(row[-1]).startswith("attnbench run ") for table in section.tables for row in table.rows)


@needs_chromium
def test_a_phone_does_not_scroll_sideways(page: Page) -> None:
    """Wide tables scroll in a box of their own."""
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_run_without_outcomes_is_a_page(make_run: Callable[..., Run], host: Case) -> None:
    """Without charts it needs no library, and stays small."""
    page = document_html(detailed_document(make_run(pending=(host,))))
    assert "1 not reached" in page
    assert len(page) < 100_000


def test_the_page_names_nothing_to_fetch(run: Run) -> None:
    """No script, style, font or picture comes from elsewhere, and the browser is told so."""
    page = document_html(detailed_document(run))
    assert "default-src 'none'" in page
    assert "<script src" not in page
    assert "<link" not in page
    assert len(page.encode()) < 3_000_000


def test_a_page_of_many_networks_leaves_tables_out() -> None:
    """A section has as many rows as a browser can sort; the page says what is missing."""
    from reporting.document import Document, Section
    from reporting.table import Table, text

    tables = tuple(Table(title=f"table {number}", columns=(text("a"),), rows=(("x",),) * 1000) for number in range(5))
    page = document_html(Document(title="run", sections=(Section(title="many", tables=tables),)))
    assert page.count("<table ") == 2
    assert "3 more tables are left out here" in page
