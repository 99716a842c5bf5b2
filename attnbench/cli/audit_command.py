"""``attnbench audit``: is this implementation fit to be measured?"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import click

from reporting.csv_text import csv_lines
from results.text import message
from suites import choices
from suites.selection import added

from ..documents import CSV, MARKDOWN
from ..printed import Printed
from .format_options import columns_option, format_option
from .once import Once
from .options import axes, offer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from attn_impls import Registry
    from attn_impls.audit import Finding
    from reporting.document import Document
    from reporting.table import Table

    Audited = Mapping[str, tuple[Finding, ...]]

EXAMPLES = """\b
Examples:
  attnbench audit
  attnbench audit --plugin my_attention.py
  attnbench audit --impl 'sk/*' --no-compile --format csv
"""

#: Exit status where something is a fault.
UNFIT_STATUS = 1
COLUMNS = ("implementation", "verdict", "severity", "finding", "seen", "remedy")


@click.command("audit", cls=Once, epilog=EXAMPLES)
@offer(axes("impls"), words="Implementation, or a pattern such as 'sk/*'.")
@click.option("--compile/--no-compile", default=True, show_default=True, help="Ask torch.compile too: slower.")
@format_option(CSV)
@columns_option()
@offer(axes("plugins"))
def audit_command(
    *,
    impls: tuple[str, ...],
    compile: bool,  # noqa: A002 - as the option
    format_: str,
    columns: tuple[str, ...],
    plugins: tuple[str, ...],
) -> int:
    """Look whether implementations do what their family promises.

    Shapes, dtypes, gradients, memory formats, training, copies, torch.compile. Default: all, or what plug-ins bring.
    Exit status 1 if something is a fault, and 0 if all is well or worth a note.
    """
    known = choices.registry(plugins)
    (patterns,) = axes("impls")
    names = _names(patterns.take(impls), plugins, known)
    audited: dict[str, tuple[Finding, ...]] = {}
    at_once = format_ == CSV and not columns
    if at_once:
        click.echo(csv_lines(COLUMNS, ()), nl=False)
    for name, findings in _audit(names, known, compile=compile):
        audited[name] = findings
        if at_once:
            # At once: if the next one takes the process down, this much is known.
            click.echo(csv_lines(COLUMNS, _csv_rows(name, findings), header=False), nl=False)
            sys.stdout.flush()
    if format_ == MARKDOWN and not columns:
        click.echo(_markdown(audited), nl=False)
    elif not at_once:
        lines = [row for name, findings in audited.items() for row in _csv_rows(name, findings)]
        printed = Printed(document=lambda: _document(audited), data={CSV: lambda: csv_lines(COLUMNS, lines)})
        click.echo(printed.text(format_, columns), nl=False)
    return UNFIT_STATUS if any(map(_unfit, audited.values())) else 0


def _names(impls: Sequence[str], plugins: Sequence[str], known: Registry) -> tuple[str, ...]:
    if impls or not plugins:
        return choices.implementations(impls or ("*",), known)
    return added(known)


def _audit(
    names: Sequence[str],
    known: Registry,
    *,
    compile: bool,  # noqa: A002 - as the option
) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    from attn_impls.audit import audit, verdict
    from bench.threads import cpu_threads

    for index, name in enumerate(names, 1):
        # What an implementation prints is none of our data. One thread: on maps this small, more cost time.
        with contextlib.redirect_stdout(sys.stderr), cpu_threads(1):
            findings = audit(known.find(name), compile=compile)
        click.echo(message(f"[{index}/{len(names)}] {name}: {verdict(findings)}"), err=True)
        yield name, findings


def _unfit(findings: tuple[Finding, ...]) -> bool:
    from attn_impls.audit import Verdict, verdict

    return verdict(findings) is Verdict.UNFIT


def _markdown(audited: Audited) -> str:
    """Return a table of one row an implementation, and a list of all findings with their remedies."""
    from reporting.to_markdown import to_markdown

    lines = _lines(audited)
    return to_markdown(_table(audited)) + "".join(f"\n{line}" for line in lines) + ("\n" if lines else "")


def _document(audited: Audited) -> Document:
    from reporting.document import Document, Section

    lines = _lines(audited)
    table = _table(audited)
    findings = (Section(title="Findings", paragraphs=("\n".join(lines),)),) if lines else ()
    return Document(title="Audit", sections=(Section(title="Verdicts", tables=(table,)), *findings))


def _table(audited: Audited) -> Table:
    from attn_impls.audit import verdict
    from reporting.cells import EMPTY
    from reporting.table import Table, text

    return Table(
        title="Fit to be measured?",
        columns=(text("implementation"), text("verdict"), text("findings")),
        rows=tuple(
            (name, verdict(findings), ", ".join(finding.name for finding in findings) or EMPTY)
            for name, findings in audited.items()
        ),
    )


def _lines(audited: Audited) -> list[str]:
    """Return an item of a list for each finding, in Markdown."""
    from reporting.to_markdown import escape

    said = (
        f"{name}, {finding.severity}, {finding.name}: {finding.words}. Remedy: {finding.remedy}."
        for name, findings in audited.items()
        for finding in findings
    )
    return [f"- {escape(each)}" for each in said]


def _csv_rows(name: str, findings: tuple[Finding, ...]) -> list[dict[str, object]]:
    """Return one row a finding, or one without a finding."""
    from attn_impls.audit import verdict

    judged = verdict(findings)
    rows = [(name, judged, finding.severity, finding.name, finding.words, finding.remedy) for finding in findings]
    listed = [tuple(map(str, row)) for row in rows] or [(name, str(judged), "", "", "", "")]
    return [dict(zip(COLUMNS, row, strict=True)) for row in listed]
