from __future__ import annotations

from typing import TYPE_CHECKING

from reporting.to_annotations import annotation_lines
from results.checks import Judged, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.checks import Check
    from results.records import Case


def test_a_line_a_bad_case(made_up_check: Check) -> None:
    """The title has verdict and case, the message the figure; commas and colons of a title are escaped."""
    lines = annotation_lines(made_up_check).splitlines()
    assert lines[0] == (
        "::error title=slower%3A se in attention alone%2C 2×64×32×32%2C forward%2C float32%2C cpu%2C "
        "input 2×64×32×32::1.052 [1.041, 1.063]"
    )
    assert [line.partition("title=")[2][:5] for line in lines] == ["slowe", "worse", "worse", "worse", "faile"]


def test_nothing_bad_is_no_line(make_check: Callable[..., Check], make_timed: Callable[..., Judged]) -> None:
    """What is undecided is no error."""
    assert annotation_lines(make_check(make_timed("se", Verdict.UNDECIDED, 1.0, 0.1))) == ""


def test_more_than_are_shown_are_counted(make_check: Callable[..., Check], make_timed: Callable[..., Judged]) -> None:
    """GitHub drops the eleventh error of a step: the tenth says how many there are besides."""
    ten, twelve = (
        annotation_lines(
            make_check(*(make_timed(f"x{n}", Verdict.SLOWER, 1.1, 0.01) for n in range(many)))
        ).splitlines()
        for many in (10, 12)
    )
    assert len(ten) == len(twelve) == 10
    assert ten[-1].startswith("::error title=slower%3A x9 ")
    assert twelve[-1] == "::error title=3 more cases worse::The summary of the job has all of them."


def test_a_message_is_one_command(make_check: Callable[..., Check], case_alone: Callable[..., Case]) -> None:
    """Line breaks of a reason begin no command of their own, and a percent sign stays one."""
    reason = "100%\n::error::planted"
    judged = Judged(case=case_alone("se"), verdict=Verdict.FAILED, reason=reason)
    (line,) = annotation_lines(make_check(judged)).splitlines()
    assert line.endswith("::100%25 ::error::planted")
