"""Promises of speeds as published: printed digits, and how many times as long each row takes as the first."""

from __future__ import annotations

import csv
import io

from reporting.printed_speeds import printed_speeds_csv, printed_speeds_table
from reporting.published.speeds import load_speeds
from reporting.to_markdown import to_markdown


def test_table_4_of_the_psk_paper() -> None:
    """Softmax written by hand took 4.7% longer to train than PyTorch's, HardSoftmax 4.0%."""
    assert to_markdown(printed_speeds_table(load_speeds("psk", 4))) == (
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
    records = list(csv.DictReader(io.StringIO(printed_speeds_csv(load_speeds("psk", 4)))))
    assert [(record["row"], record["metric"], record["published"]) for record in records[:3]] == [
        ("Softmax (PyTorch)", "train_s", "154.30"),
        ("Softmax (PyTorch)", "evaluate_s", "6.00"),
        ("Softmax (hand-written)", "train_s", "161.51"),
    ]
    assert {(record["verdict"], record["measured"]) for record in records} == {("not measured", "")}


def test_of_images_a_second_the_ratio_is_of_time() -> None:
    """ECA's ResNet-50 with SE trains 759 images a second, without 1024: it takes 1.349 times as long."""
    table = printed_speeds_table(load_speeds("eca", 3))
    assert [column.title for column in table.columns] == [
        "Model",
        "training, images/s",
        "÷ first of its backbone",
        "inference, images/s",
        "÷ first of its backbone",
    ]
    assert table.texts[1] == ("ResNet-50 + SE", "759", "1.349", "1620", "1.145")
    assert table.texts[4] == ("ResNet-101", "386", "1", "1174", "1")


def test_a_memory_is_no_speed_of_a_machine() -> None:
    """GCNet's table has the detector's memory in its first column."""
    records = list(csv.DictReader(io.StringIO(printed_speeds_csv(load_speeds("gcnet", 1)))))
    assert [(record["metric"], record["published"], record["reason"]) for record in records[:2]] == [
        ("memory_gb", "3.9", "memory of the paper's machine"),
        ("train_s", "0.453", "speed of the paper's machine"),
    ]
