"""Promises of what is said while a run is disturbed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from attnbench.hearing import Hearing
from bench.errors import NoiseWarning
from bench.events import Starved

from ..bench.fakes import case_of

if TYPE_CHECKING:
    from attnbench.in_memory import Record


class Kept:
    """Keeps the lines alone."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add_disturbance(self, line: str) -> None:
        """Keep it."""
        self.lines.append(line)


def test_want_of_cores_is_said_once_and_kept(recwarn: pytest.WarningsRecorder) -> None:
    """Every block would say it; the first line stays with the run."""
    kept = Kept()
    hearing = Hearing(cast("Record", kept))
    with pytest.warns(NoiseWarning, match=r"^2 threads had 1\.0 idle cores$"):
        hearing.hear(Starved(case=case_of("a"), line="2 threads had 1.0 idle cores"))
    hearing.hear(Starved(case=case_of("b"), line="2 threads had 0.9 idle cores"))
    assert len(recwarn) == 0
    assert kept.lines == ["2 threads had 1.0 idle cores"]
