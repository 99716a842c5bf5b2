"""Table 2 of the PSK paper, rebuilt: every network built and counted, every figure judged."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import torch

from attn_impls import builtin
from reporting.conformance import Conformance, Verdict, judge_table
from reporting.conventions import CONVENTIONS, Metric
from reporting.published import PublishedTable, load_table
from suites.papers import psk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.records import Complexity

PLAIN_ROW = "ResNeXt50 (16x4d)"


@pytest.fixture(scope="module")
def table() -> PublishedTable:
    """Load the table as it was printed."""
    return load_table("psk", 2)


@pytest.fixture(scope="module")
def counted(table: PublishedTable) -> Iterator[dict[str, Complexity]]:
    """Count the network of every row, once and on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield {
        row.name: psk.count(row.backbone, psk.IMPLEMENTATIONS[row.attention, row.normalizer], builtin())
        for row in table.rows
    }
    torch.set_num_threads(threads)


def rows_with(judged: Conformance, metric: Metric, verdict: Verdict) -> list[str]:
    """Return the rows whose figure has this verdict."""
    return [cell.row for cell in judged.cells if cell.metric is metric and cell.verdict is verdict]


def test_all_parameters_match(table: PublishedTable, counted: dict[str, Complexity]) -> None:
    """18 of 18 printed numbers of parameters are those of the networks we build."""
    judged = judge_table(table, counted)
    assert len(rows_with(judged, Metric.PARAMS_M, Verdict.MATCH)) == 18


def test_fourteen_multiply_adds_match(table: PublishedTable, counted: dict[str, Complexity]) -> None:
    """14 of 18 printed multiply-adds are those that torchstat's rule gives, which explains the table best."""
    judged = judge_table(table, counted)
    assert judged.own(Metric.MADDS_M).name == "torchstat"
    assert len(rows_with(judged, Metric.MADDS_M, Verdict.MATCH)) == 14


def test_the_hard_softmax_rows_are_explained(table: PublishedTable, counted: dict[str, Complexity]) -> None:
    """The other four are the HardSoftmax rows of SK and Split, which repeat the Softmax rows; nothing differs."""
    judged = judge_table(table, counted)
    assert rows_with(judged, Metric.MADDS_M, Verdict.EXPLAINED) == [
        "SKNet50 (16x4d) + HardSoftmax",
        "ResNeSt50 (16x4d x 2r) + HardSoftmax",
        "MobileNetV3 Small + SK + HardSoftmax",
        "MobileNetV3 Small + Split (r=2) + HardSoftmax",
    ]
    (reason,) = {cell.reason for cell in judged.cells if cell.verdict is Verdict.EXPLAINED}
    assert reason == (
        "equals the printed value when HardSoftmax is counted like nn.Softmax (3n - 1): "
        "the paper repeats the Softmax row"
    )
    assert judged.total(Verdict.DIFFERS) == 0


def test_exact_counts(counted: dict[str, Complexity]) -> None:
    """What stands behind the rounded figures of the plain networks and of PSK."""
    exact = {name: (counted[name].parameters, counted[name].total("torchstat")) for name in counted}
    assert exact[PLAIN_ROW] == (6_220_548, 726_630_300)
    assert exact["ResNeXt50 (16x4d) + PSK"] == (8_320_228, 937_934_844)
    assert exact["MobileNetV3 Small"] == (1_158_716, 35_539_356)
    assert exact["MobileNetV3 Small + PSK"] == (1_203_284, 40_208_580)


def test_a_wrong_width_is_seen(
    table: PublishedTable, counted: dict[str, Complexity], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network built with one width changed differs in both figures, and only its own row does."""
    monkeypatch.setattr("attn_impls.backbones.resnext.WIDTHS", (64, 128, 256, 496))
    changed = psk.count("resnext50_16x4d", "none", builtin())
    judged = judge_table(table, counted | {PLAIN_ROW: changed})
    assert rows_with(judged, Metric.PARAMS_M, Verdict.DIFFERS) == [PLAIN_ROW]
    assert rows_with(judged, Metric.MADDS_M, Verdict.DIFFERS) == [PLAIN_ROW]


def test_psk_as_in_the_text_differs(table: PublishedTable, counted: dict[str, Complexity]) -> None:
    """With the BN of the paper's text, four of the eight PSK figures are not the printed ones: hence "as printed"."""
    in_the_text = {
        row.name: psk.count(row.backbone, psk.AS_IN_THE_TEXT[implementation], builtin())
        for row in table.rows
        if (implementation := psk.IMPLEMENTATIONS[row.attention, row.normalizer]) in psk.AS_IN_THE_TEXT
    }
    by_torchstat = [convention for convention in CONVENTIONS if convention.rule in {None, "torchstat"}]
    judged = judge_table(table, counted | in_the_text, by_torchstat)
    cells = [cell for cell in judged.cells if cell.row in in_the_text]
    verdicts = [cell.verdict for cell in cells]
    assert (len(cells), verdicts.count(Verdict.MATCH), verdicts.count(Verdict.DIFFERS)) == (8, 4, 4)
    off_by = {abs(cell.measured - cell.published) for cell in cells if cell.verdict is Verdict.DIFFERS}
    assert off_by == {Decimal("0.01")}
