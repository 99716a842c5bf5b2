"""Promises of the notes on the device, from what NVML said of it."""

from __future__ import annotations

from reporting.device_notes import device_notes
from results.records import Telemetry


def test_samples_at_the_power_limit_are_said_to_be_such() -> None:
    """In words of their own, which do not call it throttling; with the rows, and how often."""
    capped = Telemetry(watched=200, power_capped=120)
    often = Telemetry(watched=45, power_capped=45)
    (note,) = device_notes({"se": capped, "eca": Telemetry(watched=45), "sk": often, "none": None})
    assert note == (
        "At the board's power limit, as large GPUs are under load: se in 120 of 200 samples, sk in 45 of 45 samples. "
        "These samples are kept; their clocks are what the limit leaves."
    )


def test_samples_that_nobody_looked_at_are_said() -> None:
    """How many were looked at, of how many, and what became of the others."""
    slow = Telemetry(watched=40, unwatched=960)
    (note,) = device_notes({"se": slow, "sk": Telemetry(watched=9)})
    assert note == (
        "NVML answers slowly. Whether the device was throttled was asked after some samples only: se 40 of 1000. "
        "The others are kept."
    )


def test_a_part_of_a_gpu_is_said_to_be_one() -> None:
    """Once a table: what is read of the whole board, and what the other parts can do to the samples."""
    part = Telemetry(watched=24, shared_board=True)
    (note,) = device_notes({"se": part, "sk": part})
    assert note == (
        "Measured on a part of a GPU (MIG). Its clocks and its power limit are those of the whole board: what runs on "
        "the other parts can slow it. Power, energy and temperature in the CSV are the whole board's."
    )


def test_a_note_names_a_few_rows() -> None:
    """Five; of the others it says how many."""
    (note,) = device_notes({f"row{number}": Telemetry(watched=9, power_capped=1) for number in range(7)})
    assert "row4 in 1 of 9 samples and 2 more. These" in note


def test_there_is_no_note_without_a_reason() -> None:
    """On the CPU, and where every sample was looked at and none was held back."""
    assert device_notes({"se": None, "sk": Telemetry(watched=24, throttle_reasons=("GPU idle",))}) == ()
