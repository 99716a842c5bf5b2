"""A line of progress in colours, which rich leaves out where NO_COLOR says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .line import EMPTY

if TYPE_CHECKING:
    from rich.text import Text

    from .line import Line


def styled(line: Line) -> Text:
    """Return the line for rich: one line however narrow the terminal gets meanwhile."""
    from rich.text import Text

    over = line.bar.rstrip(EMPTY)
    return Text.assemble(
        (line.tally, "bold"),
        " ",
        (over, "green"),
        (line.bar[len(over) :], "dim"),
        " ",
        (line.time, "cyan"),
        " ",
        line.name,
        no_wrap=True,
        overflow="crop",
    )
