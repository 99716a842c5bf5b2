"""Promises of contradictions: they follow from the printed figures, and go when the figures do."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from reporting.accuracies import accuracies_csv, accuracies_table
from reporting.contradictions import claims_against_figures, impossible_orders
from reporting.published.accuracies import load_accuracies
from reporting.published.speeds import load_speeds


def test_a_maximum_below_another_that_it_includes_is_said() -> None:
    """In both tables of FeLU it is Leaky ReLU, whose last accuracies are above all of its accuracies."""
    for number, d in ((1, "97.73"), (2, "97.52")):
        assert impossible_orders(load_accuracies("felu", number)) == (
            (
                f"A contradiction in print: Leaky ReLU's C, 97.97, is above its D, {d}, though C is the largest of "
                "five runs' accuracies after the last iteration, and D the largest accuracy of all runs and iterations."
            ),
        )


def test_a_mean_above_its_maximum_is_said() -> None:
    """Of a made-up row, whose mean is larger than the largest."""
    published = load_accuracies("felu", 1)
    row = replace(published.rows[0], printed={"A": Decimal(98), "B": Decimal(97), "C": Decimal(97), "D": Decimal(99)})
    (sentence,) = impossible_orders(replace(published, rows=(row,)))
    assert sentence.startswith("A contradiction in print: SoftPlus's A, 98, is above its C, 97, though A is the mean")


def test_a_text_against_its_table_is_said() -> None:
    """FeLU's text says 15% to 23% longer; by its table training takes 26% and 32%, testing 16%."""
    sentence, _ = claims_against_figures(load_speeds("felu", 4))
    assert sentence == (
        "A contradiction in print: by the text, FeLU takes 15% to 23% longer than SENet; by the table, +26% (CIFAR-10, "
        "train), +16% (CIFAR-10, test), +32% (CIFAR-100, train), +16% (CIFAR-100, test)."
    )


def test_a_text_that_its_table_bears_out_is_no_contradiction() -> None:
    """With a range of 16% to 32% all four figures lie within it."""
    published = load_speeds("felu", 4)
    claim = replace(published.claims[0], least=Decimal("0.16"), most=Decimal("0.32"))
    assert claims_against_figures(replace(published, claims=(claim,))) == ()


def test_of_images_a_second_fewer_is_longer() -> None:
    """ECA's SE in ResNet-50: 759 images a second of 1024 is 35% longer, 1620 of 1855 15%."""
    published = load_speeds("eca", 3)
    claim = replace(
        load_speeds("felu", 4).claims[0], row="ResNet-50 + SE", than="ResNet-50", least=Decimal(0), most=Decimal(0)
    )
    assert claims_against_figures(replace(published, claims=(claim,))) == (
        (
            "A contradiction in print: by the text, ResNet-50 + SE takes 0% to 0% longer than ResNet-50; by the table, "
            "+35% (training), +15% (inference)."
        ),
    )


def test_trained_accuracies_stand_beside_the_printed_ones() -> None:
    """Where there are any; a row that was not trained has none."""
    published = load_accuracies("felu", 1)
    table = accuracies_table(published, {("FeLU", "A"): 96.123}, of="Ten iterations.")
    assert [column.title for column in table.columns][:4] == ["Activation", "A †", "A here", "B †"]
    assert table.texts[0][:3] == ("SoftPlus", "97.63", "-")
    assert table.texts[5][:3] == ("FeLU", "97.89", "96.12")
    assert table.caption.splitlines()[-1] == "Ten iterations."
    lines = accuracies_csv(published, {("FeLU", "A"): 96.123}).splitlines()
    assert lines[-4] == "felu,1,FeLU,felu_net,se:activation=felu,squeeze_excite,A,97.89,96.123,,,,"
    assert lines[-3].endswith("B,98.01,,,,not measured,accuracy of a trained network")
