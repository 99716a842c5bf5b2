from __future__ import annotations

import pytest
import torch
from torch import nn

from bench.errors import UsageError
from training.building import initialize, loss_of, optimizer_of, schedule_of
from training.recipes import NAMES, recipe


def network() -> nn.Sequential:
    """Return a convolution with its norm, and a linear layer."""
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3))


def test_names() -> None:
    """In the order of the table."""
    assert NAMES == ("psk", "nam", "felu", "felu-normalized", "senet", "eca")


def test_psk_trains_grey_images_with_adamw() -> None:
    """1e-3, a tenth of it from epoch 20 on, and a hundredth from 40 on; only weights decay."""
    found = recipe("psk", "fashion-mnist")
    optimizer = optimizer_of(network(), found)
    assert isinstance(optimizer, torch.optim.AdamW)
    assert [(len(group["params"]), group["weight_decay"]) for group in optimizer.param_groups] == [(2, 5e-4), (4, 0.0)]
    schedule = schedule_of(optimizer, found)
    rates = []
    for _ in range(found.epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert [rates[epoch] for epoch in (0, 19, 20, 39, 40, 59)] == pytest.approx([1e-3, 1e-3, 1e-4, 1e-4, 1e-5, 1e-5])


def test_psk_trains_cifar_with_sgd() -> None:
    """150 epochs with momentum; the batch depends on the network."""
    found = recipe("psk", "cifar100")
    optimizer = optimizer_of(network(), found)
    assert isinstance(optimizer, torch.optim.SGD)
    assert optimizer.param_groups[0]["momentum"] == 0.9
    assert (found.epochs, found.milestones) == (150, (80, 115))
    assert [found.batch_size_of(host) for host in ("mobilenet_v3_small", "resnext50_16x4d")] == [256, 32]


def test_the_other_recipes_let_everything_decay() -> None:
    """As torch.optim does by itself."""
    groups = optimizer_of(network(), recipe("nam", "cifar100")).param_groups
    assert [(len(group["params"]), group["weight_decay"]) for group in groups] == [(6, 1e-4)]


def test_what_is_frozen_is_not_trained() -> None:
    """It is in no group."""
    frozen = network()
    for parameter in frozen[3].parameters():
        parameter.requires_grad = False
    assert [len(group["params"]) for group in optimizer_of(frozen, recipe("psk", "mnist")).param_groups] == [1, 3]


def test_initial_weights() -> None:
    """He's rule: a variance of 2 over the inputs; biases are 0. Other recipes leave the network as it was built."""
    torch.manual_seed(0)
    drawn, kept = nn.Linear(500, 400), nn.Linear(500, 400)
    before = kept.weight.clone()
    initialize(drawn, recipe("psk", "cifar10"))
    initialize(kept, recipe("eca", "cifar10"))
    assert drawn.weight.var().item() == pytest.approx(2 / 500, rel=0.02)
    assert not drawn.bias.any()
    assert torch.equal(kept.weight, before)


class WithScales(nn.Module):
    """A module that NAM's penalty knows."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor([3.0, -5.0]))

    @property
    def nam_scale(self) -> torch.Tensor:
        return self.scale


def test_loss() -> None:
    """Cross entropy; NAM adds p times the norm of its scales."""
    logits, labels = torch.tensor([[0.0, 0.0, 0.0, 0.0]]), torch.tensor([2])
    assert loss_of(WithScales(), logits, labels, recipe("psk", "mnist")).item() == pytest.approx(1.3862944)
    assert loss_of(WithScales(), logits, labels, recipe("nam", "mnist")).item() == pytest.approx(1.3862944 + 8e-4)


def test_a_recipe_that_is_not_there() -> None:
    """The closest name is proposed, or what the recipe is for."""
    with pytest.raises(UsageError, match=r"^unknown recipe 'pks'; did you mean 'psk'\?"):
        recipe("pks", "mnist")
    with pytest.raises(UsageError) as caught:
        recipe("felu-normalized", "cifar10")
    assert str(caught.value) == (
        "the recipe 'felu-normalized' is not for cifar10; choose from fashion-mnist, mnist, digits, or another recipe"
    )
