"""What attaching costs, as a table and as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from reporting.marginal_tables import marginal_csv, marginal_tables
from reporting.report import report
from reporting.to_markdown import to_markdown
from results.records import Complexity, Count, Failed, FailureKind, Latency, Measured, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Case, Run, Samples

#: Seconds of the plain network in eight rounds that slow down, and what the attention adds in each.
PLAIN_S = [0.010 + 0.001 * number for number in range(8)]
ADDED_S = [0.0020, 0.0021, 0.0019, 0.0020, 0.0022, 0.0018, 0.0020, 0.0020]


def counted(parameters: int, macs: int) -> Complexity:
    """Count by one rule."""
    return Complexity(
        parameters=parameters, counts=(Count(rule="torch", unit=Unit.FLOP, total=2 * macs, by_operator=()),)
    )


@pytest.fixture
def run(host: Case, make_run: Callable[..., Run], make_samples: Callable[..., Samples]) -> Run:
    """Return a run of a plain network and of the same with an attention, counted and timed."""
    attended = replace(host, implementation="se", source="1" * 8, slot="block_output")
    made = make_run(
        Measured(case=replace(host, suite="complexity", threads=1), result=counted(6_000_000, 300_000_000)),
        Measured(case=replace(attended, suite="complexity", threads=1), result=counted(8_520_000, 302_500_000)),
        Measured(case=host, result=Latency(samples=make_samples(PLAIN_S))),
        Measured(
            case=attended, result=Latency(samples=make_samples([p + a for p, a in zip(PLAIN_S, ADDED_S, strict=True)]))
        ),
    )
    return replace(made, plan=replace(made.plan, suites=("complexity", "latency", "marginal")))


def test_the_table_has_differences_to_the_plain_network(run: Run) -> None:
    """Exact ones for sizes; the median of the paired differences for time, although both networks slowed down."""
    (table,) = marginal_tables(run)
    assert [column.title for column in table.columns] == [
        "attention",
        "slot",
        "Δ parameters (M)",
        "Δ torch FLOPs (M)",
        "Δ latency",
        "÷ plain",
    ]
    ((attention, slot, parameters, operations, latency, factor),) = table.texts
    assert (attention, slot, parameters, operations) == ("se", "block_output", "+2.52", "+5.00")
    assert latency.startswith("+2.00 ms [+1.8")
    assert factor.startswith("1.155 [1.1")


def test_the_plain_network_is_no_row(run: Run) -> None:
    """It costs nothing more than itself."""
    assert all("(none)" not in to_markdown(table) for table in marginal_tables(run))


def test_csv_has_full_digits(run: Run) -> None:
    """SI units, counts as integers, one line an attention."""
    (line,) = csv.DictReader(io.StringIO(marginal_csv(run)))
    assert (line["delta_parameters"], line["delta_flops_torch"], line["delta_macs_fvcore"]) == (
        "2520000",
        "5000000",
        "",
    )
    assert float(line["delta_latency_s"]) == pytest.approx(0.0020)
    assert float(line["delta_latency_low_s"]) <= 0.0020 <= float(line["delta_latency_high_s"])
    assert (line["host"], line["slot"], line["direction"], line["pairs"]) == (
        "resnext50_16x4d",
        "block_output",
        "forward",
        "8",
    )


def test_without_pairs_there_is_no_difference(
    host: Case, make_run: Callable[..., Run], make_samples: Callable[..., Samples]
) -> None:
    """Samples of other rounds are neither subtracted nor divided; the cells say so, and in the CSV they are empty."""
    run = make_run(
        Measured(case=host, result=Latency(samples=make_samples(PLAIN_S))),
        Measured(
            case=replace(host, implementation="se", slot="block_output"),
            result=Latency(samples=make_samples(PLAIN_S, first_round=100)),
        ),
    )
    (table,) = marginal_tables(run)
    assert table.texts[0][-2:] == ("not paired", "not paired")
    assert [note.partition(" (")[0] for note in table.notes] == ["not paired: fewer than six rounds in common"]
    (line,) = csv.DictReader(io.StringIO(marginal_csv(run)))
    assert (line["delta_latency_s"], line["ratio"], line["ratio_low"], line["pairs"]) == ("", "", "", "0")


def test_the_report_has_a_section_if_it_was_asked_for(run: Run) -> None:
    """And not otherwise: the complexity and latency tables say the same in another way."""
    heading = "## What attaching costs"
    assert heading in report(run)
    assert heading not in report(replace(run, plan=replace(run.plan, suites=("complexity", "latency"))))


def test_two_slots_are_told_apart_by_their_column_alone(
    host: Case, make_run: Callable[..., Run], make_samples: Callable[..., Samples]
) -> None:
    """The name does not repeat the slot, nor the options that it has already."""
    se = replace(host, implementation="se:reduction=8", options=(("reduction", 8),))
    slots = ("block_output", "block_output@4")
    run = make_run(
        *(
            Measured(case=case, result=Latency(samples=make_samples(PLAIN_S)))
            for case in (host, *(replace(se, slot=at) for at in slots))
        )
    )
    (table,) = marginal_tables(run)
    assert [row[:2] for row in table.texts] == [("se:reduction=8", slot) for slot in slots]


def test_what_failed_is_a_row_with_its_cause(
    host: Case, make_run: Callable[..., Run], make_samples: Callable[..., Samples]
) -> None:
    """A missing row would read as if it had not been asked for."""
    failed = replace(host, implementation="se", slot="block_output")
    good = replace(failed, implementation="eca")
    run = make_run(
        Measured(case=host, result=Latency(samples=make_samples(PLAIN_S))),
        Failed(case=failed, kind=FailureKind.OUT_OF_MEMORY, error="no room", traceback=""),
        Measured(case=good, result=Latency(samples=make_samples(PLAIN_S))),
    )
    (table,) = marginal_tables(run)
    assert table.texts[0] == ("se", "block_output", "-", "failed: out of memory ¹", "")
    assert table.texts[1][-1] == "1.000 [1.000, 1.000]"
    assert table.notes == ()
    lines = list(csv.DictReader(io.StringIO(marginal_csv(run))))
    assert [(line["status"], line["delta_latency_s"], line["pairs"], line["error"]) for line in lines] == [
        ("failed", "", "", "failed: out of memory"),
        ("measured", "0.0", "8", ""),
    ]


def test_without_the_plain_network_there_is_no_cost(
    host: Case, make_run: Callable[..., Run], make_samples: Callable[..., Samples]
) -> None:
    """A time that there is nothing to compare with is no difference."""
    run = make_run(
        Failed(case=host, kind=FailureKind.OUT_OF_MEMORY, error="no room", traceback=""),
        Measured(
            case=replace(host, implementation="se", slot="block_output"), result=Latency(samples=make_samples(PLAIN_S))
        ),
    )
    (table,) = marginal_tables(run)
    assert table.texts[0][-2:] == ("-", "-")
    assert table.notes == ("No difference in time (-): the plain network was not timed (failed: out of memory).",)


def test_a_plain_network_that_is_not_reached_yet_hides_nothing(
    host: Case, make_run: Callable[..., Run], make_samples: Callable[..., Samples]
) -> None:
    """The attentions that are finished have their rows, and lines in the CSV."""
    attended = replace(host, implementation="se", slot="block_output")
    pending = (host, replace(attended, implementation="eca"))
    run = make_run(Measured(case=attended, result=Latency(samples=make_samples(PLAIN_S))), pending=pending)
    (table,) = marginal_tables(run)
    assert [(row[0], *row[-2:]) for row in table.texts] == [("se", "-", "-")]
    assert table.notes == ("No difference in time (-): the plain network was not timed (not reached yet).",)
    (line,) = csv.DictReader(io.StringIO(marginal_csv(run)))
    assert (line["implementation"], line["status"], line["pairs"]) == ("se", "measured", "")
