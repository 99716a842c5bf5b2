"""What a call works on: images of a network, a feature map, logits, tokens, batches. Each says how it is drawn.

A new family of inputs is one more class here, with a tag of its own, in the union ``Input``.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from msgspec import Meta
from msgspec.structs import replace

from .kinds import Direction, Part, Phase, Subject
from .ranges import ITEM_BYTES, MOST_ELEMENTS, Line, Name, Size, Whole
from .record import Record
from .sequences import Sequences
from .tokens import Tokens

if TYPE_CHECKING:
    from torch import Tensor

#: Tensors of the input's size that are read or written at least where the result has its shape. Forward: the input and
#: the result. Backward: the result, its gradient and the input's gradient.
MOVED = {Direction.FORWARD: 2, Direction.BACKWARD: 3, Direction.FORWARD_BACKWARD: 5}


class _Map(Record, frozen=True, kw_only=True):
    """Numbers in [batch, channels, height, width]."""

    batch: Size
    channels: Size
    height: Size
    width: Size
    channels_last: bool = False
    """In memory, channels are neighbours (torch.channels_last)."""

    def __post_init__(self) -> None:
        """Refuse what no memory holds (ValueError)."""
        _refuse_too_large(self.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes, batch first."""
        return (self.batch, self.channels, self.height, self.width)

    def with_batch(self, batch: int) -> Self:
        """Return the same input with so many images."""
        return replace(self, batch=batch)

    def laid_out(self, *, channels_last: bool) -> Self:
        """Return the same input in this memory format."""
        return replace(self, channels_last=channels_last)

    @property
    def name(self) -> str:
        """The sizes in words: ``1×3×32×32``."""
        return "×".join(map(str, self.shape))

    def draw(self, dtype: str, device: str) -> tuple[Tensor, ...]:
        """Return standard normal numbers, the same in every process and on every device."""
        from .drawing import normal

        return (normal(self.shape, dtype, device, channels_last=self.channels_last),)


class Images(_Map, frozen=True, kw_only=True, tag="images"):
    """Images that a network classifies."""

    num_classes: Size

    subject: ClassVar[Subject] = Subject.NETWORK
    #: What works on it, in titles.
    noun: ClassVar[str] = "network"
    #: A network's time does not depend on where its images are: they are few, and what lies elsewhere with every build
    #: are its weights, of which thousands of places make a mean.
    moves: ClassVar[bool] = False
    #: Training wants no gradient of images; what stands inside a network has to pass it on.
    passes_gradients: ClassVar[bool] = False
    #: A call is a whole step of an epoch: its time is the CPU's, waits for the device included.
    is_step: ClassVar[bool] = False
    dim: ClassVar[None] = None

    def title(self, host: str | None, direction: Direction) -> tuple[str, ...]:
        """Return what the rows of a table share: ``resnet50, forward, batch 8``."""
        return (host or self.noun, direction, f"batch {self.batch}")

    def least_bytes(self, direction: Direction, dtype: str) -> int:
        """Return the bytes that must be moved in one call: the images, read once in each pass."""
        passes = 2 if direction is Direction.FORWARD_BACKWARD else 1
        return passes * prod(self.shape) * ITEM_BYTES[dtype]


class FeatureMap(_Map, frozen=True, kw_only=True, tag="feature map"):
    """A feature map that a module maps to one of the same size."""

    subject: ClassVar[Subject] = Subject.MODULE
    noun: ClassVar[str] = "attention alone"
    moves: ClassVar[bool] = True
    passes_gradients: ClassVar[bool] = True
    is_step: ClassVar[bool] = False
    dim: ClassVar[None] = None
    num_classes: ClassVar[None] = None

    def title(self, host: str | None, direction: Direction) -> tuple[str, ...]:
        """Return what the rows of a table share: ``attention alone, 2×64×32×32, forward``."""
        return (host or self.noun, self.name, direction)

    def least_bytes(self, direction: Direction, dtype: str) -> int:
        """Return the bytes that must be moved in one call: each tensor of the map's size once."""
        return MOVED[direction] * prod(self.shape) * ITEM_BYTES[dtype]


