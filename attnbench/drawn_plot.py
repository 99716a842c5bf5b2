"""A chart of a run as Python users have it: a notebook draws it, and ``save`` writes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import UsageError, refuse
from results.durable import replace_file

from .extras import require_extra

if TYPE_CHECKING:
    from os import PathLike

    from reporting.charts.chart import Chart

NEEDED = ("altair", "vl_convert")
#: The ending that needs none of these.
FIGURES = ".csv"


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart of a run."""

    chart: Chart
    """What is drawn, as data."""

    def save(self, file: str | PathLike[str], ending: str | None = None) -> Path:
        """Write the chart in place of what the file held before, and return the file.

        Args:
            file: ends in ``.svg``, ``.png``, ``.pdf``, ``.json`` for the Vega-Lite specification, or ``.csv`` for the
                figures.
            ending: which of these it is, whatever the file is called.

        Raises:
            UsageError: no such kind of file, or it cannot be written.

        """
        file = Path(file)
        drawn = self.drawn(ending_of(file) if ending is None else ending)
        try:
            replace_file(file, drawn)
        except OSError as error:
            msg = f"cannot write {file}: {error.strerror}; choose another file"
            raise UsageError(msg) from error
        return file

    def drawn(self, ending: str) -> bytes:
        """Return the bytes of a file.

        Args:
            ending: of its name, as ``.svg``.

        Raises:
            UsageError: there is no such kind of file, or the extra ``plot`` is not installed.

        """
        from reporting.charts.files import chart_file

        if known_ending(ending) != FIGURES:
            require_extra(NEEDED)
        return chart_file(self.chart, ending)

    @property
    def specification(self) -> dict[str, Any]:
        """The chart for Vega-Lite: ``altair.Chart.from_dict`` makes a chart of it that can be changed."""
        require_extra(NEEDED)
        from reporting.charts.to_vega import specification

        return specification(self.chart)

    def __repr__(self) -> str:
        """Return what is drawn in one line."""
        return f"<Plot {self.chart.name}: {self.chart.title}>"

    def _repr_svg_(self) -> str:
        """Return what a notebook shows."""
        return self.drawn(".svg").decode()


def ending_of(file: Path) -> str:
    """Return which kind of file a name asks for (UsageError: none that there is)."""
    return known_ending(file.suffix.lower())


def known_ending(ending: str) -> str:
    """Return the ending of a kind of file that there is (UsageError: it is none)."""
    from reporting.charts.files import CHART_FILES

    if ending not in CHART_FILES:
        refuse("ending of a chart's file", ending, CHART_FILES)
    return ending
