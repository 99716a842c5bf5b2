"""The table of recipes: how the papers trained, as far as they say, and what was chosen where they do not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from bench.errors import UsageError, refuse

from .augmentation import NO_AUGMENTATION, Augmentation
from .datasets import DATASETS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Sgd:
    """Stochastic gradient descent with momentum."""

    rate: float
    momentum: float = 0.9
    weight_decay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AdamW:
    """Adam with decoupled weight decay."""

    rate: float
    weight_decay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a network is trained. The loss is cross entropy, plus the penalty if there is one."""

    name: str
    datasets: tuple[str, ...]
    """That it is for."""
    optimizer: Sgd | AdamW
    epochs: int
    milestones: tuple[int, ...]
    """Epochs from which on the learning rate is a tenth of what it was."""
    batch_size: int
    batch_sizes: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Of backbones that have another one."""
    augmentation: Augmentation = NO_AUGMENTATION
    standardized: bool = True
    """Images are given as (x - mean) / std; otherwise between 0 and 1."""
    decays_all: bool = True
    """Weight decay acts on every parameter; otherwise on the weights of convolutions and linear layers."""
    he_initialization: bool = False
    """Weights of convolutions and linear layers are drawn anew by He's rule, biases are 0."""
    nam_penalty: float = 0.0
    """NAM's p: the factor of the L1 norm of its scales."""
    source: str
    """The paper."""
    chosen: str
    """What the paper leaves out, and what stands here for it."""

    def batch_size_of(self, host: str | None) -> int:
        """Return the images in a batch of a backbone."""
        return self.batch_size if host is None else self.batch_sizes.get(host, self.batch_size)

    def shortened(self, epochs: int) -> Recipe:
        """Return the recipe over another number of epochs, its milestones at the same shares of it."""
        milestones = tuple(max(1, round(milestone * epochs / self.epochs)) for milestone in self.milestones)
        return replace(self, epochs=epochs, milestones=milestones)

    @property
    def settings(self) -> str:
        """All that it sets, in words: recipes with the same words train alike."""
        optimizer = self.optimizer
        momentum = f" momentum {optimizer.momentum:g}" if isinstance(optimizer, Sgd) else ""
        decay = f"decay {optimizer.weight_decay:g}{'' if self.decays_all else ' of weights alone'}"
        augmented = self.augmentation
        words = (
            f"{type(optimizer).__name__} rate {optimizer.rate:g}{momentum} {decay}",
            f"rate / 10 after {self.milestones} of {self.epochs} epochs" if self.milestones else "constant rate",
            f"rotation {augmented.rotation_deg:g} degrees, shift {augmented.shift:g}, flip {augmented.flip}",
            "standardised" if self.standardized else "pixels from 0 to 1",
            "He initialisation" if self.he_initialization else "PyTorch's initialisation",
            *([f"NAM's penalty {self.nam_penalty:g}"] if self.nam_penalty else []),
        )
        return "; ".join(words)


GREY, CIFAR = ("fashion-mnist", "mnist", "digits"), ("cifar10", "cifar100")
#: A random crop after padding with 4 of 32 pixels, and a flip.
CROP_AND_FLIP = Augmentation(shift=0.125, flip=True)
#: PSK names a rotation, a translation and a horizontal flip without amounts.
PSK_AUGMENTATION = Augmentation(rotation_deg=15.0, shift=0.1, flip=True)
PSK_PAPER, PSK_BATCHES = "doi:10.3778/j.issn.1002-8331.2010-0085", MappingProxyType({"resnext50_16x4d": 32})
PSK_CHOSEN = "rotation up to 15 degrees, translation up to a tenth, momentum 0.9; batch 256 but for its ResNeXt's 32"
FELU_PAPER = "doi:10.16644/j.cnki.cn33-1094/tp.2020.10.017"

