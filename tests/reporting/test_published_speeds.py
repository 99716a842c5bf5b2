"""Promises of published speeds and accuracies: what the files hold, as the papers print it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reporting.published import PublishedError
from reporting.published.accuracies import load_accuracies
from reporting.published.speeds import Calls, Epochs, Unit, load_speeds
from results.records import Direction, Mode, Phase


def test_senet_prints_two_pairs_in_section_4() -> None:
    """A batch of 256 on eight GPUs, 32 on each, and one image on a CPU."""
    speeds = load_speeds("senet", 0)
    assert [(row.name, *map(str, row.printed.values())) for row in speeds.rows] == [
        ("ResNet-50", "190", "164"),
        ("SE-ResNet-50", "209", "167"),
    ]
    assert [(column.unit, column.how) for column in speeds.columns] == [
        (Unit.MILLISECONDS, Calls(direction=Direction.FORWARD_BACKWARD, batch=32)),
        (Unit.MILLISECONDS, Calls(direction=Direction.FORWARD, batch=1, device="cpu")),
    ]


def test_gcnet_s_memory_is_not_measured() -> None:
    """The detector's memory, seconds of an iteration and images a second, as its README prints them."""
    speeds = load_speeds("gcnet", 1)
    assert [tuple(map(str, row.printed.values())) for row in speeds.rows] == [
        ("3.9", "0.453", "10.6"),
        ("4.5", "0.533", "10.1"),
        ("4.6", "0.533", "9.9"),
    ]
    assert [column.how is None for column in speeds.columns] == [True, False, False]


def test_psk_s_table_4_has_two_more_pairs_of_rows() -> None:
    """Compiled and fused, which the paper does not have, each HardSoftmax beside a softmax made in the same way."""
    speeds = load_speeds("psk", 4)
    assert [row.name for row in speeds.rows] == [
        "Softmax (PyTorch)",
        "Softmax (hand-written)",
        "HardSoftmax (hand-written)",
    ]
    assert [(row.name, row.mode, row.beside, dict(row.printed)) for row in speeds.added] == [
        ("Softmax (compiled)", Mode.COMPILED_NORMALIZER, "", {}),
        ("HardSoftmax (compiled)", Mode.COMPILED_NORMALIZER, "Softmax (compiled)", {}),
        ("Softmax (fused)", Mode.EAGER, "", {}),
        ("HardSoftmax (fused)", Mode.EAGER, "Softmax (fused)", {}),
    ]
    assert speeds.columns[0].how == Epochs(dataset="cifar100", recipe="psk", phase=Phase.TRAINING, batch=32)


def test_eca_s_rows_are_divided_by_the_first_of_their_backbone() -> None:
    """Others of the table by its first row."""
    assert load_speeds("eca", 3).firsts == ("ResNet-50", "ResNet-101", "ResNet-152", "MobileNetV2")
    assert load_speeds("felu", 4).firsts == ("SENet",)


def test_felu_s_tables_are_as_printed() -> None:
    """The first and the last row of Tables 1 and 2, and Table 4 whole."""
    assert [
        [(row.name, *map(str, row.printed.values())) for row in load_accuracies("felu", number).rows][::5]
        for number in (1, 2)
    ] == [
        [("SoftPlus", "97.63", "97.76", "97.68", "97.89"), ("FeLU", "97.89", "98.01", "97.92", "98.16")],
        [("SoftPlus", "97.16", "97.61", "97.34", "97.78"), ("FeLU", "97.77", "97.91", "97.88", "98.10")],
    ]
    assert [(row.name, *map(int, row.printed.values())) for row in load_speeds("felu", 4).rows] == [
        ("SENet", 10924, 97, 11021, 98),
        ("Reference 13", 14458, 118, 10845, 97),
        ("Reference 14", 10956, 98, 11047, 107),
        ("FeLU", 13730, 113, 14500, 114),
    ]
    assert load_speeds("felu", 4).claims[0].least == Decimal("0.15")


def test_other_tables_have_no_speeds_or_accuracies() -> None:
    """Each kind is loaded by its own function, which refuses the others."""
    with pytest.raises(PublishedError, match="unknown table 2 of 'psk'; choose from 4"):
        load_speeds("psk", 2)
    with pytest.raises(PublishedError, match="unknown table 4 of 'felu'; choose from 1, 2"):
        load_accuracies("felu", 4)
