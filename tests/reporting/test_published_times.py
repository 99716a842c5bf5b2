"""Promises of published tables of times: printed digits, and what each is of the first row's."""

from __future__ import annotations

import csv
import io

import pytest

from reporting.published import PublishedError, is_of_times, load_times
from reporting.published_times import times_csv, times_table
from reporting.to_markdown import to_markdown


def test_table_4_of_the_psk_paper() -> None:
    """Softmax written by hand took 4.7% longer to train than PyTorch's, HardSoftmax 4.0%."""
    assert to_markdown(times_table(load_times("psk", 4))) == (
        "Zhu et al. 2021, Table 4 (speed), as published\n"
        "\n"
        "Zhu, Min, Zhang, Duan: Parallel Selective Kernel Attention Based on HardSoftmax, 2021, "
        "doi:10.3778/j.issn.1002-8331.2010-0085: “Comparison of speed between HardSoftmax and Softmax. "
        "Speed is in second.”\n"
        "\n"
        "One epoch of SKNet50 (16x4d) on CIFAR-100 in batches of 32, on an RTX 4000 with torch 1.6.\n"
        "\n"
        "| Normalisation              | train, s | ÷ Softmax (PyTorch) | evaluate, s | ÷ Softmax (PyTorch) |\n"
        "| -------------------------- | -------: | ------------------: | ----------: | ------------------: |\n"
        "| Softmax (PyTorch)          | 154.30   | 1                   | 6.00        | 1                   |\n"
        "| Softmax (hand-written)     | 161.51   | 1.047               | 6.01        | 1.002               |\n"
        "| HardSoftmax (hand-written) | 160.47   | 1.040               | 6.00        | 1.000               |\n"
    )


def test_csv_says_that_nothing_was_measured() -> None:
    """One line a figure, with the digits as printed."""
    records = list(csv.DictReader(io.StringIO(times_csv(load_times("psk", 4)))))
    assert [(record["row"], record["metric"], record["published"]) for record in records[:3]] == [
        ("Softmax (PyTorch)", "train_s", "154.30"),
        ("Softmax (PyTorch)", "evaluate_s", "6.00"),
        ("Softmax (hand-written)", "train_s", "161.51"),
    ]
    assert {(record["verdict"], record["measured"]) for record in records} == {("not measured", "")}


def test_other_tables_are_not_of_times() -> None:
    """Each kind is loaded by its own function, which refuses the others."""
    assert is_of_times("psk", 4)
    assert not is_of_times("psk", 2)
    assert not is_of_times("psk", 7)
    with pytest.raises(PublishedError, match="unknown table 2 of 'psk'; choose from 4"):
        load_times("psk", 2)
