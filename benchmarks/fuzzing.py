"""What the fuzzers share: their options, how they end, and a limit for what may hang."""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator


class HangError(BaseException):
    """What was called did not come to its end."""


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise HangError after so many seconds."""

    def hang(*_: object) -> None:
        raise HangError

    before = signal.signal(signal.SIGALRM, hang)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run(
    description: str | None, what: str, count: int, fuzz: Callable[[int, int], tuple[Counter[str], list[str]]]
) -> None:
    """Fuzz as the command line says, and print what came of it; exit with 1 if a promise is broken.

    Args:
        description: of the command.
        what: is made so many times, as the option for it is called.
        count: unless it is given.
        fuzz: takes the number and a seed; returns how often what happened, and what must not happen, a line each.

    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(f"--{what}", dest="count", type=int, default=count)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    counts, broken = fuzz(options.count, options.seed)
    for line in broken:
        print(line)
    print(", ".join(f"{name}: {count}" for name, count in counts.items()))
    sys.exit(1 if broken else 0)
