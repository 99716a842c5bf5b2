"""What is read in the folders of a session's pieces: what fell short, and figures."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import gpu_findings
import pytest
from gpu_faults import GROWING, expected_to_grow, expected_when_full, of_beyond, of_planted
from gpu_findings import CLOCK, OUTPUT, RUN, TESTS, of_agreement, of_clock, of_fused, of_tests
from gpu_runs import counted_bytes, doubts, of_networks, of_operators, unmeasured
from gpu_sizes import SIMULATED, Asked
from msgspec.structs import replace
from recorded_tests import TestRecord
from simulated_ground import Simulated

from results.records import (
    Accelerator,
    Failed,
    FailureKind,
    Latency,
    Measured,
    Memory,
    Run,
    Samples,
    Skipped,
    StopReason,
    Telemetry,
)
from results.store import RunStore

if TYPE_CHECKING:
    from pathlib import Path

    from results.records import Case, Outcome
    from suites.request import Request


def planned(request: Request) -> Run:
    return Simulated().planned(Asked(request=request, budget_s=1.0, time_limit_s=1.0))


def write(folder: Path, run: Run, *outcomes: Outcome) -> None:
    with RunStore.create(folder, run) as store:
        for outcome in outcomes:
            store.append(outcome)


def out_of_memory(case: Case) -> Failed:
    return Failed(case=case, kind=FailureKind.OUT_OF_MEMORY, error="OutOfMemoryError: CUDA out of memory.")


def test_tests_are_told_by_what_went_wrong(tmp_path: Path) -> None:
    """Failures with the same first line are one, the first by name; what was not collected or finished is there too."""
    records = [
        TestRecord(test="a", ground="", outcome="passed", seconds=61.0),
        TestRecord(test="b", ground="", outcome="failed", message="RuntimeError: no kernel image\nassert 0"),
        TestRecord(test="c", ground="", outcome="failed", message="RuntimeError: no kernel image"),
        TestRecord(test="d", ground="", outcome="skipped", message="Skipped: no timm"),
        TestRecord(test="e.py", ground="", outcome="not collected", message="ImportError: no torch"),
        TestRecord(test="f", ground="", outcome="started"),
    ]
    (tmp_path / TESTS).write_text("".join(f"{json.dumps(dataclasses.asdict(record))}\n" for record in records))
    found = of_tests(tmp_path)
    assert found.short == (
        "failed: b and 1 more: RuntimeError: no kernel image",
        "not collected: e.py: ImportError: no torch",
        "killed in: f",
    )
    assert found.figures == (
        "1 passed, 2 failed, 1 skipped, 1 not collected, 1 started.",
        "- skipped: d: Skipped: no timm\n- 61.0 s: a",
    )
    assert of_tests(tmp_path / "elsewhere").short == ("no test was run",)


def test_a_clock_s_step_and_empty_call_have_limits(tmp_path: Path) -> None:
    """Beyond them the shortest cases are the clock's own time."""
    clocks = [
        {"timing": "hot", "clock": "events", "resolution_s": 0.5e-6, "overhead_s": 2e-6},
        {"timing": "graph", "clock": "replays", "resolution_s": 1e-6, "overhead_s": 12e-6},
    ]
    (tmp_path / CLOCK).write_text(json.dumps({"ground": "", "clocks": clocks}))
    found = of_clock(tmp_path)
    assert found.short == (
        "graph: a step of 1.00 µs, expected at most 500 ns",
        "graph: an empty call of 12.0 µs, expected at most 10.0 µs",
    )
    assert "| hot    | " in found.figures[0]


FUSED = """ 1000 float16   forward           fused    10.0 us    90% of the copy; softmax 1.10 [1.00, 1.20]
holds       fused, forward: softmax / fused, least: 1.10, wanted 1.0
FALLS SHORT fused, forward: share of y.copy_(x)'s bandwidth, least: 0.80, wanted 0.85
"""


def test_what_is_demanded_of_the_fused_kernels(tmp_path: Path) -> None:
    """Its own verdicts fall short; all that it printed are figures, also if it was killed before its verdicts."""
    (tmp_path / OUTPUT).write_text(FUSED)
    found = of_fused(tmp_path)
    assert found.short == ("FALLS SHORT fused, forward: share of y.copy_(x)'s bandwidth, least: 0.80, wanted 0.85",)
    assert "     1000 float16" in found.figures[0]
    (tmp_path / OUTPUT).write_text(FUSED.splitlines()[0])
    assert of_fused(tmp_path).short == ("it ended before its verdicts",)


