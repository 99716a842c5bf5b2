from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from attnbench.cli.main import main

from .local_worker import measure_here

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a command left: its exit status and what it printed."""

    status: int
    out: str
    err: str


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs measure in the process of the test."""
    measure_here(monkeypatch)


@pytest.fixture
def attnbench(capsys: pytest.CaptureFixture[str]) -> Callable[..., Finished]:
    """Run the command line in this process."""

    def run(*arguments: object) -> Finished:
        with pytest.raises(SystemExit) as stopped:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Finished(status=int(stopped.value.code or 0), out=printed.out, err=printed.err)

    return run
