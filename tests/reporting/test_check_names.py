from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from reporting.check_names import exact, names, stable_name, timed
from results.checks import Verdict
from results.records import Direction, Images
from results.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.checks import Check, Judged
    from results.records import Case


def test_a_name_has_only_what_differs(case_alone: Callable[..., Case]) -> None:
    """What all cases share is said once, above the table."""
    cases = [case_alone("se"), case_alone("se", Direction.FORWARD_BACKWARD), case_alone("cbam")]
    found = names(cases)
    assert [found.short[case] for case in cases] == ["se, forward", "se, forward+backward", "cbam, forward"]
    assert found.shared == "attention alone, 2×64×32×32, float32, cpu"


def test_the_inputs_of_a_network_are_said_above(host: Case) -> None:
    """A title has their number only; with several sizes all are listed."""
    small = replace(host, implementation="se")
    large = replace(small, input=Images(batch=8, channels=3, height=64, width=64, num_classes=100))
    found = names([small, large])
    assert [found.short[case] for case in (small, large)] == ["se, batch 1", "se, batch 8"]
    assert found.shared == (
        "resnext50_16x4d, forward, float32, cpu, input 1×3×32×32, 100 classes, input 8×3×64×64, 100 classes"
    )


def test_slots_stand_in_names_where_they_tell_cases_apart(host: Case) -> None:
    """Two directions of one implementation do not: they are the same one."""
    first, second = (replace(host, implementation="se", slot=slot) for slot in ("conv", "block_output"))
    backward = replace(first, direction=Direction.BACKWARD)
    assert [*names([first, backward]).short.values()] == ["se, forward", "se, backward"]
    assert [*names([first, second]).short.values()] == ["se (conv)", "se (block_output)"]


def test_a_stable_name_says_nothing_of_the_version(case_alone: Callable[..., Case]) -> None:
    """A reader of two reports finds the case again whatever its source, its default options and the threads were."""
    case = case_alone("se")
    changed = replace(case, source="c0de", options=(("reduction", 8),), threads=4)
    assert stable_name(case) == "se in attention alone, 2×64×32×32, forward, float32, cpu, input 2×64×32×32"
    assert stable_name(changed) == stable_name(case)


def test_no_name_controls_a_terminal() -> None:
    """Escape sequences, zeros and halves of surrogate pairs are replaced; line breaks are spaces."""
    assert printable("a\x1b[2J\x00\nb\ud800 é×") == "a\ufffd[2J\ufffd b\ufffd é×"


def test_bad_verdicts_stand_first(made_up_check: Check) -> None:
    """Then what is undecided or incomparable, then the good news, then all the rest in the order of the plan."""
    found = [each.verdict for each in timed(made_up_check)]
    assert found[:5] == [
        *(Verdict.SLOWER, Verdict.FAILED, Verdict.UNDECIDED, Verdict.INCOMPARABLE),
        Verdict.FASTER,
    ]
    assert set(found[5:]) == {Verdict.SAME}


def test_every_case_is_in_one_tier(
    made_up_check: Check, make_check: Callable[..., Check], make_timed: Callable[..., Judged]
) -> None:
    """What could not be timed stays among the timed cases."""
    assert (len(timed(made_up_check)), len(exact(made_up_check))) == (24, 12)
    check = make_check(make_timed("se", Verdict.FAILED, 1.0, 0.1, pace=None))
    assert (len(timed(check)), len(exact(check))) == (1, 0)
