"""Table 2 of the PSK paper, rebuilt: every network built and counted, every figure judged."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from attn_impls import builtin
from attnbench.rebuilt import Rebuilt, judge
from reporting.conformance import Conformance, Verdict
from reporting.conventions import Metric
from reporting.published import load_table
from suites.papers import psk
from suites.papers.rebuild import Rebuilder

PLAIN_ROW = "ResNeXt50 (16x4d)"


@pytest.fixture(scope="module")
def judged() -> Conformance:
    """Count the network of every row, once."""
    return judge(load_table("psk", 2), Rebuilder(builtin()))


def rows_with(judged: Conformance, metric: Metric, verdict: Verdict) -> list[str]:
    """Return the rows whose figure has this verdict."""
    return [cell.row for cell in judged.cells if cell.metric is metric and cell.verdict is verdict]


def test_all_parameters_match(judged: Conformance) -> None:
    """18 of 18 printed numbers of parameters are those of the networks we build."""
    assert len(rows_with(judged, Metric.PARAMS_M, Verdict.MATCH)) == 18


def test_fourteen_multiply_adds_match(judged: Conformance) -> None:
    """14 of 18 printed multiply-adds are those that torchstat's rule gives, which explains the table best."""
    assert judged.own(Metric.MADDS_M).name == "torchstat"
    assert len(rows_with(judged, Metric.MADDS_M, Verdict.MATCH)) == 14


def test_the_hard_softmax_rows_are_explained(judged: Conformance) -> None:
    """The other four are the HardSoftmax rows of SK and Split, which repeat the Softmax rows; nothing differs."""
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


def test_exact_counts(judged: Conformance) -> None:
    """What stands behind the rounded figures of the plain networks and of PSK."""
    exact = {(cell.row, cell.metric.value): cell.exact for cell in judged.cells}
    assert exact[PLAIN_ROW, "params_m"] == 6_220_548
    assert exact[PLAIN_ROW, "madds_m"] == 726_630_300
    assert exact["ResNeXt50 (16x4d) + PSK", "params_m"] == 8_320_228
    assert exact["ResNeXt50 (16x4d) + PSK", "madds_m"] == 937_934_844
    assert exact["MobileNetV3 Small", "params_m"] == 1_158_716
    assert exact["MobileNetV3 Small", "madds_m"] == 35_539_356
    assert exact["MobileNetV3 Small + PSK", "params_m"] == 1_203_284
    assert exact["MobileNetV3 Small + PSK", "madds_m"] == 40_208_580


def test_a_wrong_width_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network built with one width changed differs in both figures."""
    table = load_table("psk", 2)
    two = replace(table, rows=table.rows[:2])
    assert judge(two, Rebuilder(builtin())).total(Verdict.MATCH) == 4
    monkeypatch.setattr("attn_impls.backbones.resnext.WIDTHS", (64, 128, 256, 496))
    assert judge(two, Rebuilder(builtin())).total(Verdict.DIFFERS) == 4


def test_psk_as_in_the_text_differs(judged: Conformance) -> None:
    """With the BN of the paper's text, four of the eight PSK figures are not the printed ones: hence "as printed"."""
    changed = [each for each in judged.alternatives if each.figure != each.published]
    assert (len(judged.alternatives), len(changed)) == (8, 4)
    assert {abs(each.figure - each.published) for each in changed} == {Decimal("0.01")}
    assert {each.implementation for each in judged.alternatives} == {"psk", "psk/standard_1x1"}


def test_a_newcomer_sees_what_the_table_compares() -> None:
    """Without a choice, a run has the table's attentions, PSK as the text has it, in the table's networks."""
    rows = load_table("psk", 2).rows
    names = dict.fromkeys(row.alternative or row.implementation for row in rows if row.implementation)
    assert tuple(names) == psk.VARIANTS
    assert tuple(dict.fromkeys(row.host for row in rows)) == psk.HOSTS


def test_rules_counted_together_are_those_counted_alone() -> None:
    """One forward pass that all rules watch gives what each gives by itself, with numbers, on the CPU."""
    import torch

    from bench.complexity.torch_counter import TorchCounter
    from suites.papers.rules import PLACES, counters

    registry = builtin()
    table = load_table("psk", 2)
    row = table.rows[-4]
    rebuilder = Rebuilder(registry)
    network = Rebuilt(table, rebuilder).network(row)
    module = registry.hosts[row.host].build(registry.find(row.implementation), num_classes=100).eval()
    with torch.no_grad():
        for counter in (TorchCounter(), *counters(registry)):
            count = counter.count(module, (torch.zeros(1, 3, 32, 32),))
            alone = sum(each.count for each in count.by_operator if each.operator != PLACES)
            assert rebuilder.exact(network, counter.rule) == alone > 0, counter.rule
