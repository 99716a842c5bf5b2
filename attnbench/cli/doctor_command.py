"""``attnbench doctor``: is this machine fit to measure on?"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from reporting.csv_text import csv_lines
from results.text import json_text
from suites import choices

from ..documents import CSV
from ..printed import Printed
from .format_options import columns_option, format_option
from .once import Once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.doctor import Finding
    from reporting.document import Document

EXAMPLES = """\b
Examples:
  attnbench doctor
  attnbench doctor --json
"""

BAD_STATUS = 1
TEXT, JSON = "text", "json"
COLUMNS = ("name", "verdict", "observed", "remedy")


@click.command("doctor", cls=Once, epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="As --format json: machine-readable.")
@format_option(CSV, JSON, first=(TEXT,), default=TEXT)
@columns_option()
def doctor_command(*, as_json: bool, format_: str, columns: tuple[str, ...]) -> int:
    """Look for what makes measurements on this machine noisy.

    Takes some seconds. Exit status 1 if something is bad, and 0 if all is ok, a warning or unknown.
    """
    from bench.doctor import Verdict

    findings = findings_here()
    printed = Printed(
        document=lambda: findings_document(findings),
        data={
            TEXT: lambda: f"{findings_text(findings)}\n",
            CSV: lambda: csv_lines(COLUMNS, (_facts(finding) for finding in findings)),
            JSON: lambda: json_text({"findings": [asdict(finding) for finding in findings]}, indent=2),
        },
    )
    click.echo(printed.text(JSON if as_json else format_, columns), nl=False)
    return BAD_STATUS if any(finding.verdict is Verdict.BAD for finding in findings) else 0


def findings_here() -> tuple[Finding, ...]:
    """Examine the machine that this process runs on."""
    from bench.clocks import observed_resolution_s
    from bench.doctor import Machine, examine
    from bench.noise import Place, noise_floors
    from bench.telemetry.nvml import library

    # One GPU stands for all: they are of one kind on most machines.
    places = tuple(map(Place, dict.fromkeys(("cpu", *choices.devices(())))))
    return examine(Machine(), library(), observed_resolution_s(), lambda: noise_floors(places))


def findings_text(findings: Sequence[Finding]) -> str:
    """Return an aligned table, remedies below what they mend, and how many findings of each kind there are."""
    names = max(len(finding.name) for finding in findings)
    verdicts = max(len(finding.verdict) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{finding.name:<{names}}  {finding.verdict:<{verdicts}}  {finding.observed}")
        if finding.remedy:
            lines.append(f"{'':<{names}}  {'':<{verdicts}}  -> {finding.remedy}")
    counts = Counter(str(finding.verdict) for finding in findings)
    return "\n".join((*lines, "", ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())))


def findings_document(findings: Sequence[Finding]) -> Document:
    """Return a table of what was found, with the remedies."""
    from reporting.document import Document, Section
    from reporting.table import Table, text

    rows = tuple(tuple(_facts(finding).values()) for finding in findings)
    table = Table(title="Is this machine fit to measure on?", columns=tuple(map(text, COLUMNS)), rows=rows)
    return Document(title="Doctor", sections=(Section(title="Findings", tables=(table,)),))


def _facts(finding: Finding) -> dict[str, str]:
    found = (finding.name, finding.verdict.value, finding.observed, finding.remedy or "")
    return dict(zip(COLUMNS, found, strict=True))
