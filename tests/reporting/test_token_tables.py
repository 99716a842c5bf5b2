"""What a report says of attention between tokens over its length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from reporting.kinds import SECTIONS
from reporting.report import report
from reporting.summarizing import summarize
from reporting.token_tables import token_sentences, token_tables
from results.frame import suite_frame
from results.records import Agreement, Backend, FirstCall, Latency, Measured, Memory, Ran, Refusal, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Case, Outcome, Run, Samples

RAN = Ran(
    asked="auto",
    backends=(Backend.FLASH,),
    refused=(Refusal(Backend.CUDNN, "no such kernel"),),
    agreement=Agreement(of="output", error=1e-7, allowed=4e-7),
    executed_flops=2**20,
    peak_flops_per_s=1e9,
)
FIRST = FirstCall(seconds=0.02, mask_s=2e-5)
COMPILED = FirstCall(seconds=4.0, compile_s=3.5, from_cache=True, mask_s=3e-3, mask_kept=True)
OWN = Ran(
    agreement=Agreement(of="output", error=2e-7, allowed=4e-7, own=True), executed_flops=2**18, peak_flops_per_s=1e9
)


@pytest.fixture
def run(host: Case, make_samples: Callable[..., Samples], make_run: Callable[..., Run]) -> Run:
    """Return a run in which linear attention takes twice the time at 64 tokens, and half of it at 256."""
    outcomes: list[Outcome] = []
    for length, seconds in ((64, 0.004), (256, 0.001)):
        tokens = Tokens(batch=1, heads=2, kv_heads=2, queries=length, keys=length, head_dim=16)
        case = replace(host, host=None, input=tokens, source="")
        for name, taken, ran in (("sdpa", 0.002, RAN), ("attention/linear", seconds, OWN)):
            first = FIRST if name == "sdpa" else COMPILED
            one = replace(case, implementation=name, threads=2)
            samples = make_samples([taken] * 20)
            outcomes.append(Measured(case=one, result=Latency(samples=samples, ran=ran, first=first)))
            memory = Memory(saved_bytes=0, peak_live_bytes=length**2, read_bytes=0, written_bytes=0, operators=1)
            outcomes.append(Measured(case=replace(one, suite="memory"), result=memory))
    return make_run(*outcomes)


def test_the_crossover_lies_between_the_lengths_measured(run: Run) -> None:
    """In the first table, and in a sentence of the summary."""
    table = token_tables(run)[0]
    assert table.title == "from which length on, 1×2×N×16, float32, Example CPU, 2 threads"
    assert table.texts == (
        ("attention/linear", "forward", "2.000 [2.000, 2.000]", "0.500 [0.500, 0.500]", "128 [128, 128]"),
    )
    sentence = (
        "Forward, 1×2×N×16, float32, Example CPU, 2 threads: faster than sdpa from N = attention/linear 128 [128, 128]."
    )
    assert token_sentences(run) == (sentence,)
    summary = summarize(run)
    assert summary is not None
    assert sentence in summary.notes


def test_the_kernel_that_ran_is_a_column(run: Run) -> None:
    """With the lengths, what it was held against, and why others refuse."""
    kernels = next(table for table in token_tables(run) if table.title.startswith("which kernel"))
    assert kernels.texts == (
        ("sdpa", "forward", "auto", "flash", "all", "softmax attention", "1.0e-07 (output)", "0.250"),
        ("attention/linear", "forward", "", "own operators", "all", "its definition", "2.0e-07 (output)", "0.500"),
    )
    assert kernels.notes == ("cudnn does not take it (cpu, float32): no such kernel.",)
    assert "flash (auto)" in report(run)


def test_of_peak_counts_nothing_that_did_not_run(run: Run) -> None:
    """4 x 2 heads x 256^2 pairs x 16 are 8,388,608 operations in 2 ms; 2^20 of them ran, at a peak of 1e9 a second."""
    work = next(table for table in token_tables(run) if table.title.startswith("speed"))
    assert work.texts[0] == (
        "sdpa",
        "1×2×256×16",
        "forward",
        "0.00419",
        "52.4%",
        "0.0655",
        "64.0",
        "8.39",
        "1.05",
    )


def test_memory_has_the_power_with_which_it_grows(run: Run) -> None:
    """From 4 KiB at 64 to 64 KiB at 256."""
    memory = next(table for table in token_tables(run) if table.title.startswith("memory"))
    assert memory.texts[0] == ("sdpa", "forward", "4.00 KiB", "64.0 KiB", "2.00")
    assert "64 numbers a token and layer, 256 B" in memory.caption


def test_the_csv_file_has_what_ran(run: Run) -> None:
    """With the ratio to exact attention, and the sizes of the tokens."""
    row = suite_frame(run.index, "latency").iloc[-1]
    assert row["implementation"] == "attention/linear"
    assert row["ratio_to_sdpa"] == pytest.approx(0.5)
    assert (row["queries"], row["kv_elements_per_token"], row["executed_flops"]) == (256, 64, 2**18)
    assert (row["largest_error"], row["allowed_error"], row["own_definition"]) == (2e-7, 4e-7, True)


def test_nothing_is_said_of_tokens_where_there_are_none(make_run: Callable[..., Run]) -> None:
    """The section is left out."""
    section = next(section for section in SECTIONS if section.title == "Attention between tokens")
    assert not section.applies(make_run())


def test_what_is_paid_before_the_first_sample_has_a_table(run: Run) -> None:
    """At the longest length: the first call, torch.compile's part of it, and the mask."""
    (table,) = [table for table in token_tables(run) if table.title.startswith("before the first sample")]
    tokens = "1×2×256×16"
    assert table.texts == (
        ("sdpa", tokens, "forward", "20.0 ms", "10.0", "", "20.0 µs", "in every call"),
        (
            "attention/linear",
            tokens,
            "forward",
            "4.00 s",
            "4000.0",
            "3.50 s (code from its cache)",
            "3.00 ms",
            "once",
        ),
    )


def test_what_is_paid_once_has_columns(run: Run) -> None:
    """In SI units; of what was not compiled the cells are empty."""
    frame = suite_frame(run.index, "latency")
    names = ["first_call_s", "compile_s", "compiled_from_cache", "mask_s", "mask_every_call"]
    plain, compiled = (frame[frame.implementation == name].iloc[-1] for name in ("sdpa", "attention/linear"))
    assert [plain[name] for name in names[0::3]] == [0.02, 2e-5]
    assert plain[["compile_s", "compiled_from_cache"]].isna().all()
    assert bool(plain["mask_every_call"])
    assert [compiled[name] for name in names] == [4.0, 3.5, True, 3e-3, False]
