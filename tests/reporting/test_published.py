from __future__ import annotations

from decimal import Decimal

import pytest

from reporting.published import PublishedError, load_table, load_wins, table_numbers


def test_psk_table_2_is_as_printed() -> None:
    """The first and the last row have the digits of the paper, zeros at the end included."""
    table = load_table("psk", 2)
    assert len(table.rows) == 18
    first, last = table.rows[0], table.rows[-1]
    assert (first.name, first.backbone, first.attention, first.normalizer) == (
        "ResNeXt50 (16x4d)",
        "resnext50_16x4d",
        "none",
        "",
    )
    assert [str(figure) for figure in first.printed.values()] == ["6.22", "726.63", "94.09", "93.10", "74.49"]
    assert last.name == "MobileNetV3 Small + PSK + standard 1x1"
    assert last.printed["cifar100_acc"] == Decimal("71.59")


def test_a_table_names_its_source() -> None:
    """A published table says who printed it, where, and for which input."""
    table = load_table("psk", 2)
    assert table.source.doi == "10.3778/j.issn.1002-8331.2010-0085"
    assert table.source.table == 2
    assert table.source.caption == "Classification accuracy rate (%) of different models on different datasets."
    assert (table.input_shape, table.num_classes) == ((1, 3, 32, 32), 100)


@pytest.mark.parametrize(("number", "figures"), [(3, (8, 4)), (5, (3, 3))])
def test_wins_are_as_printed(number: int, figures: tuple[int, int]) -> None:
    """Tables 3 and 5 of the PSK paper print these counts."""
    wins = load_wins("psk", number)
    assert (wins.outperforming, wins.underperforming) == figures


def test_tables_are_listed() -> None:
    """The numbers of a paper's tables are known without loading them."""
    assert table_numbers("psk") == (2, 3, 5)


def test_an_unknown_table_names_those_there_are() -> None:
    """A wrong number or paper is answered with the right ones."""
    with pytest.raises(PublishedError, match=r"^unknown table 7 of 'psk'; choose from 2$"):
        load_table("psk", 7)
    with pytest.raises(PublishedError, match=r"^unknown table 2 of 'psk'; choose from 3, 5$"):
        load_wins("psk", 2)
    with pytest.raises(PublishedError, match=r"^unknown paper 'pks'; choose from psk$"):
        load_table("pks", 2)
