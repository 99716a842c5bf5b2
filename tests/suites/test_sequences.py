"""Token mixers on the way from what a user writes to what is measured."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from attn_impls import builtin
from bench.errors import UsageError
from results.blocks import blocks_of
from results.records import Sequences, Subject
from suites import complexity
from suites.request import Request, plan

if TYPE_CHECKING:
    from pathlib import Path


def request(*suites: str, **chosen: object) -> Request:
    """Ask for the forward pass on the CPU."""
    return Request(suites=suites, devices=("cpu",), directions=("forward",), **chosen)  # type: ignore[arg-type]


def test_multi_head_attention_is_the_baseline() -> None:
    """It is there without being asked for, on the tokens of ViT-B/16; what is causal is compared apart."""
    _, cases, _ = plan(request("latency", impls=("gqa", "mqa:causal=true")))
    found = blocks_of(cases)
    assert [[case.implementation for case in block.cases] for block in found] == [
        ["mha", "gqa"],
        ["mha:causal=true", "mqa:causal=true"],
    ]
    assert [block.baseline for block in found] == [0, 0]
    vit = Sequences(batch=4, height=14, width=14, heads=12, head_dim=64)
    assert [case.input for case in cases[:2]] == [vit, vit]


def test_every_size_can_be_chosen() -> None:
    """Of several the suite measures all combinations."""
    _, cases, _ = plan(request("latency", impls=("mha",), grids=("7x5", "1x9"), heads=(2,), head_dims=(16, 20)))
    assert [case.input for case in cases] == [
        Sequences(batch=4, height=height, width=width, heads=2, head_dim=head_dim)
        for height, width in ((7, 5), (1, 9))
        for head_dim in (16, 20)
    ]


def test_in_a_network_that_has_a_slot_a_mixer_is_not_measured_alone() -> None:
    """Unless that is asked for."""
    _, cases, _ = plan(request("latency", impls=("mha",), hosts=("swin_t",)))
    assert [(case.host, case.implementation, case.slot) for case in cases] == [
        ("swin_t", "none", None),
        ("swin_t", "mha", "attention"),
    ]
    _, cases, _ = plan(request("latency", impls=("mha",), hosts=("swin_t", "none")))
    assert [case.subject for case in cases] == [Subject.NETWORK, Subject.NETWORK, Subject.MIXER]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"grids": ("14",)}, "--grid 14: write rows and columns of tokens, 14x14; a sequence is one row, 1x196"),
        (
            {"impls": ("sdpa",), "grids": ("7x7",)},
            "--grid 7x7 is for token mixers; choose one: --impl mha --grid 7x7",
        ),
        (
            {"lengths": ("9",)},
            "--length 9 is for attention between tokens; choose one: --impl sdpa --impl 'attention/*' --length 9",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(chosen: dict[str, object], words: str) -> None:
    """With what to write in its place."""
    with pytest.raises(UsageError) as raised:
        plan(request("latency", **{"impls": ("mha",), **chosen}))
    assert str(raised.value) == words


#: Of HubHop/vit-attention-benchmark, one layer of 196 tokens, width 768, 12 heads, counted by fvcore: 1e6 operations.
SINGLE_LAYER = {
    "mha": 521.43,
    "window": 477.17,
    "window/shifted": 477.17,
    "sra:ratio=2": 419.56,
    "xca": 481.69,
    "hilo": 298.30,
    "linformer:keys=256": 616.56,
}


def test_counts_are_those_of_a_published_table_of_single_layers() -> None:
    """To the printed digit."""
    _, cases, _ = plan(request("complexity", impls=tuple(SINGLE_LAYER)))
    found = {}
    for case in cases:
        counts = {count.rule: count.total for count in complexity.count(case, builtin()).counts}
        found[case.implementation] = round(counts["fvcore"] / 1e6, 2)
    assert found == SINGLE_LAYER


def test_a_plug_in_of_one_file_is_measured_beside_them(tmp_path: Path) -> None:
    """One decorator describes it; a sized one is told its grid."""
    file = tmp_path / "mine.py"
    file.write_text(
        dedent("""
            import torch
            from attn_impls import mixer

            @mixer("mine", sized=True)
            class Mine(torch.nn.Module):
                '''A mixer of one's own.'''

                def __init__(self, dim, *, heads, height, width):
                    super().__init__()
                    self.mix = torch.nn.Linear(height * width, height * width)

                def forward(self, x):
                    return self.mix(x.mT).mT
        """),
        encoding="utf-8",
    )
    _, cases, _ = plan(request("latency", impls=("mine",), plugins=(str(file),), grids=("2x3",)))
    assert [(case.implementation, case.subject) for case in cases] == [
        ("mha", Subject.MIXER),
        ("mine", Subject.MIXER),
    ]