AGREEMENT = """case                    other timer  ours / other
add of 70,000                5.0 us         1.200
add of 150,000               6.0 us         1.080
product of 768             400.2 us         1.060
median ratio over the ten cases: 1.080
"""


def test_another_timer_agrees_or_not(tmp_path: Path) -> None:
    """The median within 5%, each case within 10%."""
    (tmp_path / OUTPUT).write_text(AGREEMENT)
    assert of_agreement(tmp_path).short == (
        "the median ratio over the cases is 1.080",
        "add of 70,000: 1.2 of the other timer's",
    )
    (tmp_path / OUTPUT).write_text("case\n")
    assert of_agreement(tmp_path).short == ("it ended before its figures",)


def test_counted_bytes_are_held_against_the_allocator_s() -> None:
    """They may not be more, nor less than 90%; where there is no allocator nothing is said."""
    run = planned(SIMULATED.networks)
    case = next(case for case in run.plan.cases if case.suite == "memory" and case.implementation == "se")
    allocated = (1000, 800, 1200, None)
    outcomes = tuple(
        Measured(
            case=case,
            result=Memory(
                saved_bytes=0,
                peak_live_bytes=950,
                read_bytes=0,
                written_bytes=0,
                operators=1,
                allocated_bytes=bytes_,
            ),
        )
        for bytes_ in allocated
    )
    found = list(counted_bytes(replace(run, outcomes=outcomes)))
    assert [line.partition(": ")[0] for line in found] == [
        "the counted peak is 1.188 of the allocator's",
        "the counted peak is 0.792 of the allocator's",
    ]
    assert "se (after_spatial) in mobilenet_v3_small" in found[0]


def samples(**facts: float | StopReason) -> Samples:
    usual = {"stop": StopReason.PRECISION, "precision": 0.02, "clock": "", "calls_per_sample": 1, "warmup_calls": 1}
    return Samples(seconds=(1.0,) * 6, rounds=tuple(range(6)), warmup_s=1.0, **{**usual, **facts})  # type: ignore[arg-type]


def test_doubtful_figures_are_counted() -> None:
    """Those of clock and CPU, of a throttled or limited device, with a wide interval, or not yet steady."""
    run = planned(SIMULATED.operators)
    facts: tuple[dict[str, float | StopReason], ...] = (
        {"host_bound": True, "throttled": 1, "overhead_s": 0.2},
        {"host_bound": True, "warmup_steady": False},
        {"stop": StopReason.BUDGET},
    )
    capped = Telemetry(watched=6, power_capped=1)
    outcomes = tuple(
        Measured(case=case, result=Latency(samples=samples(**each), telemetry=capped))
        for case, each in zip(run.plan.cases, facts, strict=True)
    )
    assert list(doubts(replace(run, outcomes=outcomes))) == [
        "1 of 3 timed cases are shorter than ten times what the clock shows for an empty call",
        "2 of 3 timed cases were host-bound",
        "1 of 3 timed cases have samples of a throttled device",
        "3 of 3 timed cases have samples taken at the board's power limit",
        "1 of 3 timed cases have a wider interval than asked for",
        "1 of 3 timed cases were not steady when they were sampled",
    ]


def test_a_run_that_was_cut_off_is_read_as_far_as_it_went(tmp_path: Path) -> None:
    """What is missing falls short, what was measured is in the tables; of equal failures there is one line."""
    run = planned(SIMULATED.operators)
    copy, softmax, _ = run.plan.cases
    write(
        tmp_path / "a" / RUN,
        run,
        Measured(case=copy, result=Latency(samples=samples())),
        Measured(case=softmax, result=Latency(samples=samples())),
    )
    found = of_operators(tmp_path / "a")
    assert found.short == ("1 of 3 cases not reached",)
    assert found.figures[0].endswith(": 3 cases: 2 measured.")
    assert "logit functions, all shapes, forward, float32, simulated:0" in found.figures[1]
    write(tmp_path / "b" / RUN, run, *map(out_of_memory, run.plan.cases))
    (words,) = of_operators(tmp_path / "b").short
    assert words.startswith("(copy) in logit functions, 8×100 over dimension 1, forward, float32, simulated:0")
    assert words.endswith(" and 2 more: failed: out of memory: OutOfMemoryError: CUDA out of memory.")
    assert of_networks(tmp_path / "c").short == ("no run was begun in run",)


