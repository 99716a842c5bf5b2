"""``attnbench check``: has a change made anything slower, bigger or numerically worse?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..check_options import CHECK_AXES, CHECK_OPTIONS, THIS_MACHINE
from ..documents import CSV
from .format_options import columns_option, format_option
from .once import Once
from .options import offer

EXAMPLES = """\b
Examples:
  attnbench check --against main --plugin my_package.attentions
  attnbench check --against v1.2 --impl 'se*' --threshold 5% --junit check.xml
  attnbench check --baseline --limits

\b
Exit status: 0 nothing is worse; 1 something is; 2 usage; 3 undecided or
incomparable, with --strict; 4 nothing could be compared.
"""


@click.command("check", cls=Once, epilog=EXAMPLES)
@click.option("--against", metavar="REF", help="Branch, tag, commit or folder to compare with.")
@click.option(
    "--baseline",
    metavar="NAME",
    is_flag=False,
    flag_value=THIS_MACHINE,
    help="Compare with a baseline, or the folder of a run. Without NAME: this machine's.",
)
@click.option("--limits", is_flag=True, help="Hold against the limits in pyproject.toml; needs no other version.")
@offer(CHECK_AXES)
@offer(CHECK_OPTIONS)
@click.option("--only-changed", is_flag=True, help="Leave out what has the same source in both versions.")
@click.option("--instructions", is_flag=True, help="Count instructions under valgrind instead of taking times.")
@click.option("--strict", is_flag=True, help="Fail too if a case is undecided or incomparable.")
@format_option(CSV, "json")
@columns_option()
@click.option("--json", "json_", type=click.Path(path_type=Path), metavar="FILE", help="Write the check as JSON.")
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write JUnit XML.")
@click.option("--quiet", is_flag=True, help="No progress.")
def check_command(
    *,
    against: str | None,
    baseline: str | None,
    limits: bool,
    only_changed: bool,
    instructions: bool,
    strict: bool,
    format_: str,
    columns: tuple[str, ...],
    json_: Path | None,
    junit: Path | None,
    quiet: bool,
    **given: Any,
) -> int:
    """Compare the working tree with another version of it, case by case.

    Exact quantities (parameters, multiply-adds, bytes, operators, graph breaks, overflow, errors, findings of the
    audit) must not get worse at all. Times are compared in pairs of freshly built modules until each case is decided or
    its budget ends.

    With --baseline times are compared with those of a stored run, in terms of a case that has not changed. That finds
    larger slowdowns only: the noise of both runs counts.
    """
    from regression.loading_errors import BaseLoadError, HeadError

    from ..check_choice import Chosen, project_of
    from ..check_display import CheckDisplay
    from ..check_documents import NOTHING_COMPARED, WORSE, annotated, printed, status_of, write
    from ..checking import check_as_chosen

    folder = Path.cwd()
    project = project_of(folder)
    chosen = Chosen(
        against=against,
        baseline=baseline,
        limits=limits,
        only_changed=only_changed,
        folder=folder,
        project=project,
        instructions=instructions,
    )
    try:
        with CheckDisplay(quiet=quiet) as display:
            found = check_as_chosen(chosen, given, display.show)
    except BaseLoadError as error:
        click.echo(f"attnbench: base cannot be imported, so nothing was compared: {error}", err=True)
        return NOTHING_COMPARED
    except HeadError as error:
        click.echo(f"attnbench: head cannot be imported: {error}", err=True)
        return WORSE
    write(found, json_=json_, junit=junit)
    click.echo(printed(found, format_, columns), nl=False)
    # Jobs read both streams; other formats than Markdown are for a program, which reads the first.
    click.echo(annotated(found), nl=False, err=format_ != "md")
    return status_of(found, strict=strict or bool(project.strict))
