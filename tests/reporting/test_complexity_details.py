"""Promises of the tables of sizes and of operators, which have the rows of every block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from reporting.details import complexity_details, operator_details
from reporting.to_markdown import to_markdown
from results.records import (
    Case,
    Complexity,
    Count,
    CountFailure,
    Failed,
    FailureKind,
    Measured,
    OperatorCount,
    Tokens,
    Unit,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Run

    MakeMeasured = Callable[..., Measured]
    MakeRun = Callable[..., Run]


def attention(host: Case, name: str) -> Case:
    """Return the case that differs from the plain backbone in having an attention."""
    return replace(host, implementation=name, source="1" * 8, slot="spatial_conv")


def test_sizes_stand_beside_the_plain_hosts(host: Case, make_run: MakeRun, plain_counts: Complexity) -> None:
    """Parameters, their difference to the plain backbone, a column a rule; a footnote says why a case failed."""
    se = Complexity(
        parameters=8_744_932,
        counts=(
            Count(rule="torchstat", unit=Unit.MADD, total=731_662_076, by_operator=()),
            Count(rule="fvcore", unit=Unit.MAC, total=367_100_000, by_operator=()),
        ),
    )
    run = make_run(
        Measured(case=attention(host, "se"), result=se),
        Measured(case=host, result=plain_counts),
        Failed(case=attention(host, "mine"), kind=FailureKind.EXCEPTION, error="ValueError: no"),
    )
    (table,) = complexity_details(run)
    assert to_markdown(table) == (
        "Sizes, resnext50_16x4d, input 1×3×32×32, 100 classes\n"
        "\n"
        "For a batch of one, M = 1e6.\n"
        "\n"
        "| attention | parameters (M) | Δ plain (M) | torchstat MAdds (M) | torch FLOPs (M) | fvcore MACs (M) |\n"
        "| --------- | -------------: | ----------: | ------------------: | --------------: | --------------: |\n"
        "| (none)    | 6.22           | -           |   2.04              | 2.00            | -               |\n"
        "| se        | 8.74           | +2.52       | 731.66              | -               | 367.10          |\n"
        "| mine      | failed ¹       |             |                     |                 |                 |\n"
        "\n"
        "Slot in resnext50_16x4d: spatial_conv.\n"
        "\n"
        "¹ ValueError: no. The traceback is in records.jsonl.\n"
    )


def test_a_rule_that_failed_says_so_in_its_cell_alone(host: Case, make_run: MakeRun, plain_counts: Complexity) -> None:
    """Parameters and the other rules stay; a note has the rule, the rows and the cause, once for equal causes."""
    broken = Complexity(
        parameters=7_000_000,
        counts=plain_counts.counts[:1],
        failures=(CountFailure(rule="fvcore", unit=Unit.MAC, error="IndexError: list index out of range"),),
    )
    run = make_run(
        Measured(case=host, result=plain_counts),
        Measured(case=attention(host, "mine"), result=broken),
        Measured(case=attention(host, "yours"), result=broken),
    )
    (table,) = complexity_details(run)
    assert [column.title for column in table.columns][3:] == [
        "torchstat MAdds (M)",
        "torch FLOPs (M)",
        "fvcore MACs (M)",
    ]
    assert table.texts == (
        ("(none)", "6.22", "-", "2.04", "2.00", "-"),
        ("mine", "7.00", "+0.78", "2.04", "-", "failed"),
        ("yours", "7.00", "+0.78", "2.04", "-", "failed"),
    )
    assert table.notes == ("fvcore could not count mine, yours: IndexError: list index out of range",)


def test_what_no_rule_counts_is_named_under_the_table(host: Case, make_run: MakeRun, plain_counts: Complexity) -> None:
    """Three operators a row at most, those of any amount of work first, with the elements that they worked on."""
    filtered = replace(
        plain_counts,
        uncounted=(OperatorCount("fft_r2c", 2_000_000),),
        elementwise=(OperatorCount("mul", 900_000), OperatorCount("add", 50_000), OperatorCount("exp", 40_000)),
    )
    run = make_run(
        Measured(case=host, result=replace(plain_counts, elementwise=(OperatorCount("add", 1_000),))),
        Measured(case=attention(host, "mine"), result=filtered),
    )
    (table,) = complexity_details(run)
    words = "No rule counts these operators, which ran (elements that they worked on, M)"
    assert table.notes == (f"{words}: mine (fft_r2c 2.00, mul 0.90, add 0.05).",)


def test_without_a_plain_host_there_is_no_difference(host: Case, make_run: MakeRun, plain_counts: Complexity) -> None:
    """The column of differences is left out where there is nothing to differ from."""
    (table,) = complexity_details(make_run(Measured(case=attention(host, "se"), result=plain_counts)))
    assert [column.title for column in table.columns] == [
        "attention",
        "parameters (M)",
        "torchstat MAdds (M)",
        "torch FLOPs (M)",
    ]


def test_the_networks_are_told_apart_by_a_column(host: Case, make_run: MakeRun, plain_counts: Complexity) -> None:
    """Two backbones stand under each other, and so do their operators."""
    other = replace(host, host="mobilenet_v3_small")
    run = make_run(Measured(case=host, result=plain_counts), Measured(case=other, result=plain_counts))
    (sizes,), (operators,) = complexity_details(run), operator_details(run)
    assert sizes.title == "Sizes, input 1×3×32×32, 100 classes"
    assert [row[:3] for row in sizes.texts] == [
        ("(none)", "resnext50_16x4d", "6.22"),
        ("(none)", "mobilenet_v3_small", "6.22"),
    ]
    assert operators.title == "Operators, input 1×3×32×32, 100 classes"
    assert [row[:3] for row in operators.texts] == [
        ("(none)", "resnext50_16x4d", "batch_norm"),
        ("(none)", "mobilenet_v3_small", "batch_norm"),
    ]


def test_what_was_not_counted_is_no_complexity(host: Case, make_run: MakeRun, make_measured: MakeMeasured) -> None:
    """A run of latencies has no table of sizes."""
    assert complexity_details(make_run(make_measured(host, 1.0))) == ()


def test_operators_on_which_rules_disagree_are_listed(host: Case, make_run: MakeRun, plain_counts: Complexity) -> None:
    """The convolution counts the same by both rules and is left out; the normalisation counts by one of them only."""
    (table,) = operator_details(make_run(Measured(case=host, result=plain_counts)))
    assert [column.title for column in table.columns] == [
        "attention",
        "operator",
        "torchstat MAdds (M)",
        "torch FLOPs (M)",
    ]
    assert table.texts == (("(none)", "batch_norm", "0.04", "0"),)
    assert table.caption == (
        "Operators that do not count the same by every rule, a MAC taken as two; each rule in its own unit, M = 1e6."
    )


def test_model_flops_are_explained(host: Case, make_run: MakeRun, plain_counts: Complexity) -> None:
    """Of attention between tokens, which has a rule of its own."""
    tokens = Tokens(batch=1, heads=2, kv_heads=2, queries=64, keys=64, head_dim=16)
    between = replace(host, host=None, implementation="sdpa", input=tokens)
    (table,) = complexity_details(make_run(Measured(case=between, result=plain_counts)))
    (note,) = table.document_notes
    assert note.startswith("Model FLOPs are what exact attention needs, whatever an implementation executes: ")


def test_counters_that_agree_need_no_table(host: Case, make_run: MakeRun) -> None:
    """Where every rule counts every operator the same there is nothing to list."""
    conv = (OperatorCount("conv", 2_000_000),)
    agreed = Complexity(
        parameters=1,
        counts=(
            Count(rule="torchstat", unit=Unit.MADD, total=2_000_000, by_operator=conv),
            Count(rule="torch", unit=Unit.FLOP, total=2_000_000, by_operator=conv),
        ),
    )
    assert operator_details(make_run(Measured(case=host, result=agreed))) == ()
