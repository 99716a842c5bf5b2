"""Promises of the tables of logit functions, and of the sentence that answers the PSK paper's conjecture."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from reporting.conjecture import answers, verdict
from reporting.details import latency_details
from reporting.logit_function_tables import logit_function_tables
from reporting.report import report
from reporting.to_csv import suite_csv
from reporting.to_markdown import to_markdown
from results.contest import Contest
from results.records import Case, Direction, Failed, FailureKind, Latency, Logits, Measured, Mode, Run, Samples
from results.stats import Ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

MakeMeasured = Callable[..., Measured]
MakeRun = Callable[..., Run]

SOFTMAX = Case(
    suite="operators", implementation="softmax", source="0" * 8, threads=2, input=Logits(shape=(4, 1000), dim=1)
)
LOGITS = (Logits(shape=(4, 1000), dim=1), Logits(shape=(8, 1000), dim=1))


def timed(make_measured: MakeMeasured, seconds: dict[str, float], **changes: Any) -> list[Measured]:
    """Return an outcome each of these functions, on every shape, the second in twice the time."""
    return [
        make_measured(replace(SOFTMAX, implementation=name, input=logits, **changes), taken * logits.batch / 4)
        for logits in LOGITS
        for name, taken in seconds.items()
    ]


@pytest.fixture
def run(make_run: MakeRun, make_measured: MakeMeasured) -> Run:
    """Return a run in which the fused HardSoftmax takes half of softmax's time, and a quarter more with backward."""
    forward = {"none": 1e-6, "softmax": 2e-6, "softmax/fused": 1.25e-6, "hard_softmax/fused": 1e-6}
    both = {"none": 1e-6, "softmax": 4e-6, "softmax/fused": 4e-6, "hard_softmax/fused": 5e-6}
    return make_run(*timed(make_measured, forward), *timed(make_measured, both, direction=Direction.FORWARD_BACKWARD))


def test_the_times_have_bytes_a_second(run: Run, make_run: MakeRun) -> None:
    """Beside the ratio to softmax: GB/s, and the share of the copy's, each tensor moved once."""
    (table,) = latency_details(make_run(*run.outcomes[:4]))
    assert to_markdown(table) == (
        "Times, logit functions, 4×1000, float32, cpu, forward\n"
        "\n"
        "Median of the samples ± half its 95% interval; ratio of paired samples [its 95% interval]; "
        "Example CPU, 2 threads.\n"
        "\n"
        "| function           | latency        | ÷ softmax            | GB/s | ÷ copy               | samples |\n"
        "| ------------------ | -------------: | -------------------: | ---: | -------------------: | ------: |\n"
        "| (copy)             | 1.00 µs ± 0.0% | 0.500 [0.500, 0.500] | 32.0 | 1                    | 24      |\n"
        "| softmax            | 2.00 µs ± 0.0% | 1                    | 16.0 | 0.500 [0.500, 0.500] | 24      |\n"
        "| softmax/fused      | 1.25 µs ± 0.0% | 0.625 [0.625, 0.625] | 25.6 | 0.800 [0.800, 0.800] | 24      |\n"
        "| hard_softmax/fused | 1.00 µs ± 0.0% | 0.500 [0.500, 0.500] | 32.0 | 1.000 [1.000, 1.000] | 24      |\n"
    )


def test_every_shape_is_divided_by_its_own_copy(run: Run) -> None:
    """Twice the logits in twice the time are as many bytes a second; columns have shape and direction."""
    (table,) = latency_details(run)
    assert [column.title for column in table.columns] == [
        *("function", "input", "direction", "latency", "÷ softmax", "GB/s", "÷ copy", "samples"),
    ]
    forward, both = ("0.625 [0.625, 0.625]", "25.6", "0.800 [0.800, 0.800]"), ("1.000 [1.000, 1.000]", "20.0")
    # Forward and backward move 5 tensors of 16 kB in 4 µs, a copy 2 of them in 1 µs.
    share = "0.625 [0.625, 0.625]"
    assert [row[1:7] for row in table.texts if row[0] == "softmax/fused"] == [
        ("4×1000", "forward", "1.25 µs ± 0.0%", *forward),
        ("8×1000", "forward", "2.50 µs ± 0.0%", *forward),
        ("4×1000", "forward+backward", "4.00 µs ± 0.0%", *both, share),
        ("8×1000", "forward+backward", "8.00 µs ± 0.0%", *both, share),
    ]


