"""Promises of the table of bytes, which has the rows of every block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from reporting.details import memory_details
from reporting.report import report
from reporting.to_markdown import to_markdown
from reporting.units import format_factor
from results.records import Case, Direction, Environment, Failed, FailureKind, FeatureMap, Logits, Measured, Memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Run

    MakeRun = Callable[..., Run]

KIB = 2**10
PLAIN = Memory(
    saved_bytes=512 * KIB, peak_live_bytes=1024 * KIB, read_bytes=2800 * KIB, written_bytes=1200 * KIB, operators=403
)
GATED = Memory(
    saved_bytes=640 * KIB, peak_live_bytes=1536 * KIB, read_bytes=3900 * KIB, written_bytes=1100 * KIB, operators=643
)


@pytest.fixture
def plain(host: Case) -> Case:
    """Return a training step of the plain backbone."""
    return replace(host, suite="memory", direction=Direction.FORWARD_BACKWARD)


@pytest.fixture
def gated(plain: Case) -> Case:
    """Return the same with an attention."""
    return replace(plain, implementation="se", source="1" * 8, slot="block_output")


def test_bytes_beside_the_plain_hosts(plain: Case, gated: Case, make_run: MakeRun) -> None:
    """Plain backbone first; ratios of peak and of traffic to it; failures in words; no columns of CUDA without CUDA."""
    oom = Failed(case=replace(gated, implementation="mine"), kind=FailureKind.OUT_OF_MEMORY, error="MemoryError: 2 GiB")
    (table,) = memory_details(
        make_run(Measured(case=gated, result=GATED), Measured(case=plain, result=PLAIN), oom),
    )
    assert to_markdown(table) == (
        "Bytes, resnext50_16x4d, input 1×3×32×32, 100 classes, float32, cpu, forward+backward, batch 1\n"
        "\n"
        "Bytes of one call, counted from the operators as they run, above what rests before it; "
        "Example CPU, 2 threads.\n"
        "\n"
        "| attention | saved for backward      | peak live | peak ÷ plain | read     | written  "
        "| traffic ÷ plain | operators |\n"
        "| --------- | ----------------------: | --------: | -----------: | -------: | -------: "
        "| --------------: | --------: |\n"
        "| (none)    | 512 KiB                 | 1.00 MiB  | 1            | 2.73 MiB | 1.17 MiB "
        "| 1               | 403       |\n"
        "| se        | 640 KiB                 | 1.50 MiB  | 1.500        | 3.81 MiB | 1.07 MiB "
        "| 1.250           | 643       |\n"
        "| mine      | failed: out of memory ¹ |           |              |          |          "
        "|                 |           |\n"
        "\n"
        "Slot in resnext50_16x4d: block_output.\n"
        "\n"
        "¹ MemoryError: 2 GiB. Use a smaller --batch-size or --image-size, or another --device.\n"
    )


def titles(run: Run) -> list[str]:
    """Return the titles of the columns of a run's only table."""
    (table,) = memory_details(run)
    return [column.title for column in table.columns]


def test_inference_has_no_column_for_what_it_never_saves(host: Case, make_run: MakeRun) -> None:
    """Without a graph nothing is saved."""
    run = make_run(Measured(case=replace(host, suite="memory"), result=replace(PLAIN, saved_bytes=0)))
    assert "saved for backward" not in titles(run)


def test_beside_training_a_row_of_inference_leaves_its_cell_empty(plain: Case, make_run: MakeRun) -> None:
    """The columns are those of the block that has most; each block has its own baseline."""
    inference = replace(plain, direction=Direction.FORWARD)
    run = make_run(Measured(case=inference, result=replace(PLAIN, saved_bytes=0)), Measured(case=plain, result=PLAIN))
    (table,) = memory_details(run)
    assert table.title == "Bytes, resnext50_16x4d, input 1×3×32×32, 100 classes, float32, cpu, batch 1"
    assert titles(run)[:5] == ["attention", "direction", "saved for backward", "peak live", "peak ÷ plain"]
    assert [row[:5] for row in table.texts] == [
        ("(none)", "forward", "", "1.00 MiB", "1"),
        ("(none)", "forward+backward", "512 KiB", "1.00 MiB", "1"),
    ]


