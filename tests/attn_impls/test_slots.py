"""Slots: what stands where in the two networks of the PSK paper, and which places are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from attn_impls import Family, Spec, builtin

from .hosts import thinned

if TYPE_CHECKING:
    from collections.abc import Callable

REGISTRY = builtin()
HOSTS = tuple(REGISTRY.hosts)
THIN = thinned()


def build_with(host: str, family: Family, make: Callable[..., nn.Module]) -> nn.Module:
    """Build a backbone with modules of one's own in the slot of a family."""
    probe = Spec(name="probe", family=family, summary="", factory=make)
    return REGISTRY.hosts[host].build(probe).eval()


def blocks_of(network: nn.Module) -> nn.Sequential:
    """The blocks that attention is put into."""
    blocks = network.blocks
    assert isinstance(blocks, nn.Sequential)
    return blocks


@pytest.mark.parametrize(
    ("host", "channels"),
    [
        ("resnext50_16x4d", [128] * 3 + [256] * 4 + [512] * 6 + [1024] * 3),
        ("mobilenet_v3_small", [16, 72, 88, 96, 240, 240, 120, 144, 288, 576, 576]),
    ],
)
def test_places_of_gates(host: str, channels: list[int]) -> None:
    """A gate stands in every block: on ResNeXt's block outputs, on MobileNet's expansions."""
    seen = []

    def make(width: int) -> nn.Module:
        seen.append(width)
        return nn.Identity()

    build_with(host, Family.GATE, make)
    assert seen == channels


RESNEXT_PLACES = [
    (width, width, 3, stride, 16)
    for depth, width, first in ((3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2))
    for stride in (first, *[1] * (depth - 1))
]
MOBILENET_PLACES = [
    (16, 16, 3, 1, 16),
    (72, 72, 3, 2, 72),
    (88, 88, 3, 1, 88),
    (96, 96, 5, 2, 96),
    (240, 240, 5, 1, 240),
    (240, 240, 5, 1, 240),
    (120, 120, 5, 1, 120),
    (144, 144, 5, 1, 144),
    (288, 288, 5, 2, 288),
    (576, 576, 5, 1, 576),
    (576, 576, 5, 1, 576),
]


@pytest.mark.parametrize(
    ("host", "places"), [("resnext50_16x4d", RESNEXT_PLACES), ("mobilenet_v3_small", MOBILENET_PLACES)]
)
def test_places_of_branches(host: str, places: list[tuple[int, ...]]) -> None:
    """A branch takes the place of every block's k x k convolution: Cin, Cout, k, stride, groups."""
    seen = []

    def make(cin: int, cout: int, *, kernel_size: int, stride: int, groups: int) -> nn.Module:
        seen.append((cin, cout, kernel_size, stride, groups))
        return nn.Identity()

    build_with(host, Family.BRANCH, make)
    assert seen == places


class Constant(nn.Module):
    """Replaces every value of a feature map; remembers the smallest it was given."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value
        self.smallest = float("inf")

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> the same shape."""
        self.smallest = float(x.min())
        return torch.full_like(x, self.value)


def test_gates_of_resnext_stand_before_the_addition() -> None:
    """A gate that lets nothing through leaves a ResNeXt block its shortcut: relu(0 + shortcut(x))."""
    network = build_with("resnext50_16x4d", Family.GATE, lambda _: Constant(0.0))
    x = torch.rand(1, 32, 8, 8)
    with torch.no_grad():
        for block in blocks_of(network):
            assert isinstance(block.shortcut, nn.Module)
            expected = functional.relu(block.shortcut(x))
            x = block(x.clone())
            assert torch.equal(x, expected)


