"""Promises of what notebooks, logs and steps show."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

from attnbench.progress.notebook import Notebook
from attnbench.progress.plain import Plain
from attnbench.progress.steps import Step
from bench.events import Paused, Started

from .test_going import PLAIN, SE, ended, run_of, sampled

if TYPE_CHECKING:
    import pytest


class Shown:
    """Stands for IPython's display, and for what it returns."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.displayed: list[dict[str, str]] = []

    def __call__(self, data: dict[str, str], **_: object) -> Shown:
        """Display."""
        self.displayed.append(data)
        return self

    def update(self, data: dict[str, str], *, raw: bool) -> None:
        """Replace what is displayed."""
        assert raw
        self.lines.append(data["text/plain"])


def test_a_notebook_has_one_line_that_is_replaced() -> None:
    """And says what failed; IPython is not needed to see that."""
    shown = Shown()
    with Notebook(run_of(SE), cast("Any", shown)) as display:
        display.show(Started(case=SE))
        display.show(ended(SE))
    assert shown.lines[0].startswith("  0/1 ")
    assert shown.lines[1].endswith("se, forward, batch 4, resnet50_cifar, float32, …")
    assert shown.lines[-2].startswith("  1/1 ")
    assert shown.lines[-1] == ""
    assert "failed: NaN" in shown.displayed[-1]["text/plain"]
    assert "IPython" not in sys.modules


def test_a_log_has_a_line_every_ten_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a pause where samples are taken; a cause of failures at once, and only once. All of it on stderr."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    log = Plain(run_of(PLAIN, SE))
    lines = []
    for at, event in (
        (1.0, Started(case=PLAIN)),
        (10.0, Started(case=SE)),
        (19.0, Paused(case=SE)),
        (21.0, sampled(SE)),
        (22.0, Paused(case=SE)),
        (23.0, ended(SE)),
        (24.0, ended(PLAIN)),
    ):
        now[0] = at
        log.show(event)
        lines.append(capsys.readouterr())
    assert [bool(each.err) for each in lines] == [False, True, False, False, True, True, False]
    assert lines[1].err.startswith("0/2, ~")
    assert lines[4].err.endswith(" left: 2 in turns, forward, batch 4, resnet50_cifar, float32, cpu\n")
    assert "failed: NaN" in lines[5].err
    assert all(each.out == "" for each in lines)


def test_a_step_is_drawn_again_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Its last line stays."""
    audit = Step("audit", seen=True, terminal=True)
    audit.at("0/2 my_gate")
    audit.end("ok")
    audit.drop()
    assert capsys.readouterr().err == "\r\x1b[2Kaudit        0/2 my_gate\r\x1b[2Kaudit        ok\n"


def test_a_step_of_a_log_says_how_it_ended_and_every_ten_seconds_how_far_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing that a terminal would obey; nothing at all where nobody looks."""
    now = [0.0]
    for seen in (True, False):
        audit = Step("audit", seen=seen, terminal=False, now_s=lambda: now[0])
        for at in (1.0, 9.0, 12.0, 13.0):
            now[0] = at
            audit.at(f"at {at:g} s")
        audit.end("ok")
        audit.drop()
        now[0] = 0.0
    assert capsys.readouterr().err == "audit        at 12 s\naudit        ok\n"
