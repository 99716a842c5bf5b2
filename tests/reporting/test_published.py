from __future__ import annotations

from decimal import Decimal

import pytest

from reporting.conventions import Metric
from reporting.published import (
    PAPERS,
    Kind,
    PublishedError,
    has_speeds,
    kind_of,
    load_table,
    load_wins,
    sources,
    table_numbers,
)


def test_psk_table_2_is_as_printed() -> None:
    """The first and the last row have the digits of the paper, zeros at the end included."""
    table = load_table("psk", 2)
    assert len(table.rows) == 18
    first, last = table.rows[0], table.rows[-1]
    assert (first.name, first.host, first.implementation, first.attention, first.normalizer) == (
        "ResNeXt50 (16x4d)",
        "resnext50_16x4d",
        "",
        "",
        "",
    )
    assert [str(figure) for figure in first.printed.values()] == ["6.22", "726.63", "94.09", "93.10", "74.49"]
    assert (last.name, last.implementation, last.alternative) == (
        "MobileNetV3 Small + PSK + standard 1x1",
        "psk/standard_1x1_as_printed",
        "psk/standard_1x1",
    )
    assert last.printed["cifar100_acc"] == Decimal("71.59")


def test_a_table_names_its_source() -> None:
    """A published table says who printed it, where, and for which input."""
    table = load_table("psk", 2)
    assert table.source.reference == "doi:10.3778/j.issn.1002-8331.2010-0085"
    assert (table.source.paper, table.source.table, table.source.place) == ("psk", 2, "Table 2")
    assert table.source.caption == "Classification accuracy rate (%) of different models on different datasets."
    assert (table.input_shape, table.num_classes) == ((1, 3, 32, 32), 100)


def test_a_source_without_numbers_says_where_its_table_stands() -> None:
    """A README has no numbered tables: the number is ours, and the place is named."""
    (source,) = sources("simam")
    assert (source.table, source.place) == (1, "the authors' README")


def test_a_figure_that_the_paper_does_not_print_is_not_there() -> None:
    """ECA-Net's Table 3 has GFLOPs for ResNets and MFLOPs for MobileNetV2."""
    table = load_table("eca", 3)
    assert set(table.rows[0].printed) == {Metric.PARAMS_M, Metric.FLOPS_G, "train_fps", "inference_fps"}
    assert set(table.rows[-1].printed) == {Metric.PARAMS_M, Metric.FLOPS_M, "train_fps", "inference_fps"}


def test_a_row_may_have_its_own_image_size() -> None:
    """Inception-ResNet-v2 takes images of 299 x 299, the other networks of its table of 224 x 224."""
    sizes = {row.name: row.image_size for row in load_table("senet", 2).rows}
    assert (sizes["ResNet-50"], sizes["Inception-ResNet-v2"]) == (224, 299)


@pytest.mark.parametrize(("number", "figures"), [(3, (8, 4)), (5, (3, 3))])
def test_wins_are_as_printed(number: int, figures: tuple[int, int]) -> None:
    """Tables 3 and 5 of the PSK paper print these counts."""
    wins = load_wins("psk", number)
    assert (wins.outperforming, wins.underperforming) == figures


def test_tables_are_listed() -> None:
    """The numbers of a paper's tables are known without loading them."""
    assert table_numbers("psk") == (2, 3, 4, 5)
    assert table_numbers("senet") == (2, 3, 10, 13, 15, 16, 0)


@pytest.mark.parametrize("paper", [paper for paper in PAPERS if paper not in {"felu", "gcnet"}])
def test_every_table_of_counts_loads(paper: str) -> None:
    """Every row has a name of its own, and a figure that can be counted."""
    for number in table_numbers(paper):
        if kind_of(paper, number) is not Kind.COUNTS:
            continue
        table = load_table(paper, number)
        assert len({row.name for row in table.rows}) == len(table.rows) > 0
        for row in table.rows:
            assert any(metric in row.printed for metric in table.metrics), row.name


def test_an_unknown_table_names_those_there_are() -> None:
    """A wrong number or paper is answered with the right ones."""
    with pytest.raises(PublishedError, match=r"^unknown table 7 of 'psk'; choose from 2$"):
        load_table("psk", 7)
    with pytest.raises(PublishedError, match=r"^unknown table 2 of 'psk'; choose from 3, 5$"):
        load_wins("psk", 2)
    with pytest.raises(PublishedError, match=r"^unknown paper 'pks'; choose from psk, senet, "):
        load_table("pks", 2)


@pytest.mark.parametrize(
    ("paper", "number", "kind", "speeds"),
    [
        ("psk", 2, Kind.COUNTS, False),
        ("psk", 3, Kind.WINS, False),
        ("psk", 4, Kind.SPEEDS, True),
        ("eca", 3, Kind.COUNTS, True),
        ("senet", 0, Kind.SPEEDS, True),
        ("gcnet", 1, Kind.SPEEDS, True),
        ("felu", 1, Kind.ACCURACIES, False),
    ],
)
def test_a_table_has_a_kind_and_perhaps_speeds_beside(paper: str, number: int, kind: Kind, *, speeds: bool) -> None:
    """ECA's Table 3 has both: what is counted again, and images a second."""
    assert kind_of(paper, number) is kind
    assert has_speeds(paper, number) is speeds


def test_a_kind_of_no_table_names_those_there_are() -> None:
    """As for every table that is not there."""
    with pytest.raises(PublishedError, match=r"^unknown table 9 of 'felu'; choose from 1, 2, 4$"):
        kind_of("felu", 9)
