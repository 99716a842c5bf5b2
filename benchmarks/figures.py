"""Takes a figure of docs/figures.md again: runs its command, and puts what it printed between the figure's markers.

``python benchmarks/figures.py --list`` shows the names, ``python benchmarks/figures.py NAME [-- OPTIONS]`` takes one;
the options are added to its command. The text gets the command, the date, the commit, the machine and the time it took.
A command that fails leaves the text as it was.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).parents[1]
DOCUMENT = Path("docs/figures.md")
#: In a command: a folder that does not exist yet, and is removed afterwards.
RUN_FOLDER = "RUN"
#: First word of a command -> what runs it: the interpreter and the checkout that run this file.
PROGRAMS = {"python": (sys.executable,), "attnbench": (sys.executable, "-m", "attnbench")}
NOTHING = r"(?!)"


class FigureError(Exception):
    """A figure could not be taken; the document is as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How a figure is taken."""

    command: str
    kept: str = ""
    """A regular expression: the lines of the output that are the figure. ``NOTHING`` where it is the time alone."""


FIGURES: Mapping[str, Figure] = {
    "psk-table-2": Figure(command="attnbench paper psk --table 2", kept=r"\(gives|cells? match"),
    "paper-tables": Figure(command="attnbench paper --all", kept=r"rebuilt\W*$|cells? match"),
    "help": Figure(command="attnbench --help", kept=NOTHING),
    "quick-run": Figure(command=f"attnbench run --quick --quiet --out {RUN_FOLDER}", kept=NOTHING),
    "default-run": Figure(command=f"attnbench run --quiet --out {RUN_FOLDER}", kept=NOTHING),
    "overflow": Figure(command=f"attnbench run overflow --quiet --out {RUN_FOLDER}", kept=NOTHING),
    "cluster-simulation": Figure(command="python benchmarks/cluster_simulation.py"),
    "report-scale": Figure(command="python benchmarks/report_scale.py"),
    "useful-time": Figure(command="python benchmarks/useful_time.py"),
    "agreement": Figure(command="python benchmarks/agreement.py"),
    "equal-cases": Figure(command="python benchmarks/equal_cases.py"),
    "coverage": Figure(command="python benchmarks/coverage_of_intervals.py"),
    "against-timm": Figure(command="python benchmarks/against_timm.py"),
    "fused-cpu": Figure(command="python benchmarks/fused_cpu.py"),
    "fused-cpu-half": Figure(
        command="python benchmarks/fused_cpu.py --dtypes float16 bfloat16 --against softmax",
    ),
    "fused-cuda": Figure(command="python benchmarks/fused_cuda.py"),
    "psk-conjecture": Figure(command=f"attnbench paper psk --table 4 --ops --out {RUN_FOLDER}"),
    "handwritten-speed": Figure(command="python benchmarks/handwritten_speed.py"),
    "faults": Figure(command="python benchmarks/faults.py"),
    "kill-and-resume": Figure(command="python benchmarks/kill_and_resume.py"),
}


def retake(
    figures: Mapping[str, Figure],
    name: str,
    options: Sequence[str] = (),
    *,
    root: Path = ROOT,
    machine: Callable[[], str] | None = None,
) -> None:
    """Run the command of a figure and replace its text in the document.

    Args:
        figures: the table.
        name: of the figure.
        options: are added to its command.
        root: the checkout, in which the command runs.
        machine: describes where the figure was taken; default: this machine.

    Raises:
        FigureError: no such figure, no place for it in the document, or its command failed.

    """
    if name not in figures:
        msg = f"unknown figure {name!r}; choose from {', '.join(figures)}"
        raise FigureError(msg)
    document = root / DOCUMENT
    # Before the command, which may take minutes.
    start, end = place(document.read_text(encoding="utf-8"), name)
    commit = commit_of(root)
    command = shlex.join((*shlex.split(figures[name].command), *options))
    started_s = time.perf_counter()
    printed = output_of(command, root)
    took_s = time.perf_counter() - started_s
    kept = [line for line in printed.splitlines() if re.search(figures[name].kept, line)]
    today = datetime.now(UTC).date().isoformat()
    head = f"`{command}`: {today}, commit {commit}, {(machine or this_machine)()}; took {took_s:.1f} s."
    taken = "\n".join((head, *([""] if kept else []), *(f"    {line}".rstrip() for line in kept)))
    # Read again: somebody may have written meanwhile.
    text = document.read_text(encoding="utf-8")
    start, end = place(text, name)
    document.write_text(f"{text[:start]}\n{taken}\n{text[end:]}", encoding="utf-8")


def place(text: str, name: str) -> tuple[int, int]:
    """Return where the text of a figure starts and ends in the document.

    Raises:
        FigureError: its markers are not there, or more than once.

    """
    opening, closing = f"<!-- figure {name} -->", f"<!-- /figure {name} -->"
    if (text.count(opening), text.count(closing)) != (1, 1) or text.index(opening) > text.index(closing):
        msg = f"{DOCUMENT} needs {opening} and {closing} once each, in this order"
        raise FigureError(msg)
    return text.index(opening) + len(opening), text.index(closing)


def output_of(command: str, root: Path) -> str:
    """Run a command and return what it printed; its notes and progress go to stderr.

    Raises:
        FigureError: it failed.

    """
    with tempfile.TemporaryDirectory() as scratch:
        program, *arguments = shlex.split(command)
        folder = str(Path(scratch) / "run")
        filled = [folder if argument == RUN_FOLDER else argument for argument in arguments]
        done = subprocess.run([*PROGRAMS[program], *filled], stdout=subprocess.PIPE, text=True, cwd=root, check=False)
    if done.returncode:
        msg = f"{command} ended with status {done.returncode}; {DOCUMENT} is as it was. It printed:\n{done.stdout}"
        raise FigureError(msg)
    return done.stdout


def commit_of(root: Path) -> str:
    """Return the commit of a checkout, and whether files differ from it; the document's figures do not count."""
    git = ("git", "-C", str(root))
    try:
        head = subprocess.run((*git, "rev-parse", "--short=12", "HEAD"), capture_output=True, text=True, check=True)
        changed = subprocess.run(
            (*git, "status", "--porcelain", "--", ".", f":!{DOCUMENT}"), capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"`{head.stdout.strip()}`{' with changes' if changed.stdout else ''}"


def this_machine() -> str:
    """Return the processor, cores, memory, GPUs and the versions of Python and torch."""
    # Seconds, which --list does not wait for.
    import torch

    from bench.environment import describe

    here = describe(torch.get_num_threads())
    memory = [] if here.memory_bytes is None else [f"{here.memory_bytes / 2**30:.0f} GiB"]
    gpus = [accelerator.name for accelerator in here.accelerators]
    return ", ".join((here.cpu, f"{here.cores} cores", *memory, *gpus, f"Python {here.python}", f"torch {here.torch}"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Take a figure again, or list them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="show names and commands")
    parser.add_argument("name", nargs="?", help="a figure")
    parser.add_argument("options", nargs="*", help="after --: added to its command")
    chosen = parser.parse_args(arguments)
    if chosen.list:
        width = max(map(len, FIGURES))
        print("\n".join(f"{name:{width}}  {figure.command}" for name, figure in FIGURES.items()))
    elif chosen.name is None:
        parser.error("name a figure, or ask for --list")
    else:
        try:
            retake(FIGURES, chosen.name, chosen.options)
        except FigureError as error:
            sys.exit(f"figures.py: {error}")


if __name__ == "__main__":
    main()