def test_a_table_over_all_shapes(run: Run) -> None:
    """One a direction: the mean of the ratios, how far they go, and on how many shapes it was faster or slower."""
    forward, _ = logit_function_tables(run)
    assert to_markdown(forward) == (
        "logit functions, all shapes, forward, float32, cpu\n"
        "\n"
        "Time over that of PyTorch's softmax, paired, on Example CPU, 2 threads. Shapes: 4×1000, 8×1000.\n"
        "\n"
        "| function           | ÷ softmax, geometric mean | least | most  | faster | slower | GB/s at 8×1000 "
        "| ÷ copy there         |\n"
        "| ------------------ | ------------------------: | ----: | ----: | -----: | -----: | -------------: "
        "| -------------------: |\n"
        "| softmax            | 1                         |       |       |        |        | 16.0           "
        "| 0.500 [0.500, 0.500] |\n"
        "| softmax/fused      | 0.625 [0.625, 0.625]      | 0.625 | 0.625 | 2 of 2 | 0 of 2 | 25.6           "
        "| 0.800 [0.800, 0.800] |\n"
        "| hard_softmax/fused | 0.500 [0.500, 0.500]      | 0.500 | 0.500 | 2 of 2 | 0 of 2 | 32.0           "
        "| 1.000 [1.000, 1.000] |\n"
    )


def test_the_conjecture_is_answered_in_a_sentence(run: Run) -> None:
    """By both directions together; and what of it is the rule itself, by softmax made in the same way."""
    answer, alike = answers(run)
    assert answer == (
        "Is a HardSoftmax that is made as well as PyTorch's softmax faster, as Zhu et al. 2021 conjecture? "
        "On Example CPU, 2 threads, in float32: faster forward, slower forward+backward; the fused one takes "
        "0.500 [0.500, 0.500] "
        "forward (2 of 2 shapes faster, 0 slower) and 1.250 [1.250, 1.250] forward+backward (0 of 2 shapes faster, "
        "2 slower) of the time of PyTorch's softmax."
    )
    assert alike == (
        "Rule against rule, the fused HardSoftmax takes 0.800 [0.800, 0.800] forward (2 of 2 shapes faster, 0 slower) "
        "and 1.250 [1.250, 1.250] forward+backward (0 of 2 shapes faster, 2 slower) of the time of the fused softmax, "
        "which is made in the same way."
    )