def test_what_networks_take_is_one_table_a_kind_of_result(tmp_path: Path) -> None:
    """As in a report: the times of all blocks under each other, then their bytes."""
    run = planned(SIMULATED.networks)
    counted = Memory(saved_bytes=0, peak_live_bytes=95, read_bytes=0, written_bytes=0, operators=1)
    write(
        tmp_path / RUN,
        run,
        *(
            Measured(case=case, result=counted if case.suite == "memory" else Latency(samples=samples()))
            for case in run.plan.cases
        ),
    )
    found = of_networks(tmp_path)
    _, times, *_, sizes = found.figures
    assert (times.partition(", ")[0], sizes.partition(", ")[0]) == ("Times", "Bytes")
    assert len(found.figures) == 3


def growing(*batches: int, memory_bytes: int) -> Run:
    """Return a plan whose images are of 1 MiB, for a GPU with so much memory."""
    run = planned(dataclasses.replace(SIMULATED.beyond, batch_sizes=batches))
    blocks = tuple(block.with_cases(lambda case: replace(case, device="cuda:0")) for block in run.plan.blocks)
    gpu = Accelerator(name="A", memory_bytes=memory_bytes, capability="9.0")
    return replace(
        run, plan=replace(run.plan, blocks=blocks), environment=replace(run.environment, accelerators=(gpu,))
    )


def test_what_does_not_fit_must_be_recorded_so(tmp_path: Path) -> None:
    """The first batch beyond the GPU's memory is out of memory, larger ones are not tried."""
    run = growing(1, 4, 5, 10, memory_bytes=4 * 2**20)
    one, four, five, ten = run.plan.cases
    skipped = "ran out of memory at batch 5"
    assert expected_to_grow(run) == {
        one: "measured",
        four: "measured",
        five: "failed: out of memory",
        ten: f"skipped: {skipped}",
    }
    good = Measured(case=one, result=Latency(samples=samples()))
    as_wanted = (replace(good, case=four), out_of_memory(five), Skipped(case=ten, reason=skipped))
    write(tmp_path / "right" / GROWING, run, good, *as_wanted)
    write(tmp_path / "right" / "full", run, good, *as_wanted[:2], out_of_memory(ten))
    assert [line.partition(", forward")[0] for line in of_beyond(tmp_path / "right").short] == [
        # On a full card none but the largest is to fail.
        "se in attention alone, 5×64×64×64"
    ]
    crashed = Failed(case=five, kind=FailureKind.CRASH, error="the process was killed by SIGKILL")
    write(tmp_path / "wrong" / GROWING, run, good, as_wanted[0], crashed, out_of_memory(ten))
    words = of_beyond(tmp_path / "wrong").short
    assert [line.partition(": expected ")[2] for line in words] == [
        "'failed: out of memory', recorded 'failed: crash: the process was killed by SIGKILL'",
        f"'skipped: {skipped}', recorded 'failed: out of memory: OutOfMemoryError: CUDA out of memory.'",
        "",
    ]
    assert words[-1] == "no run was begun in full"
    assert set(expected_when_full(run).values()) == {"measured", "failed: out of memory"}


def test_planted_failures_must_have_their_causes(tmp_path: Path) -> None:
    """Each its own, from the plug-in; good ones beside them must be measured."""
    run = planned(dataclasses.replace(SIMULATED.planted, impls=("bad/HangsOnTheDevice", "bad/Segfaults", "good/00")))
    by_name = {case.implementation: case for case in run.plan.cases}
    write(
        tmp_path / RUN,
        run,
        Failed(case=by_name["bad/HangsOnTheDevice"], kind=FailureKind.CRASH, error="the process died"),
        Failed(case=by_name["bad/Segfaults"], kind=FailureKind.CRASH, error="the process died"),
    )
    assert [line.partition(": expected ")[::2] for line in of_planted(tmp_path).short] == [
        (
            "good/00 in attention alone, 4×64×32×32, forward, float32, simulated:0, input 4×64×32×32",
            "'measured', recorded 'not reached'",
        ),
        (
            "bad/HangsOnTheDevice in attention alone, 4×64×32×32, forward, float32, simulated:0, input 4×64×32×32",
            "'failed: hang', recorded 'failed: crash: the process died'",
        ),
    ]


def test_one_line_is_one_line() -> None:
    """However long the words are."""
    assert gpu_findings.one_line("a\n b") == "a b"
    assert len(gpu_findings.one_line("a" * 1000)) == gpu_findings.WIDEST
    assert list(unmeasured(planned(SIMULATED.operators))) == ["3 of 3 cases not reached"]


@pytest.mark.parametrize("name", ["bad/AssertsOnTheDevice", "bad/FillsTheCard", "bad/HangsOnTheDevice"])
def test_every_planted_failure_is_planned(name: str) -> None:
    """The patterns that sizes name reach the plug-in for the GPU."""
    assert name in {case.implementation for case in planned(SIMULATED.planted).plan.cases}
