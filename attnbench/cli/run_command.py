"""``attnbench run``: measure, and leave a folder with the run's records and report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bench.errors import UsageError
from suites.axes import AXES
from suites.option import is_given

from ..limits import LIMITS, QUICK_WORDS
from ..output import from_command
from ..where import WHERE
from .completion import suites_or_files
from .once import Once
from .options import offer
from .statuses import RUNS, status_of

EXAMPLES = """\b
Examples:
  attnbench run --quick
  attnbench run latency --impl 'sk/*' --host resnext50_16x4d --batch-size 8
"""


@click.command("run", cls=Once, epilog=EXAMPLES)
@click.argument("suites", nargs=-1, metavar="[SUITE|FILE.toml]...", shell_complete=suites_or_files)
@offer(AXES)
@offer(LIMITS)
@offer(WHERE)
@click.option("--quick", is_flag=True, help=QUICK_WORDS)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Default: results/runs/<time>-<suites>.")
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN", help="Measure what RUN lacks, as planned.")
@click.option("--trust", is_flag=True, help="With --resume: take plug-ins as they are, though others were measured.")
@click.option(
    "--save-config",
    type=click.Path(path_type=Path),
    metavar="FILE.toml",
    help="Write what is chosen to a file for attnbench run, and measure nothing.",
)
@click.option("--quiet", is_flag=True, help="No progress, no tables, no notes; the folder is written all the same.")
def run_command(
    *,
    suites: tuple[str, ...],
    quick: bool,
    out: Path | None,
    resume: Path | None,
    trust: bool,
    save_config: Path | None,
    quiet: bool,
    **chosen: Any,
) -> int:
    """Measure and write a report.

    SUITEs are those that attnbench list shows; default: complexity and latency. A FILE.toml in their place has the
    options of a sweep, with [[matrix]] and [[exclude]]; options beside it come before its own. The run's folder gets
    run.json, records.jsonl, report.md and a CSV file a suite.
    """
    if save_config is not None:
        return _save(save_config, suites, chosen, quick=quick)
    from ..running import run_as_chosen

    output = from_command(quiet=quiet)
    return status_of(
        run_as_chosen(suites, chosen, quick=quick, out=out, resume=resume, output=output, below=RUNS, trust=trust)
    )


def _save(path: Path, suites: tuple[str, ...], chosen: dict[str, Any], *, quick: bool) -> int:
    """Write the file of a sweep, once it is known that all that was chosen can be measured."""
    from ..asking import asked
    from ..limits import QUICK
    from ..progress.preview import preview
    from ..sweep_file import SUFFIX, write_sweep

    if path.suffix != SUFFIX or any(suite.endswith(SUFFIX) for suite in suites):
        msg = f"--save-config writes what the options say to a file whose name ends in {SUFFIX}"
        raise UsageError(msg)
    given = {name: value for name, value in chosen.items() if is_given(value)}
    elsewhere = [option.flag for option in WHERE if option.name in given]
    if elsewhere:
        msg = f"a file says what is measured, not where; leave out {' and '.join(elsewhere)}"
        raise UsageError(msg)
    wanted = asked(suites, given, quick=quick)
    told = preview(wanted.sweep, wanted.limits)
    write_sweep(path, suites, (dict(QUICK) if quick else {}) | given)
    click.echo(f"Wrote {path}{'' if told is None else f': {told.line}'}. Measure: attnbench run {path}", err=True)
    return 0
