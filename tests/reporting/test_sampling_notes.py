"""Promises of the notes on samples: what helps where they are too few, scattered, throttled or unsteady."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from reporting.sampling_notes import Row, sampling_notes
from results.records import Samples, StopReason
from results.stats import estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    MakeSamples = Callable[..., Samples]


def notes(timed: Mapping[str, Samples], budget_s: float | None = 5.0) -> tuple[str, ...]:
    """Return the notes under a table with rows of these names."""
    return sampling_notes([Row(name, samples, estimate(samples)) for name, samples in timed.items()], budget_s)


def advised(*timed: Samples, budget_s: float) -> str:
    """Return the budget that the note advises."""
    note, *_ = notes({f"row {index}": samples for index, samples in enumerate(timed)}, budget_s)
    return note.partition(" --budget ")[2].partition(". ")[0]


def test_the_budget_advised_follows_from_the_time_spent(make_samples: MakeSamples) -> None:
    """Six samples of 10 s in a budget of 5 s, known to 2%: for 1% it takes four times the 60 s, not four times 5."""
    slow = make_samples([9.8, 10.2] * 3, stop=StopReason.BUDGET)
    assert notes({"se": slow}) == (
        "! wider than the 1.0% asked for: the budget of 5.00 s ended first. More: --budget 300",
    )


def test_the_budget_is_spent_where_the_samples_are_shorter(make_samples: MakeSamples) -> None:
    """Calls that a throttled device had to repeat took time too: 0.24 s are on record, 5 s were spent."""
    quick = make_samples([0.0098, 0.0102] * 12, stop=StopReason.BUDGET, precision=0.012)
    assert advised(quick, budget_s=5.0) == "20"


def test_calls_of_a_sample_count_as_time_spent(make_samples: MakeSamples) -> None:
    """24 samples of eight calls of a second took 192 s, and have twice the width asked for."""
    spread = replace(make_samples([0.98, 1.02] * 12, stop=StopReason.BUDGET), calls_per_sample=8)
    assert advised(spread, budget_s=5.0) == "800"


def test_the_case_that_needs_most_sets_the_budget(make_samples: MakeSamples) -> None:
    """One that is slow, or one that is far from precise."""
    slow = make_samples([9.8, 10.2] * 3, stop=StopReason.BUDGET)
    scattered = make_samples([0.96, 1.04] * 24, stop=StopReason.BUDGET)
    assert (advised(slow, budget_s=1.0), advised(scattered, budget_s=1.0)) == ("300", "800")
    assert advised(slow, scattered, budget_s=1.0) == "800"
    assert advised(slow, replace(scattered, precision=0.2), budget_s=1.0) == "300"


def test_too_few_samples_ask_for_six_and_their_warm_up(make_samples: MakeSamples) -> None:
    """One sample of 10 s after 9 s of warming up: twice as long would not give an interval either; 69 s do."""
    single = replace(make_samples([10.0], stop=StopReason.BUDGET), warmup_s=9.0)
    assert notes({"se": single}, 1.5) == (
        "! wider than the 1.0% asked for: the budget of 1.50 s ended first. More: --budget 70",
        "± ? has too few samples for an interval.",
    )


def test_calls_of_few_samples_count(make_samples: MakeSamples) -> None:
    """Two samples of four calls of a second: six take 24 s."""
    few = replace(make_samples([1.0] * 2, stop=StopReason.BUDGET), calls_per_sample=4, warmup_s=3.0)
    assert advised(few, budget_s=1.5) == "30"


def test_no_budget_is_advised_to_who_should_quiet_the_machine(make_samples: MakeSamples) -> None:
    """Samples of which it would take 900 times as many: nobody waits for those."""
    disturbed = make_samples([0.7, 1.3] * 12, stop=StopReason.BUDGET)
    (note,) = notes({"se": disturbed}, 5.0)
    assert note == (
        "! wider than the 1.0% asked for: the budget of 5.00 s ended first. "
        "Spread too far for a larger budget to help: se. Quiet the machine, see: attnbench doctor"
    )


def test_a_short_budget_may_well_be_longer(make_samples: MakeSamples) -> None:
    """81 times the samples that took 0.1 s are soon taken: that six of them spread is nothing to give up for."""
    few = make_samples([0.0091, 0.0109] * 3, stop=StopReason.BUDGET)
    assert advised(few, budget_s=0.1) == "9"


def test_each_row_that_is_too_wide_has_its_remedy(make_samples: MakeSamples) -> None:
    """The budget is that of the rows which it helps; the others are named."""
    slow = make_samples([9.8, 10.2] * 3, stop=StopReason.BUDGET)
    disturbed = make_samples([0.7, 1.3] * 12, stop=StopReason.BUDGET)
    ended = "! wider than the 1.0% asked for: the budget"
    doctor = "Spread too far for a larger budget to help: eca. Quiet the machine, see: attnbench doctor"
    timed = {"se": slow, "eca": disturbed}
    assert notes(timed, 5.0) == (f"{ended} of 5.00 s ended first. More: --budget 300. {doctor}",)
    assert notes(timed, None) == (f"{ended} ended first. More: --budget SECONDS. {doctor}",)


def with_outliers(make_samples: MakeSamples, outliers: int, count: int) -> Samples:
    """Return so many samples, the last ones outliers."""
    usual = ([1.0, 1.01, 1.02, 1.03] * count)[: count - outliers]
    return make_samples([*usual, *[9.0] * outliers])


def test_rows_with_many_outliers_are_named(make_samples: MakeSamples) -> None:
    """The most disturbed first; those with less than one in twenty are one sum."""
    timed = {
        "se": with_outliers(make_samples, 16, 149),
        "none": with_outliers(make_samples, 0, 100),
        "sk": with_outliers(make_samples, 4, 400),
        "eca": with_outliers(make_samples, 23, 150),
    }
    assert notes(timed) == ("Outliers, kept in the samples: eca 23 of 150, se 16 of 149; 4 of 500 in the other rows.",)
    del timed["sk"]
    assert notes(timed) == ("Outliers, kept in the samples: eca 23 of 150, se 16 of 149.",)


def test_a_few_outliers_are_one_sum(make_samples: MakeSamples) -> None:
    """One in twenty is not many, and a single one never is."""
    timed = {"se": with_outliers(make_samples, 5, 100), "sk": with_outliers(make_samples, 1, 10)}
    assert notes(timed) == ("Outliers, kept in the samples: 6 of 110.",)


def test_the_note_on_outliers_stays_short(make_samples: MakeSamples) -> None:
    """Of eight disturbed rows the five worst are named."""
    timed = {f"row{count}": with_outliers(make_samples, count, 100) for count in range(10, 18)}
    (note,) = notes(timed)
    assert note == (
        "Outliers, kept in the samples: row17 17 of 100, row16 16 of 100, row15 15 of 100, row14 14 of 100, "
        "row13 13 of 100; 33 of 300 in the other rows."
    )


def test_throttling_is_said(make_samples: MakeSamples) -> None:
    """How many samples were taken again, and how many were kept although the device was throttled, and of what."""
    taken = make_samples([1.0] * 24)
    cool, hot = replace(taken, discarded=12), replace(taken, discarded=8, throttled=1)
    (note,) = notes({"se": cool, "sk": hot, "eca": taken})
    assert note == (
        "The device was throttled: 20 samples discarded and taken again; 1 sample kept all the same, as waiting did "
        "not help (sk)."
    )
    assert notes({"se": cool}) == ("The device was throttled: 12 samples discarded and taken again.",)


def test_a_warm_up_that_was_never_steady_is_said(make_samples: MakeSamples) -> None:
    """With the names of the rows, and what helps."""
    taken = make_samples([1.0] * 24)
    unsteady = replace(taken, warmup_steady=False)
    (note,) = notes({"se": unsteady, "eca": taken, "sk": unsteady})
    assert note == (
        "Never steady while it warmed up: se, sk. The first samples may be slow ones; a larger --budget leaves more "
        "time."
    )


def test_times_of_launches_are_said_to_be_such(make_samples: MakeSamples) -> None:
    """With the names of the rows, and what takes the launches out."""
    taken = make_samples([1.0] * 24)
    assert notes({"se": replace(taken, host_bound=True), "eca": taken}) == (
        "Host-bound: se. The device waited for launches, which these times are of; --timing graph takes them out.",
    )


def test_a_note_names_a_few_rows(make_samples: MakeSamples) -> None:
    """Five; of the others it says how many."""
    bound = replace(make_samples([1.0] * 24), host_bound=True)
    (note,) = notes({f"row{number}": bound for number in range(7)})
    assert note.startswith("Host-bound: row0, row1, row2, row3, row4 and 2 more. The device")


def test_a_host_s_clock_that_disagrees_is_said(make_samples: MakeSamples) -> None:
    """By how much, from a tenth on, in either direction; on the CPU there is no second clock."""
    taken = make_samples([1.0] * 24)
    walls_s = {"se": 1.35, "eca": 1.09, "none": 0.91, "sk": 1.2, "cbam": 0.75, "bam": None}
    more, less = notes({name: replace(taken, wall_s_per_call=wall_s) for name, wall_s in walls_s.items()})
    assert more == (
        "Back to back, the CPU's clock says more: se 35.0%, sk 20.0%. "
        "Launches or waits are not hidden there, or clocks fell."
    )
    assert less == (
        "Back to back, the CPU's clock says less: cbam 25.0%. "
        "Calls overlap there, or the events took time of their own."
    )


def test_of_what_is_host_bound_one_note_is_enough(make_samples: MakeSamples) -> None:
    """That its launches are not hidden is said already."""
    (note,) = notes({"se": replace(make_samples([1.0] * 24), host_bound=True, wall_s_per_call=2.0)})
    assert note.startswith("Host-bound: se.")


def test_there_is_no_note_without_a_reason(make_samples: MakeSamples) -> None:
    """Samples as precise as asked for, of a steady device."""
    assert notes({"se": make_samples([1.0] * 24)}) == ()
