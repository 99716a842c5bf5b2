"""What a plan of very many cases costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attn_impls import sources
from attn_impls.registry import builtin
from suites import accuracy, latency, operators
from suites.selection import Selection

if TYPE_CHECKING:
    from types import ModuleType

    from attn_impls.spec import Factory

SELECTION = Selection(
    implementations=("se", "softmax"), hosts=("resnet18_cifar",), shapes=(((1, 8), 1),), batch_sizes=(1, 2, 4)
)


@pytest.mark.parametrize(
    ("suite", "dtypes"), [(latency, ("float32",)), (accuracy, ("float32",)), (operators, ("float32",))]
)
def test_sources_are_looked_at_once(
    monkeypatch: pytest.MonkeyPatch, suite: ModuleType, dtypes: tuple[str, ...]
) -> None:
    """A digest reads files: as many are made for several batches, dtypes and directions as for one of each."""
    from dataclasses import replace

    digest, made = sources.digest, 0

    def counting(*factories: str | Factory) -> str:
        nonlocal made
        made += 1
        return digest(*factories)

    monkeypatch.setattr(sources, "digest", counting)
    few = suite.cases(
        replace(SELECTION, dtypes=dtypes, batch_sizes=(1,), directions=SELECTION.directions[:1]), builtin()
    )
    for_few, made = made, 0
    many = suite.cases(replace(SELECTION, dtypes=(*dtypes, "float16", "bfloat16")), builtin())
    assert len(many) > 2 * len(few) > 0
    assert made == for_few > 0


def test_cases_of_one_size_share_their_input() -> None:
    """Of a network and a batch there is one input in memory, however many cases have it."""
    found = latency.cases(SELECTION, builtin())
    assert len({id(case.input) for case in found if case.host}) == len(SELECTION.batch_sizes)
