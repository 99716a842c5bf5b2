"""Branches: kernels, widths, output shapes and groups. Values are compared with the reference elsewhere.

Those with the parts of the PSK paper's networks; what only the official SK and Split have is in another file.
"""

from __future__ import annotations

import pytest
import torch

from attn_impls import Family, Site, builtin

from .setups import SITES, build, setups_of

BRANCHES = tuple(name for name, spec in builtin().specs.items() if spec.family is Family.BRANCH)
IN_THE_PSK_PAPER = tuple(name for name in BRANCHES if not name.endswith("/official"))
GROUPED = ("split/softmax", "split/hard_softmax", "psk", "psk/as_printed")


def site(in_channels: int, out_channels: int, *, kernel_size: int = 3, stride: int = 1, groups: int = 4) -> Site:
    """Describe a place on a map of 7 x 5."""
    return Site(
        in_channels=in_channels,
        out_channels=out_channels,
        kernel_size=kernel_size,
        stride=stride,
        groups=groups,
        height=7,
        width=5,
    )


def shapes(name: str, place: Site) -> dict[str, tuple[int, ...]]:
    """Shapes of the parameters."""
    return {key: tuple(value.shape) for key, value in builtin().specs[name].build(place).named_parameters()}


@pytest.mark.parametrize("name", IN_THE_PSK_PAPER)
@pytest.mark.parametrize("kernel_size", [3, 5])
def test_kernels(name: str, kernel_size: int) -> None:
    """SK and PSK bring a 3x3 and a true 5x5; Split has two of the kernel that it replaces."""
    found = shapes(name, site(8, 8, kernel_size=kernel_size))
    first, second = (kernel_size, kernel_size) if name.startswith("split/") else (3, 5)
    assert found["convolutions.0.weight"] == (8, 2, first, first)
    assert found["convolutions.1.weight"] == (8, 2, second, second)


@pytest.mark.parametrize(("kernel_size", "kernels"), [(1, (1, 3)), (3, (3, 5)), (5, (5, 7)), (7, (7, 9))])
def test_psk_by_the_kernel_that_it_replaces(kernel_size: int, kernels: tuple[int, int]) -> None:
    """With kernels that are not fixed, PSK has k and k + 2, and keeps the size of the map."""
    place = site(8, 8, kernel_size=kernel_size)
    module = builtin().find("psk:fixed_kernels=false").build(place)
    layers = module.get_submodule("convolutions").children()
    found = [conv.kernel_size for conv in layers if isinstance(conv, torch.nn.Conv2d)]
    assert found == [(k, k) for k in kernels]
    assert module(torch.zeros(2, 8, 7, 5)).shape == (2, 8, 7, 5)


def test_psk_needs_a_kernel_with_a_middle() -> None:
    """An even kernel has none, and would change the size of the map."""
    with pytest.raises(ValueError, match=r"^kernel_size is 4; choose an odd number, which keeps the size of the map$"):
        builtin().find("psk:fixed_kernels=false").build(site(8, 8, kernel_size=4))


@pytest.mark.parametrize(
    ("name", "in_channels", "out_channels", "groups", "expected"),
    [
        # max(Cout / 16, 32), from the sum of the branches.
        ("sk/official", 16, 32, 4, (32, 32)),
        ("sk/official", 16, 1024, 4, (64, 1024)),
        # max(Cin / 2, 32), grouped.
        ("split/official", 16, 32, 4, (32, 8)),
        ("split/official", 128, 32, 4, (64, 8)),
        # Half of Cout, from the sum of the branches.
        ("sk/softmax", 16, 32, 4, (16, 32)),
        ("sk/softmax", 8, 8, 8, (4, 8)),
        # max(Cout / 2, G).
        ("split/softmax", 16, 32, 4, (16, 8)),
        ("split/softmax", 8, 8, 8, (8, 1)),
        # max(max(Cin, 2 Cout) / 4, G), from the module's input.
        ("psk", 16, 32, 4, (16, 4)),
        ("psk", 64, 16, 4, (16, 16)),
        ("psk", 8, 8, 8, (8, 1)),
        # max(Cin, 2 Cout) / 4.
        ("psk/standard_1x1", 16, 32, 4, (16, 16)),
        ("psk/standard_1x1", 8, 8, 8, (4, 8)),
    ],
)
def test_width_of_the_transform(
    name: str, in_channels: int, out_channels: int, groups: int, expected: tuple[int, int]
) -> None:
    """The first 1x1 convolution has the width and the inputs per group of its paper."""
    place = site(in_channels, out_channels, groups=groups)
    assert shapes(name, place)["transform.reduce.weight"] == (*expected, 1, 1)


@pytest.mark.parametrize(
    ("name", "has_norm"),
    [
        ("sk/softmax", False),
        ("split/softmax", True),
        ("psk", True),
        ("psk/standard_1x1", True),
        ("psk/as_printed", False),
        ("psk/standard_1x1_as_printed", False),
    ],
)
def test_transform_has_a_bias_or_a_norm(name: str, *, has_norm: bool) -> None:
    """The first 1x1 convolution is followed by a BN or has a bias, never both; the second always has a bias."""
    found = shapes(name, SITES["grouped"])
    assert ("transform.norm.weight" in found) is has_norm
    assert ("transform.reduce.bias" in found) is not has_norm
    assert "transform.expand.bias" in found


@pytest.mark.parametrize("name", BRANCHES)
def test_output_shape_with_a_stride(name: str) -> None:
    """A stride of 2 halves an odd feature map upwards, and the channels become Cout."""
    module = builtin().specs[name].build(site(8, 16, stride=2))
    assert module(torch.zeros(2, 8, 7, 5)).shape == (2, 16, 4, 3)


@pytest.mark.parametrize("name", GROUPED)
def test_groups_do_not_mix(name: str) -> None:
    """Where the 1x1 convolutions are grouped too, an output channel depends on its own group of inputs alone."""
    setup = next(each for each in setups_of(builtin().specs[name]) if each.variant == "grouped")
    module, _ = build(setup, training=False)
    # So many and so different samples that no ReLU of the transform is shut for all of them.
    x = torch.randn(32, 8, 4, 3, dtype=torch.float64)
    changed = x.clone()
    changed[:, :2] = torch.randn(32, 2, 4, 3, dtype=torch.float64) + torch.randn(32, 2, 1, 1, dtype=torch.float64) * 5
    differs = (module(x) != module(changed)).any(-1).any(-1).any(0)
    assert differs.tolist() == [True, True, False, False, False, False, False, False]


def test_split_of_radix_one_still_attends() -> None:
    """One split alone has the sigmoid, as in ResNeSt: with zero logits, half of conv - BN - ReLU is let through."""
    torch.manual_seed(0)
    module = builtin().find("split/softmax:radix=1").build(site(8, 8)).eval()
    for parameter in module.get_submodule("transform.expand").parameters():
        torch.nn.init.zeros_(parameter)
    x = torch.randn(2, 8, 7, 5)
    split = module.get_submodule("norms.0")(module.get_submodule("convolutions.0")(x)).relu()
    torch.testing.assert_close(module(x), split / 2)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("split/softmax:radix=0", "radix is 0; choose 1 or more"),
        ("split/official:radix=0", "radix is 0; choose 1 or more"),
        ("split/official:reduction=0", "reduction is 0; choose 1 or more"),
        ("sk/official:reduction=0", "reduction is 0; choose 1 or more"),
    ],
)
def test_a_number_below_one(name: str, message: str) -> None:
    """It is refused in words, rather than by a division by zero."""
    with pytest.raises(ValueError, match=f"^{message}$"):
        builtin().find(name).build(site(8, 8))
