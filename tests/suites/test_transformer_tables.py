"""Tables of transformers and of attention between tokens, rebuilt: how many cells are as printed, and by which rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from attn_impls import builtin
from attnbench.rebuilt import judge
from reporting.conformance import Conformance, Verdict
from reporting.published import load_table
from suites.papers.rebuild import Rebuilder


@pytest.fixture(scope="module")
def rebuilder() -> Rebuilder:
    """Build each network once for all tests."""
    return Rebuilder(builtin())


def verdicts(judged: Conformance) -> tuple[int, ...]:
    """Return how many cells match, are explained, close, differ, and are not measured."""
    return tuple(judged.total(verdict) for verdict in Verdict)


def test_torchvisions_metadata(rebuilder: Rebuilder) -> None:
    """Exact parameters, and GMACs to three decimals; one network of each kind stands for all fifteen here."""
    table = load_table("torchvision", 1)
    assert len(table.rows) == 15
    kinds = {"vit_b_16 SWAG_E2E", "swin_t", "swin_v2_t", "maxvit_t"}
    some = replace(table, rows=tuple(row for row in table.rows if row.name in kinds))
    judged = judge(some, rebuilder)
    assert verdicts(judged) == (8, 0, 0, 0, 0)
    assert [choice.convention.name for choice in judged.choices] == ["parameters", "macs"]


def test_single_layers(rebuilder: Rebuilder) -> None:
    """Ten of the fourteen layers are built, and all their figures are those of fvcore's rule."""
    judged = judge(load_table("hubhop", 1), rebuilder)
    assert verdicts(judged) == (20, 0, 0, 0, 8)
    assert judged.choices[1].convention.name == "macs + fvcore's norms"


def test_twins_readme_counts_no_products_of_attention(rebuilder: Rebuilder) -> None:
    """Six of six printed FLOPs are convolutions and linear layers alone."""
    pytest.importorskip("timm")
    judged = judge(load_table("twins", 0), rebuilder)
    of_operations = judged.choices[1]
    assert (of_operations.convention.name, of_operations.matches, of_operations.counted) == ("conv + linear", 6, 6)


def test_levit_counts_softmax(rebuilder: Rebuilder) -> None:
    """Its own counter adds an operation for each weight of attention."""
    pytest.importorskip("timm")
    judged = judge(load_table("levit", 1), rebuilder)
    assert judged.choices[1].convention.name == "macs + softmax"


def test_swin_v2_leaves_position_biases_out(rebuilder: Rebuilder) -> None:
    """Windows of 16 are where it shows: 12.6 G without, 12.8 G with the layers that make biases of positions."""
    pytest.importorskip("timm")
    table = load_table("swin", 0)
    of_16 = replace(table, rows=tuple(row for row in table.rows if row.name.endswith("w16")))
    judged = judge(of_16, rebuilder)
    assert judged.choices[1].convention.name == "macs of the image"
    assert verdicts(judged) == (6, 0, 0, 0, 0)


def test_caches_of_keys_and_values(rebuilder: Rebuilder) -> None:
    """Four of four figures of DeepSeek-V2's Table 9."""
    assert verdicts(judge(load_table("deepseek", 9), rebuilder)) == (4, 0, 0, 0, 0)


def test_memory_of_flash_attention(rebuilder: Rebuilder) -> None:
    """Sixteen of sixteen figures of FlashAttention's Table 21, digits cut off."""
    judged = judge(load_table("flash", 21), rebuilder)
    assert verdicts(judged) == (16, 0, 0, 0, 0)
    assert judged.choices[0].convention.name == "bytes / 1024, truncated"


def test_without_timm_a_row_says_what_is_missing(rebuilder: Rebuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line; torchvision's networks of the same table are counted."""
    monkeypatch.setattr("suites.papers.rebuild.find_spec", lambda _: None)
    table = load_table("pvtv2", 2)
    names = {"PVTv2-B0", "ResNet18"}
    judged = judge(replace(table, rows=tuple(row for row in table.rows if row.name in names)), rebuilder)
    assert [cell.verdict.value for cell in judged.cells] == ["not measured", "not measured", "match", "match"]
    assert judged.cells[0].reason == "this network needs timm, which is not installed"