def test_gates_of_mobilenet_stand_between_norm_and_activation() -> None:
    """A MobileNet gate sees values below zero, and the activation what it makes of them: of -3 both make 0."""
    gates: list[Constant] = []

    def make(_: int) -> nn.Module:
        gates.append(Constant(-3.0))
        return gates[-1]

    network = build_with("mobilenet_v3_small", Family.GATE, make)
    with torch.no_grad():
        for block in blocks_of(network):
            projection = next(m for m in reversed(list(block.modules())) if isinstance(m, nn.Conv2d))
            first = next(m for m in block.modules() if isinstance(m, nn.Conv2d))
            x = torch.randn(1, first.in_channels, 8, 8)
            y = block(x.clone())
            residual = y.shape == x.shape
            assert torch.equal(y, x if residual else torch.zeros(1, projection.out_channels, *y.shape[2:]))
    assert all(gate.smallest < 0 for gate in gates)


WITH_BRANCHES = [name for name, host in REGISTRY.hosts.items() if host.default_slot(Family.BRANCH)]


@pytest.mark.parametrize("host", WITH_BRANCHES)
def test_slot_of_another_family(host: str) -> None:
    """A branch does not go where gates go; the message names the slot where it does."""
    registry_host = REGISTRY.hosts[host]
    slot = registry_host.default_slot(Family.GATE)
    message = rf"^'psk' \(branch\) does not fit slot '{slot}' of '{host}'; slots that fit: spatial_conv$"
    with pytest.raises(ValueError, match=message):
        registry_host.build(REGISTRY.specs["psk"], slot=slot)


@pytest.mark.parametrize("host", HOSTS)
def test_unknown_slot(host: str) -> None:
    """A slot that the backbone does not have is refused; the message names those that it has."""
    message = rf"^unknown slot 'head' of '{host}'; choose from {', '.join(builtin().hosts[host].slots)}$"
    with pytest.raises(ValueError, match=message):
        REGISTRY.hosts[host].build(REGISTRY.specs["psk"], slot="head")


@pytest.mark.parametrize(
    ("host", "slot"),
    [("mobilenet_v3_large", "squeeze_excite@1,2"), ("mobilenet_v3_small_imagenet", "squeeze_excite@3")],
)
def test_stages_without_the_slot(host: str, slot: str) -> None:
    """Where no block of the stages has the slot, nothing is built: it would be the plain network under another name."""
    message = rf"^'{host}' has nothing at '{slot}': no block there has this slot; choose other stages$"
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        REGISTRY.hosts[host].build(REGISTRY.find("se"), slot=slot)


def test_a_stage_that_is_named_twice() -> None:
    """It is refused: the same network would be measured as another case."""
    with pytest.raises(ValueError, match=r"^the stage '4' is named twice in 'block_output@4,5,4'; name each once$"):
        builtin().host("resnet50").split_slot("block_output@4,5,4")


def test_unknown_stage() -> None:
    """A stage that the backbone does not have is refused; the message names those that it has."""
    with pytest.raises(ValueError, match=r"^unknown stage '6' of 'resnet50'; its stages: 2, 3, 4, 5$"):
        REGISTRY.hosts["resnet50"].build(REGISTRY.find("se"), slot="block_output@2,6")


@pytest.mark.parametrize("host", WITH_BRANCHES)
@pytest.mark.parametrize("name", ["softmax", "plu"])
def test_family_without_a_slot(host: str, name: str) -> None:
    """Logit functions, and activations alone, have no slot in these networks, and the message says so."""
    with pytest.raises(ValueError, match=rf"^'{name}' .*'{host}'; slots that fit: none$"):
        REGISTRY.hosts[host].build(REGISTRY.specs[name])


@pytest.mark.parametrize("name", ["resnext50_16x4d", "mobilenet_v3_small"])
def test_named_slot_is_the_default_one(name: str) -> None:
    """Naming the slot that an implementation takes anyway changes nothing."""
    with torch.device("meta"):
        named, by_default = (THIN[name].build(REGISTRY.specs["psk"], slot=slot) for slot in ("spatial_conv", None))
    assert repr(named) == repr(by_default)