class Logits(Record, frozen=True, kw_only=True, tag="logits"):
    """Logits that a function works on along one dimension."""

    shape: Annotated[tuple[Size, ...], Meta(min_length=1, max_length=8)]
    dim: Whole

    subject: ClassVar[Subject] = Subject.OP
    noun: ClassVar[str] = "logit functions"
    moves: ClassVar[bool] = True
    passes_gradients: ClassVar[bool] = True
    is_step: ClassVar[bool] = False
    num_classes: ClassVar[None] = None
    channels_last: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse a dimension that there is not, and what no memory holds (ValueError)."""
        if self.dim >= len(self.shape):
            msg = f"dim: {self.dim} is no dimension of {len(self.shape)}"
            raise ValueError(msg)
        _refuse_too_large(self.shape)

    @property
    def batch(self) -> int:
        """The first size."""
        return self.shape[0]

    def with_batch(self, batch: int) -> Self:
        """Return the same logits with another first size."""
        return replace(self, shape=(batch, *self.shape[1:]))

    def laid_out(self, *, channels_last: bool) -> Self:
        """Return the same logits: they have no channels."""
        del channels_last
        return self

    @property
    def length(self) -> int:
        """How many logits are normalised together."""
        return self.shape[self.dim]

    @property
    def name(self) -> str:
        """The sizes in words: ``256×2×256``."""
        return "×".join(map(str, self.shape))

    def draw(self, dtype: str, device: str) -> tuple[Tensor, ...]:
        """Return standard normal numbers, the same in every process and on every device."""
        from .drawing import normal

        return (normal(self.shape, dtype, device),)

    def title(self, host: str | None, direction: Direction) -> tuple[str, ...]:
        """Return what the rows of a table share: ``logit functions, 256×2×256 over dimension 1, forward``."""
        return (host or self.noun, f"{self.name} over dimension {self.dim}", direction)

    def least_bytes(self, direction: Direction, dtype: str) -> int:
        """Return the bytes that must be moved in one call: each tensor of the logits' size once."""
        return MOVED[direction] * prod(self.shape) * ITEM_BYTES[dtype]


class _DataSet(_Map, frozen=True, kw_only=True):
    """A data set's images, as a paper's recipe gives them to a network."""

    num_classes: Size
    dataset: Name
    digest: Line | None
    """Of the data set's images and labels; None: made-up images of the same number and shape."""
    images: Size
    """In an epoch that has all."""
    recipe: Name

    subject: ClassVar[Subject] = Subject.NETWORK
    noun: ClassVar[str] = "network"
    moves: ClassVar[bool] = False
    passes_gradients: ClassVar[bool] = False
    dim: ClassVar[None] = None

    @property
    def data_words(self) -> str:
        """The data set; where there is none, that its images are made up."""
        return self.dataset if self.digest is not None else f"made-up images like {self.dataset}'s"

    def least_bytes(self, direction: Direction, dtype: str) -> int:
        """Return the bytes that must be moved in one step: the images, read once in each pass."""
        passes = 2 if direction is Direction.FORWARD_BACKWARD else 1
        return passes * prod(self.shape) * ITEM_BYTES[dtype]


class Batches(_DataSet, frozen=True, kw_only=True, tag="batches"):
    """Batches of a data set's images, as an input pipeline gives them to a network."""

    phase: Phase
    part: Part

    is_step: ClassVar[bool] = True

    @property
    def steps(self) -> float:
        """Batches in an epoch; a smaller one at its end counts as its share."""
        return self.images / self.batch

    def title(self, host: str | None, direction: Direction) -> tuple[str, ...]:
        """Return what cases share: ``resnet50, training on cifar100, recipe psk, computing alone, batch 32``."""
        del direction
        return (*self.epoch_title(host), self.part, f"batch {self.batch}")

    def epoch_title(self, host: str | None) -> tuple[str, ...]:
        """Return what the parts of an epoch share."""
        return (host or self.noun, f"{self.phase} on {self.data_words}", f"recipe {self.recipe}")


class TrainingSet(_DataSet, frozen=True, kw_only=True, tag="training set"):
    """A data set, and how a network is trained with it: whatever the learning curve depends on beside the network."""

    test_images: Size
    settings: Line
    """Of the recipe, in words: a recipe that was changed is another case."""
    epochs: Size
    seed: Whole
    """Of the first weights, the order of the images, and what augmentation draws."""
    most_steps: Size | None = None
    """In an epoch; None: all images are seen in one."""
    amp: bool = False
    """Automatic mixed precision: operators run in bfloat16 where torch.autocast thinks that they can."""
    processes: Size = 1
    """That share each batch."""

    is_step: ClassVar[bool] = False

    @property
    def steps(self) -> int:
        """In an epoch."""
        whole = -(-self.images // self.batch)
        return whole if self.most_steps is None else min(whole, self.most_steps)

    def title(self, host: str | None, direction: Direction) -> tuple[str, ...]:
        """Return what cases share: ``felu_net, trained on digits, recipe felu, 100 epochs, batch 128``."""
        del direction
        epochs = f"{self.epochs} epoch{'' if self.epochs == 1 else 's'}"
        short = () if self.most_steps is None else (f"{self.steps} steps an epoch",)
        amp = ("mixed precision",) if self.amp else ()
        processes = (f"{self.processes} processes",) if self.processes > 1 else ()
        trained = (f"trained on {self.data_words}", f"recipe {self.recipe}", epochs, *short)
        return (host or self.noun, *trained, f"batch {self.batch}", *amp, *processes)


Input = Images | FeatureMap | Logits | Tokens | Sequences | Batches | TrainingSet


def _refuse_too_large(shape: tuple[int, ...]) -> None:
    if prod(shape) > MOST_ELEMENTS:
        msg = f"{'×'.join(map(str, shape))} are more than {MOST_ELEMENTS} elements"
        raise ValueError(msg)
