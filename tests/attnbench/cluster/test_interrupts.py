"""A signal that ends a run on a cluster, whatever Ray makes of it."""

from __future__ import annotations

import signal

import pytest

from attnbench.cluster.running import _in_our_words
from bench.termination import SignalledKeyboardInterrupt, termination_as_interrupt


def wait_as_ray_does() -> None:
    """Be sent a signal, and make a bare interrupt of it."""
    try:
        signal.raise_signal(signal.SIGTERM)
    except KeyboardInterrupt:
        raise KeyboardInterrupt from None


def test_an_interrupt_of_rays_is_the_signal_that_was_sent() -> None:
    """Ray raises a bare one in its place when it comes while Ray waits."""
    with pytest.raises(SignalledKeyboardInterrupt) as caught, termination_as_interrupt(), _in_our_words():
        wait_as_ray_does()
    assert caught.value.status == 143


def test_an_interrupt_without_a_signal_stays_one() -> None:
    """Somebody else has raised it."""
    with pytest.raises(KeyboardInterrupt) as caught, termination_as_interrupt(), _in_our_words():
        raise KeyboardInterrupt
    assert not isinstance(caught.value, SignalledKeyboardInterrupt)