_ROWS = (
    Recipe(
        name="psk",
        datasets=GREY,
        optimizer=AdamW(rate=1e-3, weight_decay=5e-4),
        epochs=60,
        milestones=(20, 40),
        batch_size=256,
        batch_sizes=PSK_BATCHES,
        augmentation=PSK_AUGMENTATION,
        decays_all=False,
        he_initialization=True,
        source=PSK_PAPER,
        chosen=f"{PSK_CHOSEN}; MNIST and digits as Fashion-MNIST",
    ),
    Recipe(
        name="psk",
        datasets=CIFAR,
        optimizer=Sgd(rate=0.1, weight_decay=5e-4),
        epochs=150,
        milestones=(80, 115),
        batch_size=256,
        batch_sizes=PSK_BATCHES,
        augmentation=PSK_AUGMENTATION,
        decays_all=False,
        he_initialization=True,
        source=PSK_PAPER,
        chosen=PSK_CHOSEN,
    ),
    Recipe(
        name="nam",
        datasets=(*CIFAR, *GREY),
        optimizer=Sgd(rate=0.1, weight_decay=1e-4),
        epochs=90,
        milestones=(30, 60),
        batch_size=256,
        augmentation=CROP_AND_FLIP,
        nam_penalty=1e-4,
        source="arXiv:2111.12419",
        chosen="it refers to CBAM's training, which is described for ImageNet: its optimiser, epochs and batch size, "
        "with the usual crop of small images",
    ),
    Recipe(
        name="felu",
        datasets=GREY,
        optimizer=AdamW(rate=1e-3),
        epochs=100,
        milestones=(),
        batch_size=128,
        source=FELU_PAPER,
        chosen="standardised images (its Table 2); of MNIST it prints 100 iterations alone: taken as epochs, at a "
        "constant rate of Adam, since the rate 0.1 that it has for CIFAR makes this network diverge",
    ),
    Recipe(
        name="felu",
        datasets=CIFAR,
        optimizer=Sgd(rate=0.1, weight_decay=1e-4),
        epochs=164,
        milestones=(82, 123),
        batch_size=128,
        augmentation=CROP_AND_FLIP,
        source=FELU_PAPER,
        chosen="it prints batch 128, momentum 0.9 and rate 0.1; the rest is ResNet's recipe for CIFAR",
    ),
    Recipe(
        name="felu-normalized",
        datasets=GREY,
        optimizer=AdamW(rate=1e-3),
        epochs=100,
        milestones=(),
        batch_size=128,
        standardized=False,
        source=FELU_PAPER,
        chosen="as felu, with pixels between 0 and 1 (its Table 1)",
    ),
    Recipe(
        name="senet",
        datasets=(*CIFAR, *GREY),
        optimizer=Sgd(rate=0.1, weight_decay=1e-4),
        epochs=164,
        milestones=(82, 123),
        batch_size=128,
        augmentation=CROP_AND_FLIP,
        source="arXiv:1709.01507",
        chosen="for CIFAR it refers to the networks' own papers: that of ResNet (arXiv:1512.03385), whose 64,000 steps "
        "are 164 epochs",
    ),
    Recipe(
        name="eca",
        datasets=(*CIFAR, *GREY),
        optimizer=Sgd(rate=0.1, weight_decay=1e-4),
        epochs=100,
        milestones=(30, 60, 90),
        batch_size=256,
        augmentation=CROP_AND_FLIP,
        source="arXiv:1910.03151",
        chosen="its recipe is for ImageNet; small images are cropped after padding instead of resized",
    ),
)
#: All names, in the order of the table.
NAMES = tuple(dict.fromkeys(row.name for row in _ROWS))


def recipe(name: str, dataset: str) -> Recipe:
    """Return the recipe of a name for a data set.

    Raises:
        UsageError: there is none of that name, or it is not for that data set.

    """
    if name not in NAMES:
        refuse("recipe", name, NAMES)
    found = [row for row in _ROWS if row.name == name and dataset in row.datasets]
    if not found:
        fitting = [known for known in DATASETS if any(known in row.datasets for row in _ROWS if row.name == name)]
        msg = f"the recipe {name!r} is not for {dataset}; choose from {', '.join(fitting)}, or another recipe"
        raise UsageError(msg)
    return found[0]
