"""``attnbench merge``, as a user has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attnbench import StoreWarning, UsageError, load, merge
from results.shards import divided

from .test_several_runs import PLAIN, SE, run_of, timed, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from results.records import Run

    from .conftest import Finished

LARGE = [replace(case, input=case.input.with_batch(8)) for case in (PLAIN, SE)]


def part(number: int, name: str, cpu: str = "Example CPU") -> Run:
    """Return one of two parts of a plan of two blocks, measured."""
    whole = run_of(name, *(timed(case, 0.01) for case in (PLAIN, SE, *LARGE)), cpu=cpu)
    plan = divided(whole.plan, number, 2, lambda _: 1.0)
    kept = tuple(outcome for outcome in whole.outcomes if outcome.case in plan.cases)
    return replace(whole, plan=plan, outcomes=kept)


def test_two_parts_of_one_machine_are_one_run(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """Its folder has the report of all cases, and can be read like any other."""
    one, two = written(tmp_path / "1", part(1, "one")), written(tmp_path / "2", part(2, "two"))
    finished = attnbench("merge", two, one, "--out", tmp_path / "all")
    assert finished.status == 0
    assert finished.err == f"Wrote {tmp_path / 'all'}/ (4 of 4 cases)\n"
    assert load(tmp_path / "all").plan.cases == (PLAIN, SE, *LARGE)
    assert (tmp_path / "all" / "report.md").exists()


def test_parts_of_two_machines_stay_apart(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """Each has a folder; with no case in common there is nothing to put side by side."""
    one = written(tmp_path / "1", part(1, "one"))
    two = written(tmp_path / "2", part(2, "two", cpu="Another CPU"))
    assert attnbench("merge", one, two, "--out", tmp_path / "all").status == 0
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == ["cpu-another-cpu", "cpu-example-cpu"]


def test_machines_that_measured_the_same_stand_side_by_side(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """Ratios are each machine's own, and an order that turns is named."""
    runs = [run_of("one", timed(PLAIN, 0.01), timed(SE, 0.02)), run_of("two", timed(PLAIN, 0.04), timed(SE, 0.02))]
    runs[1] = replace(runs[1], environment=replace(runs[1].environment, cpu="Another CPU"))
    folders = [written(tmp_path / run.run_id, run) for run in runs]
    assert attnbench("merge", *folders, "--out", tmp_path / "all").status == 0
    text = (tmp_path / "all" / "machines.md").read_text()
    assert "Of 1 pair of cases, 0 have the same order on every machine, 1 turn, and 0 are not told apart" in text
    assert "- (none) is faster than se on A and slower on B: resnet18_cifar, forward, batch 2, float32, cpu" in text
    assert "| se        | 20.0 ms ± 0.0% | 2.000 [2.000, 2.000] | 20.0 ms ± 0.0% | 0.500 [0.500, 0.500] |" in text


def test_what_is_missing_is_said() -> None:
    """A part that nobody brings is named; one run alone is refused."""
    third = divided(run_of("x", *(timed(case, 0.01) for case in (PLAIN, SE, *LARGE))).plan, 1, 3, lambda _: 1.0)
    runs = [replace(part(1, name), plan=third, outcomes=()) for name in ("one", "two")]
    with pytest.warns(StoreWarning, match="not among them: --shard 2/3, --shard 3/3"):
        merge(*runs)
    with pytest.raises(UsageError, match="one run has nothing to be merged with"):
        merge(runs[0])
