"""Promises of the table of times, which has the rows of every block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from reporting.details import latency_details
from reporting.to_markdown import to_markdown
from results.blocks import blocks_of
from results.records import (
    Case,
    Complexity,
    Direction,
    Environment,
    Failed,
    FailureKind,
    FeatureMap,
    Images,
    Latency,
    Logits,
    Measured,
    Mode,
    Skipped,
    StopReason,
    Telemetry,
    Tokens,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reporting.table import Table
    from results.records import Outcome, Run, Samples

    MakeMeasured = Callable[..., Measured]
    MakeRun = Callable[..., Run]
    MakeSamples = Callable[..., Samples]
    TableOf = Callable[[Sequence[Outcome], Sequence[Case]], Table]

#: Of an attention alone.
FEATURES = FeatureMap(batch=1, channels=64, height=32, width=32)
#: Of the plain backbone.
IMAGES = Images(batch=1, channels=3, height=32, width=32, num_classes=100)


def attention(plain: Case, name: str, /, **changes: object) -> Case:
    """Return the case that differs from the plain backbone in having an attention."""
    return replace(plain, **({"implementation": name, "source": "1" * 8, "slot": "spatial_conv"} | changes))


@pytest.fixture
def table_of(make_run: MakeRun) -> TableOf:
    """Build the table of a run that has planned one block, with the outcomes that it has so far."""

    def build(outcomes: Sequence[Outcome], cases: Sequence[Case]) -> Table:
        run = make_run(*outcomes)
        (table,) = latency_details(replace(run, plan=replace(run.plan, blocks=blocks_of(cases))))
        return table

    return build


def test_a_table_shows_every_way_a_case_can_end(
    host: Case, make_run: MakeRun, make_measured: MakeMeasured, make_samples: MakeSamples
) -> None:
    """The plain backbone, then plan order; footnotes say why cases failed; a mark says that the budget ended early."""
    spread = make_samples([1.0, 1.08] * 12, stop=StopReason.BUDGET)
    oom = Failed(case=attention(host, "mine"), kind=FailureKind.OUT_OF_MEMORY, error="OutOfMemoryError: 2 GiB")
    raised = Failed(case=attention(host, "yours"), kind=FailureKind.EXCEPTION, error="ValueError: no such thing")
    run = make_run(
        Measured(case=attention(host, "sk/softmax"), result=Latency(samples=spread)),
        make_measured(host, 0.812),
        make_measured(attention(host, "se"), 0.8388),
        oom,
        raised,
        Skipped(case=attention(host, "large"), reason="a smaller batch ran out of memory"),
    )
    (table,) = latency_details(run)
    assert to_markdown(table) == (
        "Times, resnext50_16x4d, input 1×3×32×32, 100 classes, float32, cpu, forward, batch 1\n"
        "\n"
        "Median of the samples ± half its 95% interval; ratio of paired samples [its 95% interval]; "
        "Example CPU, 2 threads.\n"
        "\n"
        "| attention  | latency                 | ÷ plain                | samples |\n"
        "| ---------- | ----------------------: | ---------------------: | ------: |\n"
        "| (none)     | 812 ms ± 0.0%           | 1                      | 24      |\n"
        "| sk/softmax |   1.04 s ± 3.8% !       | 1.281 [1.232, 1.330] ! | 24      |\n"
        "| se         | 839 ms ± 0.0%           | 1.033 [1.033, 1.033]   | 24      |\n"
        "| mine       | failed: out of memory ¹ |                        |         |\n"
        "| yours      | failed ²                |                        |         |\n"
        "| large      | skipped ³               |                        |         |\n"
        "\n"
        "! wider than the 1.0% asked for: the budget of 5.00 s ended first. More: --budget 400\n"
        "\n"
        "Slot in resnext50_16x4d: spatial_conv.\n"
        "\n"
        "¹ OutOfMemoryError: 2 GiB. Use a smaller --batch-size or --image-size, or another --device.\n"
        "\n"
        "² ValueError: no such thing. The traceback is in records.jsonl.\n"
        "\n"
        "³ Skipped: a smaller batch ran out of memory\n"
    )


def test_a_budget_that_was_enough_is_not_marked(host: Case, make_samples: MakeSamples, table_of: TableOf) -> None:
    """A case that stopped at its budget with the precision asked for has no mark and no note."""
    enough = Measured(case=host, result=Latency(samples=make_samples([1.0] * 24, stop=StopReason.BUDGET)))
    table = table_of([enough], [host])
    assert table.texts == (("(none)", "1.00 s ± 0.0%", "1", "24"),)
    assert (table.notes, table.document_notes) == ((), ())


def test_functions_are_compared_with_softmax(host: Case, make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """Logit functions have no plain backbone: their ratios are against softmax, and the title says over what."""
    softmax = replace(host, implementation="softmax", host=None, input=Logits(shape=(8, 197, 197), dim=-1))
    hard = replace(softmax, implementation="hard_softmax")
    (table,) = latency_details(make_run(make_measured(softmax, 0.001), make_measured(hard, 0.0005)))
    assert table.title == "Times, logit functions, 8×197×197 over dimension -1, float32, cpu, forward"
    assert [column.title for column in table.columns] == ["function", "latency", "÷ softmax", "samples"]
    assert table.texts[1] == ("hard_softmax", "500 µs ± 0.0%", "0.500 [0.500, 0.500]", "24")


def test_nothing_to_compare_with_leaves_the_column_out(
    host: Case, make_measured: MakeMeasured, table_of: TableOf
) -> None:
    """An attention alone has neither plain backbone nor softmax nor another one beside it: no ratio is shown."""
    alone = attention(host, "se", host=None, input=FEATURES)
    table = table_of([make_measured(alone, 0.001)], [alone])
    assert table.title == "Times, attention alone, input 1×64×32×32, float32, cpu, forward, batch 1"
    assert [column.title for column in table.columns] == ["attention", "latency", "samples"]


def test_attentions_alone_are_compared_with_the_first(
    host: Case, make_measured: MakeMeasured, table_of: TableOf
) -> None:
    """There is no network without them; the ratio to the first one is paired all the same."""
    alone = {"host": None, "input": FEATURES, "slot": None}
    group = [attention(host, name, **alone) for name in ("se", "psk")]
    table = table_of([make_measured(group[0], 0.001), make_measured(group[1], 0.002)], group)
    assert [column.title for column in table.columns] == ["attention", "latency", "÷ se", "samples"]
    assert [row[2] for row in table.texts] == ["1", "2.000 [2.000, 2.000]"]
    broken = Failed(case=attention(host, "broken", **alone), kind=FailureKind.EXCEPTION, error="ValueError: no")
    beside = table_of([broken, make_measured(group[0], 0.001), make_measured(group[1], 0.002)], [broken.case, *group])
    assert beside.columns[2].title == "÷ se"
    assert [row[2] for row in beside.texts] == ["", "1", "2.000 [2.000, 2.000]"]


def test_an_attention_alone_says_what_a_branch_replaces(
    host: Case, make_measured: MakeMeasured, table_of: TableOf
) -> None:
    """Kernel, stride and groups are those of no network that the table names."""
    alone = replace(host, host=None, input=FEATURES, slot=None, implementation="psk")
    assert table_of([make_measured(alone, 1.0)], [alone]).document_notes[-1] == (
        "A branch alone replaces a 3×3 convolution of stride 1 in 16 groups."
    )


def test_slots_are_named(host: Case, make_measured: MakeMeasured, table_of: TableOf) -> None:
    """Where in the network attentions stand decides what they cost."""
    one = [host, attention(host, "se", slot="pre"), attention(host, "eca", slot="pre")]
    assert table_of([make_measured(one[0], 1.0)], one).document_notes[-1] == "Slot in resnext50_16x4d: pre."
    two = [*one, attention(host, "psk", slot="conv")]
    assert table_of([make_measured(one[0], 1.0)], two).document_notes[-1] == (
        "Slots in resnext50_16x4d: pre (se, eca), conv (psk)."
    )
    twice = [*one, attention(host, "se", slot="conv")]
    assert table_of([make_measured(twice[1], 1.0)], twice).texts[0][0] == "se (pre)"
    assert not any("Slot" in note for note in table_of([make_measured(one[0], 1.0)], twice).document_notes)


def test_a_growing_table_has_the_rows_so_far(host: Case, make_measured: MakeMeasured, table_of: TableOf) -> None:
    """A table of an unfinished group has the finished rows, and no ratio before the plain backbone is there."""
    group = (host, attention(host, "se"), attention(host, "sk/softmax"))
    first = table_of([make_measured(group[1], 0.839)], group)
    assert first.texts == (("se", "839 ms ± 0.0%", "-", "24"),)
    assert first.document_notes[0] == "No ratio (-): there is no sample of the plain network."
    second = table_of([make_measured(group[1], 0.839), make_measured(host, 0.812)], group)
    assert [row[2] for row in second.texts] == ["1", "1.033 [1.033, 1.033]"]
    assert second.document_notes == ("Slot in resnext50_16x4d: spatial_conv.",)


def test_what_was_not_sampled_together_has_no_ratio(host: Case, make_samples: MakeSamples, table_of: TableOf) -> None:
    """Medians of different moments are not divided; the cell says why, and a note what to do."""
    se = attention(host, "se")
    outcomes = [
        Measured(case=host, result=Latency(samples=make_samples([1.0] * 24))),
        Measured(case=se, result=Latency(samples=make_samples([1.5] * 24, first_round=100))),
    ]
    table = table_of(outcomes, (host, se))
    assert table.texts[1][2] == "not paired"
    assert table.document_notes[0] == (
        "not paired: fewer than six rounds in common (too few samples, or one of the two was measured later, after "
        "--resume), and times of different moments are not compared. Measure both in a new run, with a larger --budget "
        "where samples are too few."
    )


def test_a_lopsided_interval_is_shown_itself(host: Case, make_samples: MakeSamples, table_of: TableOf) -> None:
    """Half its width would hide that the call hardly takes less than its median, and perhaps four times as long."""
    disturbed = make_samples([238e-6] * 10 + [287e-6] * 5 + [1092e-6] * 9, stop=StopReason.BUDGET)
    table = table_of([Measured(case=host, result=Latency(samples=disturbed))], [host])
    assert table.texts[0][1] == "287 µs [238, 1092] !"
    assert table.caption.startswith("Median of the samples ± half its 95% interval, or [all of it]; ratio")


def test_a_lopsided_interval_that_is_narrow_enough_stays_a_half_width(
    host: Case, make_samples: MakeSamples, table_of: TableOf
) -> None:
    """Which side it leans to is of no interest within the precision asked for; nor is the caption longer."""
    leaning = make_samples([238e-6] * 10 + [287e-6] * 5 + [1092e-6] * 9, precision=2.0)
    table = table_of([Measured(case=host, result=Latency(samples=leaning))], [host])
    assert table.texts[0][1] == "287 µs ± 148.8%"
    assert table.caption.startswith("Median of the samples ± half its 95% interval; ratio")


def test_outliers_are_said_under_the_table(host: Case, make_samples: MakeSamples, table_of: TableOf) -> None:
    """By the names that the rows have."""
    taken = make_samples([1.0, 1.01, 1.02, 1.03] * 5 + [9.0] * 2)
    table = table_of([Measured(case=attention(host, "se"), result=Latency(samples=taken))], [attention(host, "se")])
    assert table.notes == ("Outliers, kept in the samples: se 2 of 22.",)


def test_too_few_samples_have_no_interval(host: Case, make_samples: MakeSamples, table_of: TableOf) -> None:
    """Five samples cannot bound a median: the table says so and tells which budget might."""
    few = Measured(case=host, result=Latency(samples=make_samples([1.0] * 5, stop=StopReason.BUDGET)))
    table = table_of([few], [host])
    assert table.texts[0][1] == "1.00 s ± ? !"
    assert table.document_notes == (
        "! wider than the 1.0% asked for: the budget of 5.00 s ended first. More: --budget 10",
        "± ? has too few samples for an interval.",
    )


def test_equal_names_are_told_apart(host: Case, make_measured: MakeMeasured, table_of: TableOf) -> None:
    """Two rows of one implementation show slot and options; a row whose name is its own does not."""
    outcomes = [
        make_measured(attention(host, "se", options=(("reduction", 4),)), 1.0),
        make_measured(attention(host, "se", options=(("reduction", 16),)), 1.0),
        make_measured(attention(host, "sk", options=(("normalizer", "softmax"),)), 1.0),
    ]
    table = table_of(outcomes, [outcome.case for outcome in outcomes])
    assert [row[0] for row in table.texts] == [
        "se (spatial_conv, reduction=4)",
        "se (spatial_conv, reduction=16)",
        "sk",
    ]


SIZE = "input 1×3×32×32, 100 classes"


@pytest.mark.parametrize(
    ("changes", "title", "told_apart"),
    [
        (
            {"host": "mobilenet_v3_small"},
            f"{SIZE}, float32, cpu, forward, batch 1",
            [("network",), ("resnext50_16x4d",), ("mobilenet_v3_small",)],
        ),
        (
            {"direction": Direction.BACKWARD},
            f"resnext50_16x4d, {SIZE}, float32, cpu, batch 1",
            [("direction",), ("forward",), ("backward",)],
        ),
        (
            {"input": IMAGES.with_batch(32)},
            f"resnext50_16x4d, {SIZE}, float32, cpu, forward",
            [("batch",), ("1",), ("32",)],
        ),
        (
            {"dtype": "bfloat16", "device": "cuda"},
            f"resnext50_16x4d, {SIZE}, forward, batch 1",
            [("dtype", "device"), ("float32", "cpu"), ("bfloat16", "cuda")],
        ),
        (
            {"input": replace(IMAGES, channels_last=True)},
            f"resnext50_16x4d, {SIZE}, float32, cpu, forward, batch 1",
            [("executed",), ("",), ("channels last",)],
        ),
    ],
)
def test_blocks_are_told_apart_by_columns(
    host: Case,
    make_run: MakeRun,
    make_measured: MakeMeasured,
    *,
    changes: dict[str, object],
    title: str,
    told_apart: list[tuple[str, ...]],
) -> None:
    """Beside the label stands what blocks differ in, in the title what they share; each has its own baseline."""
    other = replace(host, **changes)
    (table,) = latency_details(make_run(make_measured(host, 1.0), make_measured(other, 2.0)))
    facts = slice(1, 1 + len(told_apart[0]))
    assert table.title == f"Times, {title}"
    assert [tuple(column.title for column in table.columns[facts]), *(row[facts] for row in table.texts)] == told_apart
    assert [(row[0], row[facts.stop + 1]) for row in table.texts] == [("(none)", "1"), ("(none)", "1")]
    assert table.keys == facts.stop


def test_networks_attentions_alone_and_logit_functions_have_a_table_each(
    host: Case, make_run: MakeRun, make_measured: MakeMeasured
) -> None:
    """In the order of the plan: their times are no figures of one kind."""
    alone = attention(host, "se", host=None, input=FEATURES, slot=None)
    softmax = replace(host, implementation="softmax", host=None, input=Logits(shape=(8, 197), dim=1))
    run = make_run(make_measured(softmax, 1e-6), make_measured(host, 1.0), make_measured(alone, 1e-3))
    assert [table.title for table in latency_details(run)] == [
        "Times, logit functions, 8×197, float32, cpu, forward",
        "Times, resnext50_16x4d, input 1×3×32×32, 100 classes, float32, cpu, forward, batch 1",
        "Times, attention alone, input 1×64×32×32, float32, cpu, forward, batch 1",
    ]


def test_notes_name_a_row_with_what_tells_its_block_apart(
    host: Case, make_run: MakeRun, make_samples: MakeSamples
) -> None:
    """As the label alone stands in several rows."""
    taken = make_samples([1.0, 1.01, 1.02, 1.03] * 5 + [9.0] * 2)
    cases = (host, replace(host, direction=Direction.BACKWARD))
    (table,) = latency_details(make_run(*(Measured(case=case, result=Latency(samples=taken)) for case in cases)))
    assert table.notes == ("Outliers, kept in the samples: (none) (forward) 2 of 22, (none) (backward) 2 of 22.",)


def test_model_flops_are_explained(host: Case, make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """Where the column is: of attention between tokens."""
    tokens = Tokens(batch=1, heads=2, kv_heads=2, queries=64, keys=64, head_dim=16)
    between = replace(host, host=None, implementation="sdpa", input=tokens)
    table, other = latency_details(make_run(make_measured(between, 0.001), make_measured(host, 1.0)))
    assert "model TFLOP/s" in [column.title for column in table.columns]
    assert table.document_notes[0].startswith("Model FLOPs are what exact attention needs, whatever an implementation")
    assert other.document_notes == ()


def test_compiled_is_a_row_of_its_own(host: Case, make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """Beside the plain backbone as it is, which stays what all are compared with."""
    compiled = make_measured(replace(host, mode=Mode.COMPILED), 0.5)
    (table,) = latency_details(make_run(compiled, make_measured(host, 1.0)))
    assert [row[:1] + row[2:3] for row in table.texts] == [
        ("(none), compiled", "0.500 [0.500, 0.500]"),
        ("(none)", "1"),
    ]


def test_the_gpu_is_named(
    host: Case, make_run: MakeRun, make_measured: MakeMeasured, gpu_environment: Environment
) -> None:
    """What was measured on a GPU says which one."""
    on_gpu = replace(host, device="cuda", threads=None)
    (table,) = latency_details(make_run(make_measured(on_gpu, 1.0), environment=gpu_environment))
    assert table.caption.endswith("; Example GPU.")


def test_counting_suites_are_not_timed(
    host: Case, make_run: MakeRun, make_measured: MakeMeasured, plain_counts: Complexity
) -> None:
    """A suite that gave counts and failures, but no samples, has no table of latencies."""
    counted = replace(host, suite="complexity")
    run = make_run(
        Measured(case=counted, result=plain_counts),
        Failed(case=attention(counted, "mine"), kind=FailureKind.EXCEPTION, error="ValueError"),
        make_measured(host, 1.0),
    )
    (table,) = latency_details(run)
    assert [row[0] for row in table.texts] == ["(none)"]


def test_options_in_a_name_are_not_repeated(
    host: Case, make_run: Callable[..., Run], make_measured: Callable[..., Measured]
) -> None:
    """Two slots of ``se:reduction=4`` are told apart by the slot, and by options that the name does not have."""
    named = replace(
        host, implementation="se:reduction=4", options=(("bias", False), ("reduction", 4)), slot="block_output"
    )
    run = make_run(make_measured(named, 0.1), make_measured(replace(named, slot="pre"), 0.1))
    (table,) = latency_details(run)
    assert [row[0] for row in table.texts] == [
        "se:reduction=4 (block_output, bias=False)",
        "se:reduction=4 (pre, bias=False)",
    ]


def test_what_the_device_did_is_said_under_the_table(
    host: Case, make_run: MakeRun, make_measured: MakeMeasured
) -> None:
    """With the name that the row has in this table."""
    told = Telemetry(watched=24, power_capped=7)
    timed = make_measured(attention(host, "se"), 1.0)
    held = replace(timed, result=replace(timed.result, telemetry=told))
    (table,) = latency_details(make_run(make_measured(host, 1.0), held))
    assert "At the board's power limit, as large GPUs are under load: se in 7 of 24 samples." in table.notes[0]
