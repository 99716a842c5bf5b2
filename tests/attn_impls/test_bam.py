"""BAM: parameters and errors. Values are compared with the reference."""

from __future__ import annotations

import pytest
import torch
from torchvision.models import resnet50

from attn_impls.gates.bam import BAM


def test_parameters_of_the_published_resnet() -> None:
    """One BAM after each of the first three stages of ResNet-50 gives the parameters of BAM-ResNet-50."""
    with torch.device("meta"):
        modules = [resnet50(), *(BAM(channels) for channels in (256, 512, 1024))]
    assert sum(parameter.numel() for module in modules for parameter in module.parameters()) == 25_915_099


def test_dilation_reaches_far_without_changing_the_size() -> None:
    """Two 3 x 3 convolutions of dilation 4 see eight positions away, and no further."""
    torch.manual_seed(0)
    module = BAM(16).eval()
    x = torch.zeros(1, 16, 1, 21, requires_grad=True)
    logits = module.spatial(x)
    assert logits.shape == (1, 1, 1, 21)
    # Biases that let every ReLU pass.
    with torch.no_grad():
        for name, parameter in module.spatial.named_parameters():
            parameter.fill_(1 if name.endswith("bias") else 0.1)
    module.spatial(x)[0, 0, 0, 10].backward()
    assert x.grad is not None
    assert x.grad[0, 0, 0].nonzero().flatten().tolist() == [2, 6, 10, 14, 18]


def test_unknown_combination() -> None:
    """A wrong name is answered with the right ones."""
    with pytest.raises(ValueError, match=r"^unknown combination 'sum'; choose from add, multiply$"):
        BAM(16, combine="sum")


def test_reduction_below_one() -> None:
    """There is no bottleneck of less than nothing."""
    with pytest.raises(ValueError, match=r"^reduction is 0; choose 1 or more$"):
        BAM(16, reduction=0)


def test_dilation_below_one() -> None:
    """The elements of a kernel cannot lie on top of each other."""
    with pytest.raises(ValueError, match=r"^dilation is 0; choose 1 or more$"):
        BAM(16, dilation=0)


def official_pooling(x: torch.Tensor) -> torch.Tensor:
    """Pool as the official code does: windows of H x H."""
    return torch.nn.functional.avg_pool2d(x, x.size(2), stride=x.size(2))


def test_the_whole_map_is_pooled() -> None:
    """A column beyond the first H x H, which the official code leaves out, moves the channels' gates here."""
    torch.manual_seed(0)
    module = BAM(16).eval()
    pooled: list[torch.Tensor] = []
    module.channel.register_forward_pre_hook(lambda _, inputs: pooled.append(inputs[0]))
    x = torch.zeros(1, 16, 4, 6)
    x[..., 5] = 6.0
    module(x)
    assert pooled[0].flatten().tolist() == [1.0] * 16
    assert official_pooling(x).flatten().tolist() == [0.0] * 16
    square = torch.randn(1, 16, 4, 4)
    module(square)
    torch.testing.assert_close(pooled[1], official_pooling(square))
