"""Backbones: every network with something in every slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from attn_impls import Family, Spec, builtin

from .hosts import gates_everywhere, occupied, probe, thinned

if TYPE_CHECKING:
    from attn_impls import HostSpec

REGISTRY = builtin()
THIN = thinned()
#: One of each construction and choice of slots: what gradients flow through.
TRAINED = list({(host.factory, tuple(host.slots)): name for name, host in THIN.items()}.values())
every_host = pytest.mark.parametrize("name", THIN)
#: One backbone for every implementation that fits into a network of feature maps.
SMALL = THIN["resnext50_16x4d"]
IDENTITY = Spec(name="identity", family=Family.GATE, summary="", factory=lambda _: nn.Identity())
FITTING = [name for name, spec in REGISTRY.specs.items() if SMALL.default_slot(spec.family)]


def images(host: HostSpec, count: int, *, size: int = 33) -> Tensor:
    """Return images for a backbone: of this size, or of its own where it is made for one size alone."""
    size = host.image_size if host.name == "felu_net" else size
    return torch.randn(count, host.in_channels, size, size, generator=torch.Generator().manual_seed(0))


def assert_gradients(network: nn.Module, logits: Tensor) -> None:
    """Check that every parameter gets a gradient that is finite."""
    torch.autograd.backward(logits.square().mean())
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, f"{name} gets no gradient"
        assert bool(parameter.grad.isfinite().all()), f"the gradient of {name} is not finite"


def assert_moved(network: nn.Module) -> None:
    """Check that no parameter's gradient is zero."""
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None
        assert bool(parameter.grad.any()), f"the gradient of {name} is zero"


@pytest.mark.parametrize("name", [None, *FITTING])
def test_every_implementation_trains_in_a_network(name: str | None) -> None:
    """On two 32 x 32 images a network gives 100 logits each, and every parameter a finite gradient."""
    torch.manual_seed(0)
    network = SMALL.build(None if name is None else REGISTRY.find(name))
    logits = network(images(SMALL, 2, size=32))
    assert logits.shape == (2, 100)
    assert_gradients(network, logits)


@pytest.mark.parametrize("name", TRAINED)
def test_trains_with_a_gate_in_every_slot(name: str) -> None:
    """With SE in all slots at once a network trains on two images: no gradient is missing, infinite or zero."""
    # A reduction of 1, so that no bottleneck is so narrow that its ReLU lets nothing through.
    host = gates_everywhere(THIN[name], REGISTRY.find("se:reduction=1"))
    torch.manual_seed(0)
    network = host.build(None, num_classes=10)
    logits = network(images(host, 2, size=49))
    assert logits.shape == (2, 10)
    assert_gradients(network, logits)
    assert_moved(network)


class Squashed(nn.Module):
    """[B, C, H, W] -> the sigmoid of that, whose gradient needs what it returned."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(x * self.scale)


@pytest.mark.parametrize("name", TRAINED)
def test_nothing_overwrites_what_a_gate_returned(name: str) -> None:
    """Gates whose gradients need their own outputs train in all slots, beside the backbone's in-place activations."""
    squashed = Spec(name="squashed", family=Family.GATE, summary="", factory=Squashed)
    host = gates_everywhere(THIN[name], squashed)
    network = host.build(None, num_classes=10)
    assert_gradients(network, network(images(host, 2)))


@pytest.mark.parametrize("name", [name for name in TRAINED if THIN[name].default_slot(Family.BRANCH)])
def test_trains_with_a_branch(name: str) -> None:
    """With a selective kernel in place of its k x k convolutions a network trains on two images."""
    host = THIN[name]
    torch.manual_seed(0)
    network = host.build(REGISTRY.find("sk/softmax"), num_classes=10)
    logits = network(images(host, 2, size=49))
    assert logits.shape == (2, 10)
    assert_gradients(network, logits)
    assert_moved(network)


@every_host
def test_a_gate_that_changes_nothing(name: str) -> None:
    """With the identity in every slot, each told the true size of its map, an odd image gets the plain logits."""
    host = THIN[name]
    if "squeeze_excite" in host.slots:
        # A slot that replaces the network's own attention: taken out, for what stands there to change nothing.
        host = occupied(host, {"squeeze_excite": IDENTITY})
    torch.manual_seed(0)
    plain = host.build(None, num_classes=10).eval()
    for size in (33, 65):
        x = images(host, 1, size=size)
        with torch.device("meta"):
            gated = gates_everywhere(host, probe(Family.GATE)).build(None, num_classes=10, image_size=x.shape[-1])
        # By order: a gate between two blocks changes the numbers in the names.
        gated.load_state_dict(dict(zip(gated.state_dict(), plain.state_dict().values(), strict=True)), assign=True)
        with torch.no_grad():
            assert torch.equal(gated.eval()(x), plain(x))


@every_host
def test_every_slot_has_a_place(name: str) -> None:
    """Whatever goes to a slot stands somewhere in the network."""
    host = THIN[name]
    for family in Family:
        probes = {slot: probe(family) for slot in host.fitting(family)}
        with torch.device("meta"):
            occupied(host, probes).build(None)
        assert all(asked.sites for asked in probes.values())


@pytest.mark.parametrize("name", [name for name, host in THIN.items() if host.stages])
def test_stages(name: str) -> None:
    """A backbone's stages are those of its blocks, in order; ``slot@stage`` fills the stages named alone."""
    host = THIN[name]
    everywhere, chosen = probe(Family.GATE), probe(Family.GATE)
    with torch.device("meta"):
        host.build(everywhere, slot="stage_output")
        host.build(chosen, slot=f"block_output@{host.stages[1]},{host.stages[-1]}")
    assert tuple(site.stage for site in everywhere.sites) == host.stages
    assert {site.stage for site in chosen.sites} == {host.stages[1], host.stages[-1]}


@every_host
def test_builds_on_the_meta_device(name: str) -> None:
    """Every backbone can be built where it takes no memory, and has as many logits as classes there."""
    host = THIN[name]
    with torch.device("meta"):
        network = host.build(None)
        x = torch.empty(1, host.in_channels, host.image_size, host.image_size)
    assert network.eval()(x).shape == (1, host.num_classes)


def test_a_stage_keeps_its_place_in_the_network() -> None:
    """The blocks of stage 4 of ResNet-50 are six, of 1024 channels on 14 x 14 maps."""
    asked = probe(Family.GATE)
    with torch.device("meta"):
        REGISTRY.hosts["resnet50"].build(asked, slot="block_output@4")
    assert [(site.out_channels, site.height, site.width) for site in asked.sites] == [(1024, 14, 14)] * 6
