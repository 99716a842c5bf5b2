"""SKNets: ResNeXt with selective kernels in place of its 3x3 convolutions."""

from __future__ import annotations

import pytest
import torch

from attn_impls import Family
from attn_impls.branches.official_selective_kernel import OfficialSelectiveKernel

from .hosts import REGISTRY, built_on_meta, giga_macs, millions, probe


@pytest.mark.parametrize(
    ("name", "parameters", "macs"),
    [("sknet26", 16.746, 2.587), ("sknet50", 27.480, 4.463), ("sknet101", 48.687, 8.449)],
)
def test_complexity(name: str, parameters: float, macs: float) -> None:
    """Millions of parameters and 1e9 multiply-adds; SKNet's Table 2 prints 27.5, 4.47 and 48.9, 8.46."""
    assert (millions(name), giga_macs(name)) == (parameters, macs)


def test_every_block_selects() -> None:
    """SKNet-26 has a selective kernel in each of its eight blocks."""
    found = [each for each in built_on_meta("sknet26").modules() if isinstance(each, OfficialSelectiveKernel)]
    assert len(found) == 8


def test_width_of_the_authors_sknet101() -> None:
    """The transform is 32, 16, 32 and 64 wide in the four stages: in stage 3 below the paper's least width of 32."""
    with torch.device("meta"):
        network = REGISTRY.hosts["sknet101"].build(None)
    widths = [
        each.transform.reduce.out_channels for each in network.modules() if isinstance(each, OfficialSelectiveKernel)
    ]
    assert [widths[at] for at in (0, 3, 7, 30)] == [32, 16, 32, 64]


def test_another_branch_takes_the_place() -> None:
    """An attention put into ``spatial_conv`` replaces the selective kernels of the stages named, and no others."""
    asked = probe(Family.BRANCH)
    with torch.device("meta"):
        network = REGISTRY.hosts["sknet26"].build(asked, slot="spatial_conv@4,5")
    kept = [each for each in network.modules() if isinstance(each, OfficialSelectiveKernel)]
    assert ([site.stage for site in asked.sites], len(kept)) == (["4", "4", "5", "5"], 4)


def test_a_branch_leaves_no_slot_inside() -> None:
    """Between BN and activation of a convolution that is not there nothing can stand, and the message says so."""
    with pytest.raises(ValueError, match=r"^unknown slot 'after_spatial' of 'sknet50'; choose from block_output, "):
        REGISTRY.hosts["sknet50"].build(REGISTRY.find("se"), slot="after_spatial")