def test_without_the_fused_one_the_compiled_answers(make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """With no softmax that is compiled beside it, there is nothing to say of the rule itself."""
    outcomes = [
        *timed(make_measured, {"none": 1e-6, "softmax": 2e-6}),
        *timed(make_measured, {"hard_softmax": 1e-6}, mode=Mode.COMPILED),
    ]
    (answer,) = answers(make_run(*outcomes))
    assert "in float32: faster forward; the compiled one takes 0.500 [0.500, 0.500] forward" in answer


def test_nothing_is_answered_without_a_well_made_one(make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """Neither by the form as written, nor without PyTorch's softmax."""
    for seconds in ({"softmax": 2e-6, "hard_softmax/as_written": 1e-6}, {"hard_softmax/fused": 1e-6}):
        run = make_run(*timed(make_measured, {"none": 1e-6} | seconds))
        assert logit_function_tables(run) != ()
        assert answers(run) == ()


def test_dtypes_are_answered_apart(make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """One sentence each."""
    seconds = {"none": 1e-6, "softmax": 2e-6, "hard_softmax/fused": 1e-6}
    outcomes = [*timed(make_measured, seconds), *timed(make_measured, seconds, dtype="bfloat16")]
    assert [answer.count("in bfloat16: faster forward") for answer in answers(make_run(*outcomes))] == [0, 1]


YES, NO, OPEN = (0.5, 0.4, 0.6), (1.1, 1.05, 1.2), (1.0, 0.9, 1.1)


@pytest.mark.parametrize(
    ("directions", "expected"),
    [
        ([[YES], [(0.9, 0.85, 0.95)]], "yes"),
        ([[(0.5, 0.49, 0.51), NO], [YES]], "yes, but not on every shape"),
        ([[NO], [NO]], "no"),
        ([[(4.0, 3.9, 4.1), YES], [NO]], "no, but on some shapes"),
        ([[OPEN], [OPEN]], "no difference found"),
        ([[OPEN], [NO]], "no difference found forward, slower forward+backward"),
        ([[YES], [OPEN]], "faster forward, no difference found forward+backward"),
        ([[YES], [NO]], "faster forward, slower forward+backward"),
        ([[], []], "too few samples to tell"),
        ([[YES], []], "faster forward, too few samples to tell forward+backward"),
        ([[YES]], "faster forward"),
    ],
)
def test_the_answer_goes_by_intervals(
    directions: Sequence[Sequence[tuple[float, float, float]]], expected: str
) -> None:
    """Of the means over the shapes, and of each shape; yes and no are of both directions."""
    assert verdict(contests(directions)) == expected


@pytest.mark.parametrize(
    ("directions", "expected"),
    [
        ([[YES], [YES]], "yes, as far as both were timed"),
        ([[NO], [NO]], "no, as far as both were timed"),
        ([[(0.5, 0.49, 0.51), NO], [YES]], "yes, but not on every shape, as far as both were timed"),
        ([[(4.0, 3.9, 4.1), YES], [NO]], "no, but on some shapes, as far as both were timed"),
        ([[OPEN], [OPEN]], "no difference found, as far as both were timed"),
        ([[YES], [NO]], "faster forward, slower forward+backward, as far as both were timed"),
        ([[], []], "too few samples to tell"),
        ([[YES]], "faster forward, as far as both were timed"),
    ],
)
def test_no_answer_is_bare_where_shapes_are_missing(
    directions: Sequence[Sequence[tuple[float, float, float]]], expected: str
) -> None:
    """A shape on which one of both failed might have been another answer."""
    found = contests(directions)
    short = {direction: dataclasses.replace(each, planned=each.planned + 1) for direction, each in found.items()}
    assert verdict(short) == expected


def contests(directions: Sequence[Sequence[tuple[float, float, float]]]) -> dict[Direction, Contest]:
    """Return a contest a direction, forward first, with one ratio a shape."""
    return {
        direction: Contest(
            ratios={
                Logits(shape=(index + 1, 10), dim=1): Ratio(value=value, low=low, high=high, pairs=8)
                for index, (value, low, high) in enumerate(ratios)
            },
            planned=len(ratios),
        )
        for direction, ratios in zip((Direction.FORWARD, Direction.FORWARD_BACKWARD), directions, strict=False)
    }


def failed(case: Case) -> Failed:
    """Return an outcome without a figure."""
    return Failed(case=case, kind=FailureKind.OUT_OF_MEMORY, error="OutOfMemoryError: 2 GiB")


def test_without_softmax_nothing_is_compared(make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """Not even with 1; speeds are there all the same, and no answer."""
    measured = timed(make_measured, {"none": 1e-6, "hard_softmax/fused": 1e-6})
    run = make_run(*measured, *(failed(replace(SOFTMAX, input=logits)) for logits in LOGITS))
    (table,) = logit_function_tables(run)
    assert [row[:3] for row in table.texts] == [("hard_softmax/fused", "-", ""), ("softmax", "1", "")]
    assert table.texts[0][6:] == ("32.0", "1.000 [1.000, 1.000]")
    assert answers(run) == ()


def test_a_shape_on_which_one_failed_is_said(make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """It is among the planned ones, and not among those that were faster."""
    outcomes = [
        failed(outcome.case)
        if outcome.case.implementation == "hard_softmax/fused" and outcome.case.shape == (8, 1000)
        else outcome
        for outcome in timed(make_measured, {"none": 1e-6, "softmax": 2e-6, "hard_softmax/fused": 1e-6})
    ]
    run = make_run(*outcomes)
    (table,) = logit_function_tables(run)
    assert table.texts[1][:6] == ("hard_softmax/fused", "0.500 [0.500, 0.500]", "0.500", "0.500", "1 of 2", "0 of 2")
    assert "(1 of 2 shapes faster, 0 slower, 1 without a paired ratio)" in answers(run)[0]


def test_a_missing_copy_is_said(make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """Under the table that has no share of it."""
    run = make_run(make_measured(SOFTMAX, 2e-6), failed(replace(SOFTMAX, implementation="none")))
    (table,) = latency_details(run)
    assert table.document_notes == ("No ratio (-): there is no sample of the copy.",)


def test_two_dimensions_of_one_shape_are_two_shapes(make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """Each function is held against the copy of its own block."""
    outcomes = [
        make_measured(replace(SOFTMAX, implementation=name, input=Logits(shape=(512, 512), dim=dim)), seconds)
        for dim, copy_s in ((0, 1e-6), (1, 2e-6))
        for name, seconds in (("none", copy_s), ("softmax", 4e-6))
    ]
    (table,) = logit_function_tables(make_run(*outcomes))
    assert table.columns[-2].title == "GB/s at 512×512 over dimension 0"
    assert table.texts == (("softmax", "1", "", "", "", "", "524", "0.250 [0.250, 0.250]"),)


def test_compiled_stands_beside_eager(make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """In one table, under another name."""
    outcomes = [
        *timed(make_measured, {"none": 1e-6, "softmax": 2e-6}),
        *timed(make_measured, {"softmax": 3e-6}, mode=Mode.COMPILED),
    ]
    (table,) = logit_function_tables(make_run(*outcomes))
    assert [(row[0], row[1]) for row in table.texts] == [
        ("softmax", "1"),
        ("softmax, compiled", "1.500 [1.500, 1.500]"),
    ]


def test_the_report_has_the_tables_and_the_answer(run: Run) -> None:
    """Before the tables of the single shapes, and explained."""
    text = report(run)
    assert (
        text.index("## Logit functions")
        < text.index("Is a HardSoftmax that is made as well")
        < text.index("## Latency")
    )
    assert "- **GB/s**: the least that a logit function must move" in text


def test_the_csv_has_columns_of_its_own(run: Run) -> None:
    """Ratios to softmax, and bytes a second."""
    header, *lines = suite_csv(run, "operators").splitlines()
    assert {"ratio", "bytes_per_s", "share_of_copy_low"} <= set(header.split(","))
    assert len(lines) == 16


def test_functions_that_were_not_sampled_together_are_not_compared(
    make_run: MakeRun, make_measured: MakeMeasured, make_samples: Callable[..., Samples]
) -> None:
    """Neither with softmax nor with a copy: no mean, words in the cells, and notes that say what to do."""
    fused = replace(SOFTMAX, implementation="softmax/fused")
    run = make_run(
        make_measured(replace(SOFTMAX, implementation="none"), 1e-6),
        make_measured(SOFTMAX, 2e-6),
        Measured(case=fused, result=Latency(samples=make_samples([1e-6] * 24, first_round=100))),
    )
    (table,) = logit_function_tables(run)
    assert table.texts[1] == ("softmax/fused", "-", "", "", "", "", "32.0", "not paired")
    assert [note.partition(":")[0] for note in table.notes] == ["No mean (-)", "not paired"]
    (times,) = latency_details(run)
    assert times.texts[2] == ("softmax/fused", "1.00 µs ± 0.0%", "not paired", "32.0", "not paired", "24")
    line = dict(zip(*(line.split(",") for line in suite_csv(run, "operators").splitlines()[::3]), strict=True))
    assert (line["implementation"], line["ratio"], line["share_of_copy"]) == ("softmax/fused", "", "")
