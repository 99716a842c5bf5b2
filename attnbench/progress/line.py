"""One line of progress: count, bar and time left stand where they always stand, and what is at hand is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from results.text import message

if TYPE_CHECKING:
    from .forecast import Expected

#: Terminal columns -> columns of the bar, the first that fits.
BARS = ((140, 40), (95, 30), (70, 22), (0, 10))
FULL, HALF, EMPTY = "━", "╸", "─"
#: ``≥12:02:33 left``, the longest.
TIME_WIDTH = 14
#: A name with fewer columns tells nothing.
LEAST_NAME = 8
MINUTE_S, HOUR_S = 60, 3600
#: From so many minutes on a rough figure leaves out the seconds.
ROUGH_MINUTES = 2


class Line(NamedTuple):
    """The parts of a line of progress, each as wide as it always is."""

    tally: str
    bar: str
    time: str
    name: str

    @property
    def text(self) -> str:
        """The whole line."""
        return f"{self.tally} {self.bar} {self.time} {self.name}".rstrip()


def progress_line(width: int, *, done: int, total: int, share: float, left: Expected | None, name: str) -> Line:
    """Return a line that is at most ``width`` columns wide.

    Args:
        width: of the terminal.
        done: how many are done.
        total: of how many.
        share: of the time, from 0 to 1, that the bar shows.
        left: time; None where nothing is known of it.
        name: of what is at hand.

    """
    tally = f"{done:>{len(str(total)) + 2}}/{total}"
    bar_width = next(columns for least, columns in BARS if width >= least)
    halves = round(2 * bar_width * min(max(share, 0.0), 1.0))
    bar = (FULL * (halves // 2) + HALF * (halves % 2)).ljust(bar_width, EMPTY)
    time = left_words(left).ljust(TIME_WIDTH)
    room = width - len(tally) - bar_width - TIME_WIDTH - 3
    return Line(tally, bar, time, message(name, room) if room >= LEAST_NAME else "")


def plain_line(done: int, total: int, left: Expected | None, name: str) -> str:
    """Return how far it is as a line of a log: ``9/16, ~0:48 left: cbam, forward, batch 8``."""
    time = left_words(left)
    return message(f"{done}/{total}{', ' if time else ''}{time}{': ' if name else ''}{name}")


def left_words(left: Expected | None) -> str:
    """Return the time left on a clock's face: ``~0:48 left``; ``≥`` where it is at least that."""
    if left is None:
        return ""
    seconds = max(0, round(left.seconds))
    hours, rest = divmod(seconds, HOUR_S)
    minutes, seconds = divmod(rest, MINUTE_S)
    face = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{'≥' if left.at_least else '~'}{face} left"


def about_words(expected: Expected) -> str:
    """Return a duration in rough words: ``about 2 min``, ``at least 40 s``."""
    seconds = expected.seconds
    if seconds < MINUTE_S * ROUGH_MINUTES:
        rough = f"{max(5, 5 * round(seconds / 5))} s"
    elif seconds < HOUR_S:
        rough = f"{round(seconds / MINUTE_S)} min"
    else:
        hours, minutes = divmod(round(seconds / MINUTE_S), 60)
        rough = f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{'at least' if expected.at_least else 'about'} {rough}"
