"""SK and Split as in their authors' networks: what they are made of, and their options."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torchvision.models.resnet import Bottleneck, ResNet

from attn_impls import Family, builtin
from attn_impls.branches.official_selective_kernel import OfficialSelectiveKernel
from attn_impls.branches.official_split import OfficialSplitAttention
from attn_impls.branches.selection import pooled_sum, weighted_sum
from attn_impls.normalizers import make_normalizer

NORMALIZERS = [name for name, spec in builtin().specs.items() if spec.family == Family.NORMALIZER]


def sknet(depths: list[int], *, minimum_widths: tuple[int, ...] = (32, 32, 32, 32)) -> nn.Module:
    """Build ResNeXt (32x4d) with SK in place of every 3x3 convolution, its BN and its ReLU, on the meta device."""
    with torch.device("meta"):
        network: nn.Module = ResNet(Bottleneck, depths, groups=32, width_per_group=4)
        for index, minimum_width in enumerate(minimum_widths, start=1):
            for block in network.get_submodule(f"layer{index}").children():
                replaced = block.get_submodule("conv2")
                assert isinstance(replaced, nn.Conv2d)
                block.conv2 = OfficialSelectiveKernel(
                    replaced.in_channels,
                    replaced.out_channels,
                    stride=replaced.stride[0],
                    groups=replaced.groups,
                    minimum_width=minimum_width,
                )
                block.bn2 = nn.Identity()
    return network


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_parameters_of_sknet50() -> None:
    """SKNet-50 has 27.480 million parameters: d = max(C / 16, 32), a BN, and no biases in the transform."""
    assert parameters(sknet([3, 4, 6, 3])) == 27_479_784


def test_parameters_of_sknet101() -> None:
    """SKNet-101 has 48.687 million parameters; its definition has d = 16 in the second stage, below L = 32."""
    assert parameters(sknet([3, 4, 23, 3], minimum_widths=(32, 16, 32, 32))) == 48_686_760


def test_sknet101_with_the_papers_width() -> None:
    """With L = 32 in every stage, SKNet-101 would have 0.05 million parameters more."""
    assert parameters(sknet([3, 4, 23, 3])) == 48_736_040


def test_branches_of_sk_are_dilated() -> None:
    """Every branch is a 3x3; the m-th has dilation m, and padding that keeps the size of the map."""
    module = OfficialSelectiveKernel(8, 8, groups=4, branches=3)
    convolutions = [part for part in module.convolutions if isinstance(part, nn.Conv2d)]
    described = [(conv.kernel_size, conv.dilation, conv.padding, conv.groups) for conv in convolutions]
    assert described == [((3, 3), (1, 1), (1, 1), 4), ((3, 3), (2, 2), (2, 2), 4), ((3, 3), (3, 3), (3, 3), 4)]


def test_transform_of_sk_has_no_bias() -> None:
    """Both 1x1 convolutions of SK are without a bias; a BN stands between them."""
    names = [name for name, _ in OfficialSelectiveKernel(8, 8).transform.named_parameters()]
    assert names == ["reduce.weight", "norm.weight", "norm.bias", "expand.weight"]


@pytest.mark.parametrize(
    ("channels", "reduction", "minimum_width", "expected"), [(256, 4, 32, 64), (256, 16, 8, 16), (64, 16, 32, 32)]
)
def test_width_of_sk(channels: int, reduction: int, minimum_width: int, expected: int) -> None:
    """The transform of SK is max(C / r, L) wide."""
    module = OfficialSelectiveKernel(channels, channels, reduction=reduction, minimum_width=minimum_width)
    assert tuple(module.transform.reduce.weight.shape) == (expected, channels, 1, 1)


@pytest.mark.parametrize("branches", [1, 0, -1])
def test_sk_needs_two_branches(branches: int) -> None:
    """There is nothing to select from fewer than two branches."""
    with pytest.raises(ValueError, match=rf"^branches must be at least 2, not {branches}$"):
        OfficialSelectiveKernel(8, 8, branches=branches)


@pytest.mark.parametrize("branches", [2, 3, 4])
def test_sk_averages_its_branches_where_it_has_no_preference(branches: int) -> None:
    """With equal logits, SK is the mean of its branches."""
    module = OfficialSelectiveKernel(4, 4, branches=branches).double().eval()
    nn.init.zeros_(module.transform.expand.weight)
    x = torch.randn(2, 4, 6, 5, dtype=torch.float64)
    pairs = zip(module.convolutions, module.norms, strict=True)
    expected = torch.stack([torch.relu(norm(conv(x))) for conv, norm in pairs]).mean(0)
    assert torch.allclose(module(x), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("radix", "groups", "shape", "convolution_groups"),
    [(1, 1, (8, 16, 3, 3), 1), (2, 1, (16, 8, 3, 3), 2), (2, 2, (16, 4, 3, 3), 4), (4, 2, (32, 2, 3, 3), 8)],
)
def test_convolution_of_split(radix: int, groups: int, shape: tuple[int, ...], convolution_groups: int) -> None:
    """Split has one convolution, of radix x Cout outputs and radix x cardinality groups."""
    module = OfficialSplitAttention(16, 8, radix=radix, groups=groups)
    assert tuple(module.convolution.weight.shape) == shape
    assert module.convolution.groups == convolution_groups


def test_transform_of_split() -> None:
    """Both 1x1 convolutions of Split have a bias and are grouped by cardinality; a BN stands between them."""
    module = OfficialSplitAttention(16, 8, groups=2)
    shapes = {name: tuple(parameter.shape) for name, parameter in module.transform.named_parameters()}
    assert shapes == {
        "reduce.weight": (32, 4, 1, 1),
        "reduce.bias": (32,),
        "norm.weight": (32,),
        "norm.bias": (32,),
        "expand.weight": (16, 16, 1, 1),
        "expand.bias": (16,),
    }


@pytest.mark.parametrize(
    ("in_channels", "radix", "reduction", "expected"),
    [(64, 2, 4, 32), (256, 2, 4, 128), (256, 4, 4, 256), (256, 2, 8, 64)],
)
def test_width_of_split(in_channels: int, radix: int, reduction: int, expected: int) -> None:
    """The transform of Split is max(Cin radix / r, 32) wide."""
    module = OfficialSplitAttention(in_channels, 8, radix=radix, reduction=reduction)
    assert module.transform.reduce.out_channels == expected


def test_split_of_radix_1_gates_by_the_sigmoid() -> None:
    """A single split is scaled by the sigmoid of its logit, here that of ln 3: 3/4."""
    module = OfficialSplitAttention(4, 4, radix=1).double().eval()
    nn.init.zeros_(module.transform.expand.weight)
    assert module.transform.expand.bias is not None
    nn.init.constant_(module.transform.expand.bias, math.log(3))
    x = torch.randn(2, 4, 5, 5, dtype=torch.float64)
    expected = 0.75 * torch.relu(module.norm(module.convolution(x)))
    assert torch.allclose(module(x), expected, rtol=0, atol=1e-14)


def test_split_refuses_channels_that_it_cannot_split() -> None:
    """Every split of every group needs input channels of its own: a depthwise convolution has too few."""
    with pytest.raises(ValueError, match=r"^4 groups x radix 2 do not divide 4 input channels$"):
        OfficialSplitAttention(4, 4, groups=4)


@pytest.mark.parametrize("name", NORMALIZERS)
@pytest.mark.parametrize("branch", [OfficialSelectiveKernel, OfficialSplitAttention])
def test_any_normaliser_mixes_the_branches(
    branch: type[OfficialSelectiveKernel | OfficialSplitAttention], name: str
) -> None:
    """Every normaliser can be chosen by name; its logits are those of the branches, one row a channel."""
    torch.manual_seed(0)
    module = branch(8, 8, groups=2, normalizer=name).double()
    seen: list[tuple[int, ...]] = []
    module.normalizer.register_forward_pre_hook(lambda _, inputs: seen.append(tuple(inputs[0].shape)))
    output = module(torch.randn(3, 8, 5, 4, dtype=torch.float64))
    output.sum().backward()
    assert type(module.normalizer) is type(make_normalizer(name, 1))
    assert seen == [(3, 2, 8)]
    assert all(bool(p.grad.isfinite().all()) for p in module.parameters() if p.grad is not None)
    assert bool(output.isfinite().all())


@pytest.mark.parametrize("branch", [OfficialSelectiveKernel, OfficialSplitAttention])
@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_traces_without_a_break(
    branch: type[OfficialSelectiveKernel | OfficialSplitAttention], *, training: bool
) -> None:
    """Dynamo takes the whole module, with its backward pass, as one graph; the values stay."""
    torch.manual_seed(0)
    module = branch(8, 8, groups=2).double().train(training)
    x = torch.randn(3, 8, 5, 4, dtype=torch.float64)
    expected = module(x)
    # Without code generation: whether it traces does not depend on a compiler's being there.
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    output = compiled(x)
    output.sum().backward()
    assert torch.allclose(output, expected, rtol=0, atol=1e-13)


def test_weighted_sum() -> None:
    """Every channel of every sample has weights of its own."""
    features = [torch.full((1, 2, 1, 1), 1.0), torch.full((1, 2, 1, 1), 10.0), torch.full((1, 2, 1, 1), 100.0)]
    weights = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]])
    assert weighted_sum(features, weights).flatten().tolist() == [531.0, 642.0]


def test_pooled_sum() -> None:
    """The sum of the means is the mean of the sum."""
    first, second = torch.tensor([[[[1.0, 3.0]]]]), torch.tensor([[[[10.0, 20.0]]]])
    assert pooled_sum([first, second]).tolist() == [[[[17.0]]]]
