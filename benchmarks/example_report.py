"""Takes the example of README.md again: measures it, and writes its report, page and charts into docs/example.

``python benchmarks/example_report.py`` measures for three minutes or so; quiet the machine before (attnbench doctor).
``python benchmarks/example_report.py --render`` measures nothing: it writes the documents again from the records, as
after a change of the reports. Both replace what README.md shows of it. The page and the charts need the extra plot.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from figures import PROGRAMS, ROOT, place
from PIL import Image

import attnbench
from attnbench.reports import write_documents
from reporting.cells import Quantity
from reporting.describe import plural
from reporting.noise import unfit
from reporting.summarizing import summarize
from reporting.summary import Figure
from reporting.to_markdown import escape, grid
from reporting.units import cell_text, format_percent
from results.run_digest import run_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporting.summary import Summary

FOLDER = Path("docs/example")
README = Path("README.md")
#: Its place in the README.
NAME = "example"
COMMAND = """attnbench run complexity latency memory --impl se,eca,cbam,coordinate,triplet,simam \\
        --host resnet18_cifar --batch-size 1,16 --direction forward,both --budget 2"""
PAGE = "report.html"
#: Charts of the run, by name, that lie beside it.
CHARTS = ("ratios", "latency-macs", "directions")
#: What the README shows.
PICTURE = "ratios.png"
COLOURS = 64
ALTERNATIVE = "What each attention costs: times the plain network's latency, with 95% intervals"
MEANING = (
    "`{ratio}` means: the network with {name} takes {more} longer than the plain network, with a 95% interval of "
    "{least} to {most}. attnbench times the networks in turns: if the machine slows down, all get slower, and most of "
    "that cancels in the ratio."
)
WHERE = (
    "The plain network is the row (none), and `!` marks an interval that is wider than asked for. The table is of "
    "{network}, 32 × 32 images, float32, on {machine}, attnbench {version} (commit `{commit}`). b16 is batch 16; MACs "
    "are multiply-adds by fvcore's rule; peak live is memory without weights."
)
LINKS = (
    "[Its report]({folder}/report.md), [its page]({folder}/{page}) (download it: tables that sort, charts) and its "
    "records lie in [{folder}]({folder}). The run's digest, by which it is cited, is `{digest}`."
)


def measure(folder: Path, command: str = COMMAND) -> None:
    """Carry out the command, and put its run in place of what the folder held.

    Raises:
        CalledProcessError: nothing could be measured; the folder is as it was.

    """
    program, *arguments = shlex.split(command.replace("\\\n", " "))
    with tempfile.TemporaryDirectory() as place_for:
        run = Path(place_for) / "run"
        subprocess.run([*PROGRAMS[program], *arguments, "--out", str(run)], cwd=ROOT, check=True)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(run, folder)


def render(folder: Path) -> None:
    """Write all documents of the run in a folder again."""
    run = attnbench.load(folder)
    write_documents(folder, run)
    (folder / PAGE).write_text(attnbench.report(run, "html"), encoding="utf-8")
    for chart in CHARTS:
        attnbench.plot(run, chart=chart).save(folder / f"{chart}.svg")
    picture = attnbench.plot(run, chart=Path(PICTURE).stem).save(folder / PICTURE)
    # A tenth of the size; a chart has few colours.
    with Image.open(picture) as drawn:
        drawn.convert("RGB").quantize(COLOURS).save(picture, optimize=True)


def block(run: attnbench.Run) -> str:
    """Return what the README shows of the run: its summary, what a ratio means, and where it comes from.

    Raises:
        ValueError: the run has no summary of one table, and is no example.

    """
    summary = summarize(run)
    panels = () if summary is None else summary.panels()
    if summary is None or len(panels) != 1:
        msg = f"{run.run_id}: an example has one table, this has {len(panels)}"
        raise ValueError(msg)
    made = run.environment
    machine = f"{escape(made.cpu)} with {plural(made.threads, 'thread')}, torch {made.torch}"
    where = WHERE.format(network=panels[0].title, machine=machine, version=made.attnbench, commit=made.commit)
    parts = (
        f"    .venv/bin/{COMMAND}",
        *(f"**{escape(line)}**" for line in unfit(run)),
        grid(panels[0]),
        *([] if unfit(run) else meaning(summary)),
        where,
        LINKS.format(folder=FOLDER, page=PAGE, digest=run_digest(run)),
        f"![{ALTERNATIVE}]({FOLDER}/{PICTURE})",
    )
    return "\n\n".join(parts)


def meaning(summary: Summary) -> Sequence[str]:
    """Return what the largest ratio of the table means; nothing where none has an interval."""
    ratios = [index for index, column in enumerate(summary.columns) if column.figure is Figure.RATIO]
    found = [
        (row.attention, cell)
        for row in summary.rows
        if ratios and isinstance(cell := row.cells[ratios[-1]], Quantity) and cell.low is not None
    ]
    if not found:
        return ()
    name, cell = max(found, key=lambda each: each[1].value)
    low, high = cell.low, cell.high
    if low is None or high is None or low <= 1:
        return ()
    more, least, most = (format_percent(each - 1) for each in (cell.value, low, high))
    return (MEANING.format(ratio=cell_text(cell), name=escape(name), more=more, least=least, most=most),)


def show(run: attnbench.Run, readme: Path) -> None:
    """Replace what the README shows of the example."""
    text = readme.read_text(encoding="utf-8")
    start, end = place(text, NAME)
    readme.write_text(f"{text[:start]}\n{block(run)}\n{text[end:]}", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Take the example again, or write it again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--render", action="store_true", help="measure nothing, write the documents again")
    chosen = parser.parse_args(arguments)
    folder = ROOT / FOLDER
    # Before it takes minutes.
    place((ROOT / README).read_text(encoding="utf-8"), NAME)
    if not chosen.render:
        measure(folder)
    render(folder)
    run = attnbench.load(folder)
    show(run, ROOT / README)
    for line in unfit(run):
        print(f"UNFIT: {line}", file=sys.stderr)
    size = sum(file.stat().st_size for file in folder.rglob("*"))
    print(f"Wrote {FOLDER} ({size / 1e3:.0f} kB) and its part of {README}")


if __name__ == "__main__":
    main()
