"""Signals that ask for an end: the first decides, those that follow cut nothing off."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from bench.termination import SignalledKeyboardInterrupt, termination_as_interrupt, uninterrupted

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("put_back")


@pytest.fixture
def put_back() -> Iterator[None]:
    """Leave the signals as they were."""
    before = {which: signal.getsignal(which) for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for which, handler in before.items():
        signal.signal(which, handler)


@pytest.mark.parametrize(
    ("which", "status", "words"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated"), (signal.SIGHUP, 129, "hung up")],
)
def test_a_signal_is_an_interrupt_with_its_status(which: signal.Signals, status: int, words: str) -> None:
    """Of each kind."""
    with pytest.raises(SignalledKeyboardInterrupt) as caught, termination_as_interrupt():
        os.kill(os.getpid(), which)
    assert (caught.value.status, str(caught.value)) == (status, words)


def test_a_second_signal_cuts_nothing_off() -> None:
    """The first is still the cause."""
    done = []
    with pytest.raises(SignalledKeyboardInterrupt, match="interrupted"), termination_as_interrupt():  # noqa: PT012 - what follows the signal is the test
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("put away")
    assert done == ["put away"]


def test_a_signal_waits_for_what_must_not_be_cut_off() -> None:
    """It is raised afterwards, once."""
    done = []
    with pytest.raises(SignalledKeyboardInterrupt, match="terminated"), uninterrupted():  # noqa: PT012 - as above
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        done.append("written")
    assert done == ["written"]


def test_a_signal_that_is_ignored_stays_so() -> None:
    """As nohup has it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    done = []
    with termination_as_interrupt():
        os.kill(os.getpid(), signal.SIGHUP)
        done.append("went on")
    assert done == ["went on"]


def test_handlers_are_put_back() -> None:
    """Those of whoever uses the package."""
    before = signal.getsignal(signal.SIGTERM)
    with termination_as_interrupt(), termination_as_interrupt():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_end_of_the_process_is_not_asked_for_twice() -> None:
    """What follows is the interpreter's own end, which a signal would turn into a traceback."""
    with pytest.raises(SignalledKeyboardInterrupt), termination_as_interrupt(last=True):
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
