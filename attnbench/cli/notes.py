"""Warnings and errors that are for users to read -> one line each."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attn_impls.plugins import PluginWarning
from bench.errors import NoiseWarning
from results import StoreWarning
from suites.request import LeftOutWarning
from training.finding import FakeDataWarning

from ..output import say_on_stderr
from ..progress.steps import AGAIN, is_terminal
from ..user_warnings import AuditWarning, ResumeWarning

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Kind of warning -> what it is called.
CALLED: dict[type[Warning], str] = {
    StoreWarning: "note",
    PluginWarning: "note",
    LeftOutWarning: "note",
    FakeDataWarning: "note",
    NoiseWarning: "note",
    AuditWarning: "audit",
    ResumeWarning: "warning",
}


@contextmanager
def warnings_in_a_line() -> Iterator[None]:
    """Print what a user must hear of as one line, every time; other warnings go the usual way."""
    with warnings.catch_warnings():
        for kind in CALLED:
            warnings.simplefilter("always", kind)
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if category in CALLED:
                # Where a bar or a step is drawn, the line takes its place; it is drawn again below.
                start = AGAIN if is_terminal() else ""
                say_on_stderr(f"attnbench: {CALLED[category]}: {message}", before=start)
            else:
                usual(message, category, *where, **more)

        warnings.showwarning = show
        yield
