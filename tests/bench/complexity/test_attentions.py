"""The counters on every gate and branch alone, on 1 x 64 x 16 x 16."""

from __future__ import annotations

import pytest
import torch

from attn_impls import Family, Site, builtin
from bench.complexity.counter import count_all
from bench.complexity.fvcore_counter import FvcoreCounter
from bench.complexity.ptflops_counter import PtflopsCounter
from bench.complexity.torch_counter import TorchCounter
from bench.complexity.torchstat import TorchstatCounter

COUNTERS = (TorchstatCounter(), FvcoreCounter(), PtflopsCounter(), TorchCounter())
SITE = Site(in_channels=64, out_channels=64, kernel_size=3, stride=1, groups=4, height=16, width=16)
ATTENTIONS = [name for name, spec in builtin().specs.items() if spec.family in {Family.GATE, Family.BRANCH}]
#: The operators whose multiply-accumulates are beyond dispute.
PRODUCTS = ("conv", "linear", "matmul")


def products(name: str) -> dict[str, int]:
    """Return rule -> what it counts for convolutions, linear layers and products of matrices."""
    torch.manual_seed(0)
    counts = count_all(builtin().find(name).build(SITE), (torch.randn(1, 64, 16, 16),), COUNTERS).counts
    return {
        count.rule: sum(share.count for share in count.by_operator if share.operator in PRODUCTS) for count in counts
    }


@pytest.mark.parametrize("name", ATTENTIONS)
def test_fvcore_and_torch_agree_on_products(name: str) -> None:
    """Two tracers find the same multiply-accumulates in each attention alone; torch counts each as two."""
    found = products(name)
    assert 2 * found["fvcore"] == found["torch"]


@pytest.mark.parametrize(
    ("name", "macs"),
    [
        # 64 kernels of 16 x 16; in theta-plus two 1x1 between 64 and 4 channels more.
        ("ge/theta", 64 * 256),
        ("ge/theta_plus", 64 * 256 + 2 * 64 * 4),
        # A kernel of 3 at every one of 64 channels.
        ("eca", 64 * 3),
        # A logit and a share of the sum for each of 64 x 256 elements, and two 1x1.
        ("global_context", 2 * 64 * 256 + 2 * 64 * 4),
        ("se", 2 * 64 * 4),
    ],
)
def test_a_convolution_counts_however_it_is_computed(name: str, macs: int) -> None:
    """What is written as a product of matrices, because that is faster, counts as the convolution that it is."""
    assert products(name)["torch"] == 2 * macs
