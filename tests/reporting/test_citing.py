"""In every report stands how to cite its run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from reporting.citing import citation
from reporting.page.to_html import document_html
from reporting.report import detailed_document, document
from reporting.to_json import document_json
from reporting.to_latex import document_latex
from reporting.to_markdown import document_markdown
from results.run_digest import run_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Case, Measured, Run


@pytest.fixture
def run(host: Case, make_run: Callable[..., Run], make_measured: Callable[..., Measured]) -> Run:
    return make_run(make_measured(host, 0.001))


def test_a_run_is_cited_by_version_commit_name_machine_and_digest(run: Run) -> None:
    """An installed copy has no commit."""
    digest = run_digest(run)
    assert citation(run) == (
        f"attnbench 0.1.0 (commit 0123456789ab), run 2026-11-21T21-40-07-latency on Example CPU, digest {digest}."
    )
    installed = replace(run, environment=replace(run.environment, commit=None))
    assert citation(installed).startswith("attnbench 0.1.0, run ")


def test_every_report_has_the_line(run: Run) -> None:
    """Markdown, page, LaTeX and JSON."""
    line = citation(run)
    assert f"## How to cite this run\n\n{line}\n" in document_markdown(document(run))
    assert f"<p>{line}</p>" in document_html(detailed_document(run))
    assert line.replace("-", "{-}") in document_latex(document(run))
    sections: list[dict[str, Any]] = json.loads(document_json(document(run)))["sections"]
    assert [each["paragraphs"] for each in sections if each["title"] == "How to cite this run"] == [[line]]


def test_a_run_that_cannot_be_stored_says_so(
    host: Case, make_run: Callable[..., Run], make_measured: Callable[..., Measured]
) -> None:
    """A report of it is there all the same."""
    run = make_run(make_measured(host, float("nan"), 1))
    assert "without a digest: cannot store this" in citation(run)
