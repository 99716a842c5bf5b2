"""Which ReLU objects are one: a count that takes a module once depends on it (torchstat's rule in the PSK paper)."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from attn_impls import Family, builtin

from .setups import SITES

REGISTRY = builtin()
#: The forms of the PSK paper; the official ones are counted by no table that depends on sharing.
BRANCHES = tuple(
    name for name, spec in REGISTRY.specs.items() if spec.family is Family.BRANCH and not name.endswith("/official")
)


def relus(module: nn.Module) -> list[nn.ReLU]:
    """Distinct ReLU objects; ``modules()`` gives each object once."""
    return [each for each in module.modules() if isinstance(each, nn.ReLU)]


def build(host: str, name: str | None) -> nn.Module:
    """Build a backbone on the meta device, where it takes no memory."""
    with torch.device("meta"):
        return REGISTRY.hosts[host].build(REGISTRY.specs[name] if name else None)


def test_plain_mobilenet_has_one() -> None:
    """The whole plain MobileNet shares one ReLU."""
    assert len(relus(build("mobilenet_v3_small", None))) == 1


def test_plain_resnext_has_one_a_block() -> None:
    """Each of ResNeXt's sixteen blocks has one ReLU of its own, and the stem another."""
    network = build("resnext50_16x4d", None)
    assert isinstance(network.blocks, nn.Sequential)
    assert [len(relus(block)) for block in network.blocks] == [1] * 16
    assert len(relus(network)) == 17


@pytest.mark.parametrize("name", BRANCHES)
def test_a_selection_has_one(name: str) -> None:
    """A branch module shares one ReLU between its branches and its transform."""
    assert len(relus(REGISTRY.specs[name].build(SITES["grouped"]))) == 1


@pytest.mark.parametrize("name", BRANCHES)
def test_a_selection_uses_it_for_the_transform_last(name: str) -> None:
    """A rule that keeps a module's last call sees the transform: two branches of 8 x 4 x 4, then a width of 4."""
    module = REGISTRY.specs[name].build(SITES["grouped"])
    shapes: list[tuple[int, ...]] = []

    def record(_: nn.Module, inputs: tuple[Tensor]) -> None:
        shapes.append(tuple(inputs[0].shape))

    relus(module)[0].register_forward_pre_hook(record)
    module(torch.zeros(3, 8, 4, 4))
    assert shapes == [(3, 8, 4, 4), (3, 8, 4, 4), (3, 4, 1, 1)]


@pytest.mark.parametrize("name", BRANCHES)
def test_a_selection_shares_none_with_its_host(name: str) -> None:
    """A branch module's ReLU is its own: one a block beside ResNeXt's seventeen, beside MobileNet's one."""
    assert len(relus(build("resnext50_16x4d", name))) == 17 + 16
    assert len(relus(build("mobilenet_v3_small", name))) == 1 + 11
