"""The tables of what comes with attnbench: what a line says, and lines that say nothing."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from attn_impls import Family, Origin, builtin
from attn_impls.tables import HOSTS, SPECS, reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from attn_impls import HostSpec, Spec

IMPLEMENTATION = "family,name,factory,options,traits,paper,summary"
HOST = "name,factory,options,slots,occupants,stages,images,paper,summary"
ROWS: tuple[Spec | HostSpec, ...] = (*SPECS, *HOSTS)
CITED = [row for row in ROWS if row.paper.startswith("arXiv:")]


def hosts(text: str) -> tuple[HostSpec, ...]:
    return reading.hosts(text, SPECS)


def test_a_line_is_an_implementation() -> None:
    """Remarks are none; a factory with a leading dot is one of this package."""
    text = f"""{IMPLEMENTATION}
# Of one size.
gate,mine/wide,.gates.nam:NAM,"detach=true,ratio=0.5",sized,arXiv:2601.01234,"wide, and sized"
normalizer,mine,torch.nn:Softmax,,sums_below_1,,softmax
"""
    wide, mine = reading.implementations(text)
    assert (wide.name, wide.family, wide.factory) == ("mine/wide", Family.GATE, "attn_impls.gates.nam:NAM")
    assert (wide.sized, wide.sums_to_one, dict(wide.options)) == (True, True, {"detach": True, "ratio": 0.5})
    assert (wide.paper, wide.summary, wide.origin) == ("arXiv:2601.01234", "wide, and sized", Origin.OURS)
    assert (mine.factory, mine.sized, mine.sums_to_one, dict(mine.options)) == ("torch.nn:Softmax", False, False, {})


def test_a_line_is_a_host() -> None:
    """Sets of slots and images are named; what stands in a slot is a row with options of its own."""
    occupants = "spatial_conv=sk/official spatial_conv@3=sk/official:minimum_width=16"
    text = f"{HOST}\nmine,.backbones.vgg:vgg16_bn,depth=3,chain,{occupants},2 3,digits,,a backbone\n"
    (mine,) = hosts(text)
    assert (mine.factory, mine.stages, dict(mine.options)) == (
        "attn_impls.backbones.vgg:vgg16_bn",
        ("2", "3"),
        {"depth": 3},
    )
    assert dict(mine.slots) == {
        "block_output": Family.GATE,
        "after_spatial": Family.GATE,
        "stage_output": Family.GATE,
        "spatial_conv": Family.BRANCH,
    }
    assert {slot: spec.name for slot, spec in mine.occupants.items()} == {
        "spatial_conv": "sk/official",
        "spatial_conv@3": "sk/official:minimum_width=16",
    }
    assert (mine.image_size, mine.in_channels, mine.num_classes) == (28, 1, 10)


@pytest.mark.parametrize(
    ("read", "line"),
    [
        pytest.param(reading.implementations, "gate,mine,torch.nn:Identity,,,", id="a cell too few"),
        pytest.param(reading.implementations, "gate,mine,torch.nn:Identity,,,,text, and more", id="a cell too many"),
        pytest.param(reading.implementations, "gates,mine,torch.nn:Identity,,,,text", id="no such family"),
        pytest.param(reading.implementations, "gate,mine,torch.nn:Identity,,size,,text", id="no such trait"),
        pytest.param(reading.implementations, "gate,mine,torch.nn:Identity,reduction,,,text", id="no option"),
        pytest.param(hosts, "mine,.backbones.vgg:vgg16_bn,,chains,,2,digits,,text", id="no such slots"),
        pytest.param(hosts, "mine,.backbones.vgg:vgg16_bn,,chain,,2,mnist,,text", id="no such images"),
        pytest.param(
            hosts, "mine,.backbones.vgg:vgg16_bn,,chain,spatial_conv=sk,2,digits,,text", id="no such occupant"
        ),
    ],
)
def test_a_line_that_says_nothing_is_an_error(read: Callable[[str], object], line: str) -> None:
    """Nothing of a table is left out or guessed."""
    with pytest.raises((KeyError, ValueError)):
        read(f"{IMPLEMENTATION if read is reading.implementations else HOST}\n{line}\n")


def test_a_column_that_is_not_there_is_an_error() -> None:
    """So is one by another name."""
    with pytest.raises(KeyError, match="summary"):
        reading.implementations(f"{IMPLEMENTATION.removesuffix('summary')}words\ngate,mine,torch.nn:Identity,,,,text\n")


@pytest.mark.parametrize("row", CITED, ids=lambda row: row.name)
def test_the_paper_of_a_row_is_that_of_its_source(row: Spec | HostSpec) -> None:
    """The file of the factory, or of what stands in the backbone's slots, names the same paper."""
    occupants = builtin().hosts[row.name].occupants.values() if row.attnbench_row == "host" else ()
    texts = []
    for factory in (row.factory, *(occupant.factory for occupant in occupants)):
        assert isinstance(factory, str)
        found = find_spec(factory.partition(":")[0])
        assert found is not None
        assert found.origin is not None
        texts.append(Path(found.origin).read_text(encoding="utf-8"))
    assert any(row.paper.removeprefix("arXiv:") in text for text in texts)
