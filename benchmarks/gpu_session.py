"""A first session on a GPU: all that needs one, in pieces, each with its own process, time limit and folder.

``python benchmarks/gpu_session.py --out FOLDER [--minutes 25] [--only PIECE ...] [--device cuda:0]`` writes
``FOLDER/summary.md`` after every piece, and packs the folder into ``FOLDER.tar.gz``. Called again with the same folder
it goes on: pieces that are done or have failed are left alone, those that were cut off are repeated and keep what they
had measured. A piece that has failed is repeated if --only names it. ``--simulated`` does the least of each piece on
the simulated GPU.

Exit status: 0 if all pieces asked for are done, 1 if not, 2 without a GPU.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gpu_findings import Findings, one_line
from gpu_ground import SIMULATED_NAME, Gpu, GroundError
from gpu_pieces import PIECES
from gpu_process import run_guarded
from gpu_sizes import HERE
from gpu_summary import LOG, SUMMARY, State, Status, pack, read_state, summary, write_state

from results.durable import replace_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MINUTES = 25.0
#: With less time left a piece is not begun: it would hardly have imported torch.
LEAST_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A piece as the session sees it."""

    name: str
    asks: str
    limit_s: float
    command: Sequence[str]
    find: Callable[[Path], Findings]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Steps, carried out into a folder."""

    folder: Path
    ground: str
    steps: Sequence[Step]
    archive: Path

    def carry_out(self, only: Sequence[str], *, ends_s: float, least_s: float = LEAST_S) -> bool:
        """Run what is not done, what has used up its limit before at the end; return whether all asked for is done.

        Args:
            only: names of steps; one that has failed is repeated if it is among them. Empty: all.
            ends_s: when to stop, by the monotonic clock.
            least_s: a step that could have less is not begun.

        """
        wanted = [step for step in self.steps if not only or step.name in only]
        for step in sorted(wanted, key=lambda step: self.state(step).status is Status.TIMED_OUT):
            status = self.state(step).status
            left_s = ends_s - time.monotonic()
            if status is Status.DONE or (status is Status.FAILED and not only):
                print(f"{step.name}: {status} before", flush=True)
            elif left_s < least_s:
                print(f"{step.name}: not begun, {max(left_s, 0):.0f} s were left", flush=True)
            else:
                self._run(step, left_s)
        self._write_down()
        return all(self.state(step).status is Status.DONE for step in wanted)

    def state(self, step: Step) -> State:
        """Return what is known of a step."""
        return read_state(self.folder / step.name, State(piece=step.name, asks=step.asks, ground=self.ground))

    def refuse_another(self) -> None:
        """Keep apart what is simulated and what is measured.

        Raises:
            GroundError: the folder holds the other.

        """
        for state in map(self.state, self.steps):
            if (state.ground == SIMULATED_NAME) != (self.ground == SIMULATED_NAME):
                msg = f"{self.folder} holds a session on {state.ground}; choose another folder"
                raise GroundError(msg)

    def _run(self, step: Step, left_s: float) -> None:
        """Run a step once more, and write what came of it, also when the session is interrupted in it."""
        folder = self.folder / step.name
        folder.mkdir(parents=True, exist_ok=True)
        before = self.state(step)
        state = replace(before, ground=self.ground, attempts=before.attempts + 1, status=Status.CUT_OFF)
        write_state(folder, state)
        with (folder / LOG).open("a", encoding="utf-8") as log:
            log.write(f"--- {step.name}, attempt {state.attempts}: {self.ground}\n")
        # Here too: a session that is killed says in its summary what it was at.
        self._write_down()
        started = time.monotonic()
        try:
            status = run_guarded(step.command, folder / LOG, min(step.limit_s, left_s))
            ended_by_us = status is Status.TIMED_OUT and left_s < step.limit_s
            state = replace(state, status=Status.CUT_OFF if ended_by_us else status)
        finally:
            seconds = time.monotonic() - started
            found = _found(step, folder)
            last_words = _last_words(folder / LOG) if state.status is Status.FAILED else ()
            short = (*last_words, *found.short)
            state = replace(state, seconds=before.seconds + seconds, short=short, figures=found.figures)
            write_state(folder, state)
            self._write_down()
        print(f"{step.name}: {state.status} after {seconds:.0f} s, {len(state.short)} fell short", flush=True)

    def _write_down(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        replace_file(self.folder / SUMMARY, summary(self.ground, [self.state(step) for step in self.steps]))
        if wrong := pack(self.folder, self.archive):
            print(wrong, flush=True)


def _last_words(log: Path) -> tuple[str, ...]:
    """Return the last line of a log, or nothing."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return tuple(one_line(f"its process said last: {line}") for line in [line for line in lines if line.strip()][-1:])


def _found(step: Step, folder: Path) -> Findings:
    try:
        return step.find(folder)
    except Exception as error:  # noqa: BLE001 - records that nobody expected must not end the session
        return Findings(short=(one_line(f"its records cannot be read: {type(error).__name__}: {error}"),))


def steps_on(device: str, out: Path, *, simulated: bool) -> list[Step]:
    """Return the pieces as the commands that run them."""
    where = ("--device", device, *(("--simulated",) if simulated else ()))
    return [
        Step(
            name=piece.name,
            asks=piece.asks,
            limit_s=piece.limit_s,
            command=(sys.executable, str(HERE / "gpu_pieces.py"), piece.name, str(out / piece.name), *where),
            find=piece.find,
        )
        for piece in PIECES
    ]


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of the whole session; 25 if not given")
    parser.add_argument("--only", nargs="+", choices=[piece.name for piece in PIECES], default=[], metavar="PIECE")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--simulated", action="store_true", help="the least of each piece, on the simulated GPU")
    parser.add_argument("--pack", type=Path, metavar="FILE", help="of the folder; FOLDER.tar.gz if not given")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a session; return the exit status."""
    started_s = time.monotonic()
    options = _options(arguments)
    out = options.out.resolve()
    try:
        session = Session(
            folder=out,
            # The simulated one need not be asked, and asking it imports torch.
            ground=SIMULATED_NAME if options.simulated else Gpu(options.device).found(),
            steps=steps_on(options.device, out, simulated=options.simulated),
            archive=options.pack or out.with_name(f"{out.name}.tar.gz"),
        )
        session.refuse_another()
    except GroundError as error:
        print(error, file=sys.stderr)
        return 2
    # A polite kill, as by timeout, ends a session like Ctrl-C: with its summary written.
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        complete = session.carry_out(options.only, ends_s=started_s + 60 * options.minutes)
    except KeyboardInterrupt:
        print("interrupted; go on with the same --out", file=sys.stderr)
        return 1
    print(f"Wrote {out / SUMMARY}, and all of it into {session.archive}")
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
