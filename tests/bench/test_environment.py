"""Promises of what a run says of its machine."""

from __future__ import annotations

from bench.environment import describe
from results.codec import decode, encode
from results.records import Environment


def test_what_is_said_of_this_machine_can_be_written() -> None:
    """As JSON, and read again to the letter."""
    here = describe(3)
    assert here.threads == 3
    assert decode(Environment, encode(here)) == here