def test_cuda_adds_the_allocators_figures(plain: Case, make_run: MakeRun, gpu_environment: Environment) -> None:
    """With the share of them that was counted; what NVML did not say has no column."""
    on_gpu = replace(plain, device="cuda", threads=None)
    memory = replace(PLAIN, allocated_bytes=1280 * KIB, reserved_bytes=2048 * KIB)
    run = make_run(Measured(case=on_gpu, result=memory), environment=gpu_environment)
    assert titles(run)[8:] == ["allocated", "reserved", "peak live ÷ allocated"]
    (table,) = memory_details(run)
    assert table.texts[0][8:] == ("1.25 MiB", "2.00 MiB", "0.800")


def test_what_nvml_says_has_a_column_as_soon_as_one_row_has_it(plain: Case, gated: Case, make_run: MakeRun) -> None:
    """The rows without it say so."""
    run = make_run(
        Measured(case=plain, result=PLAIN), Measured(case=gated, result=replace(GATED, process_bytes=3 * 2**30))
    )
    assert titles(run)[8:] == ["process (NVML)"]
    (table,) = memory_details(run)
    assert [row[8] for row in table.texts] == ["-", "3.00 GiB"]


def test_an_attention_alone_is_compared_with_nothing(plain: Case, make_run: MakeRun) -> None:
    """There is no map without attention to compare it with; two of them are compared with each other."""
    features = FeatureMap(batch=1, channels=64, height=32, width=32)
    alone = replace(plain, implementation="se", host=None, input=features)
    assert titles(make_run(Measured(case=alone, result=GATED))) == [
        *("attention", "saved for backward", "peak live", "read", "written", "operators"),
    ]


def test_functions_on_logits_are_compared_with_softmax(plain: Case, make_run: MakeRun) -> None:
    """Torch's own stands where the plain backbone stands in other tables."""
    softmax = replace(plain, implementation="softmax", host=None, input=Logits(shape=(1, 2, 8), dim=1))
    other = replace(softmax, implementation="plu")
    (table,) = memory_details(make_run(Measured(case=softmax, result=PLAIN), Measured(case=other, result=GATED)))
    assert (table.columns[0].title, table.columns[3].title) == ("function", "peak ÷ softmax")
    assert [row[3] for row in table.texts] == ["1", "1.500"]


def test_without_the_plain_hosts_figure_there_is_no_ratio(plain: Case, gated: Case, make_run: MakeRun) -> None:
    """And a note says why."""
    failed = Failed(case=plain, kind=FailureKind.EXCEPTION, error="ValueError: no")
    (table,) = memory_details(make_run(failed, Measured(case=gated, result=GATED)))
    assert [row[3] for row in table.texts] == ["", "-"]
    assert table.notes == ("No ratio (-): there is no figure of the plain network.",)


def test_nothing_of_nothing_is_no_ratio(plain: Case, gated: Case, make_run: MakeRun) -> None:
    """Where the plain backbone holds no byte, nothing can be divided by it."""
    empty = replace(PLAIN, peak_live_bytes=0)
    (table,) = memory_details(make_run(Measured(case=plain, result=empty), Measured(case=gated, result=GATED)))
    assert [row[3] for row in table.texts] == ["1", "-"]


def test_the_report_has_a_section_and_says_how_to_read_it(plain: Case, make_run: MakeRun) -> None:
    """A run of the memory suite alone says nothing of latency or of counts."""
    rendered = report(make_run(Measured(case=plain, result=PLAIN)))
    assert (
        "\n## Memory and traffic\n\n### Bytes, resnext50_16x4d, input 1×3×32×32, 100 classes, "
        "float32, cpu, forward+backward, batch 1\n"
    ) in rendered
    assert "- **traffic**: read and written are what the operators' arguments and results hold" in rendered
    assert "Multiply-adds cannot rank modules that compute little, traffic and operators can" in rendered
    assert "## Latency" not in rendered
    assert "## Complexity" not in rendered


def test_a_run_without_bytes_has_no_such_section(host: Case, make_run: MakeRun) -> None:
    """Also when the run planned them but reached none."""
    pending = make_run(pending=[replace(host, suite="memory")])
    assert memory_details(pending) == ()
    assert "traffic" not in report(pending)


def test_exact_ratios_have_no_interval() -> None:
    """Four digits above 1, three below, as in the tables of latency."""
    assert [format_factor(value) for value in (1.0334, 0.98712, 12.345)] == ["1.033", "0.987", "12.35"]
