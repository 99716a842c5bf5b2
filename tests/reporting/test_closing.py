"""Promises of the sentence that a run ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from reporting.closing import closing_words
from results.records import Direction, NoiseFloor, Subject, Timing

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Case, Measured, Run


def test_what_attentions_cost_against_the_plain_network(
    host: Case, make_measured: Callable[..., Measured], make_run: Callable[..., Run]
) -> None:
    """A clause a table, with the ratios that it shows; of a machine that is too noisy nothing."""
    both = replace(host, direction=Direction.FORWARD_BACKWARD)
    run = make_run(
        *(
            make_measured(replace(case, implementation=name), seconds)
            for case in (host, both)
            for name, seconds in (("none", 0.010), ("se", 0.011), ("cbam", 0.015))
        )
    )
    words = closing_words(run)
    assert words.startswith("se costs 1.1")
    assert " times the plain network forward, cbam 1.5" in words
    assert words.count(";") == 1
    assert "times the plain network forward+backward, cbam 1.5" in words
    assert words.endswith(".")
    floor = NoiseFloor(
        relative=0.9,
        pairs=9,
        seconds_per_call=0.001,
        builds=6,
        device="cpu",
        timing=Timing.HOT,
        subject=Subject.NETWORK,
    )
    assert closing_words(replace(run, noise_floors=(floor,))) == ""


def test_nothing_is_said_where_nothing_is_compared(
    host: Case, make_measured: Callable[..., Measured], make_run: Callable[..., Run]
) -> None:
    """A single network, or none that was measured."""
    assert closing_words(make_run(make_measured(replace(host, implementation="none"), 0.01))) == ""
    assert closing_words(make_run(pending=(host,))) == ""


def test_many_blocks_are_three_lines(
    host: Case, make_measured: Callable[..., Measured], make_run: Callable[..., Run]
) -> None:
    """The largest batch in both directions; what does not fit is counted."""
    names = ("none", *(f"attention_{number}" for number in range(9)))
    run = make_run(
        *(
            make_measured(
                replace(host, implementation=name, direction=direction, input=host.input.with_batch(batch)),
                0.001 * batch * (1 if name == "none" else 1.5),
            )
            for batch in (1, 8, 32)
            for direction in (Direction.FORWARD, Direction.FORWARD_BACKWARD)
            for name in names
        )
    )
    words = closing_words(run)
    assert len(words) <= 300
    assert ", batch 32, attention_1 1.500" in words
    assert words.endswith(" more; 5 more comparisons in the report.")
