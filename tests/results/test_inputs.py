"""Promises of inputs: how large they are, what must be moved at least, and that they are the same everywhere."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import pytest
import torch
from msgspec.structs import replace

from results import drawing
from results.inputs import Batches, FeatureMap, Images, Input, Logits, TrainingSet
from results.records import Direction, Part, Phase, Subject
from results.sequences import Sequences
from results.tokens import Tokens

IMAGES = Images(batch=2, channels=3, height=8, width=4, num_classes=10)
FEATURES = FeatureMap(batch=2, channels=3, height=8, width=4)
LOGITS = Logits(shape=(2, 96), dim=1)
SEQUENCES = Sequences(batch=2, height=3, width=1, heads=4, head_dim=8)
TOKENS = Tokens(batch=2, heads=3, kv_heads=3, queries=8, keys=8, head_dim=4)
BATCHES = Batches(
    batch=2,
    channels=3,
    height=8,
    width=4,
    num_classes=10,
    dataset="cifar10",
    digest="0123",
    images=5,
    recipe="psk",
    phase=Phase.TRAINING,
    part=Part.COMPUTING,
)
TRAINING = TrainingSet(
    batch=2,
    channels=3,
    height=8,
    width=4,
    num_classes=10,
    dataset="cifar10",
    digest="0123",
    images=5,
    test_images=3,
    recipe="psk",
    settings="as the paper",
    epochs=4,
    seed=0,
)
ALL = (IMAGES, FEATURES, LOGITS, TOKENS, SEQUENCES, BATCHES, TRAINING)
#: Of each input above.
ELEMENTS = 192

#: Draws logits after other numbers were drawn, and prints them.
DRAW = """
import torch
from results.inputs import Logits
torch.manual_seed(7)
torch.randn(5)
print(Logits(shape=(2, 3), dim=1).draw("float32", "cpu")[0].tolist())
"""


def test_every_family_is_here() -> None:
    """The tests below go through all of them."""
    assert tuple(map(type, ALL)) == get_args(Input)


def test_a_family_says_what_it_is_the_input_of() -> None:
    """Images of a network, a feature map of a module, logits of a function, tokens of an attention or a mixer."""
    assert [each.subject for each in ALL] == [
        Subject.NETWORK,
        Subject.MODULE,
        Subject.OP,
        Subject.TOKENS,
        Subject.MIXER,
        Subject.NETWORK,
        Subject.NETWORK,
    ]
    assert [each.num_classes for each in ALL] == [10, None, None, None, None, 10, 10]
    assert [each.dim for each in ALL] == [None, None, 1, None, None, None, None]


def test_the_shape_has_the_batch_first() -> None:
    """As PyTorch's modules take it, and as it is written."""
    assert [each.shape for each in ALL] == [
        *((2, 3, 8, 4), (2, 3, 8, 4), (2, 96)),
        *((2, 3, 8, 4), (2, 3, 32)),
        *[(2, 3, 8, 4)] * 2,
    ]
    assert [each.name for each in ALL] == [
        *("2×3×8×4", "2×3×8×4", "2×96"),
        *("2×3×8×4", "2×3×32, 3×1 tokens, 4 heads"),
        *["2×3×8×4"] * 2,
    ]


@pytest.mark.parametrize("one", ALL)
def test_with_another_batch_all_else_is_the_same(one: Input) -> None:
    """Also the layout in memory, the classes and the dimension."""
    other = one.with_batch(32)
    assert (one.batch, other.batch) == (2, 32)
    assert other.shape == (32, *one.shape[1:])
    assert other.with_batch(2) == one
    last = replace(FEATURES, channels_last=True)
    assert last.with_batch(5).channels_last


def test_the_length_is_that_of_the_normalised_dimension() -> None:
    """Counted from either end."""
    assert [Logits(shape=(2, 96, 5), dim=dim).length for dim in (0, 1, 2, -1)] == [2, 96, 5, 5]


@pytest.mark.parametrize("one", [FEATURES, LOGITS, SEQUENCES])
def test_each_tensor_of_the_size_is_moved_once(one: Input) -> None:
    """Forward read and written; backward the result and its gradient read, and a gradient written."""
    sizes = [one.least_bytes(direction, "float32") for direction in Direction]
    assert dict(zip(Direction, sizes, strict=True)) == {
        Direction.FORWARD: 2 * ELEMENTS * 4,
        Direction.BACKWARD: 3 * ELEMENTS * 4,
        Direction.FORWARD_BACKWARD: 5 * ELEMENTS * 4,
    }


def test_batches_say_how_many_make_an_epoch() -> None:
    """The last one, which is smaller, counts as its share; made-up images are never taken for a data set."""
    assert BATCHES.steps == 2.5
    assert BATCHES.title("resnet50", Direction.FORWARD_BACKWARD) == (
        *("resnet50", "training on cifar10", "recipe psk", "computing alone", "batch 2"),
    )
    fake = replace(BATCHES, digest=None, phase=Phase.EVALUATION)
    assert fake.epoch_title(None) == ("network", "evaluation on made-up images like cifar10's", "recipe psk")
    assert [each.is_step for each in ALL] == [False, False, False, False, False, True, False]


def test_a_training_set_says_how_long_and_how() -> None:
    """The smaller batch at the end is a step; shorter epochs, mixed precision and several processes are said."""
    assert TRAINING.steps == 3
    trained = ("felu_net", "trained on cifar10", "recipe psk", "4 epochs", "batch 2")
    assert TRAINING.title("felu_net", Direction.FORWARD_BACKWARD) == trained
    other = replace(TRAINING, digest=None, epochs=1, most_steps=2, amp=True, processes=2)
    assert other.steps == 2
    assert other.title(None, Direction.FORWARD_BACKWARD) == (
        *("network", "trained on made-up images like cifar10's", "recipe psk", "1 epoch", "2 steps an epoch"),
        *("batch 2", "mixed precision", "2 processes"),
    )


@pytest.mark.parametrize("one", [IMAGES, BATCHES, TRAINING])
def test_a_network_reads_its_images_once_a_pass(one: Input) -> None:
    """Its result is small, and of images no gradient is wanted."""
    assert {direction: one.least_bytes(direction, "float32") for direction in Direction} == {
        Direction.FORWARD: ELEMENTS * 4,
        Direction.BACKWARD: ELEMENTS * 4,
        Direction.FORWARD_BACKWARD: 2 * ELEMENTS * 4,
    }


@pytest.mark.parametrize(("dtype", "size"), [("float64", 8), ("float32", 4), ("bfloat16", 2), ("float16", 2)])
def test_bytes_are_of_the_dtype(dtype: str, size: int) -> None:
    """As torch has them."""
    assert LOGITS.least_bytes(Direction.FORWARD, dtype) == 2 * ELEMENTS * size
    assert LOGITS.draw(dtype, "cpu")[0].element_size() == size


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
@pytest.mark.parametrize("one", ALL)
def test_what_is_drawn_has_its_shape_and_dtype(one: Input, dtype: str) -> None:
    """One tensor, of tokens three, of finite numbers that are not all the same."""
    for drawn in one.draw(dtype, "cpu"):
        assert drawn.shape == one.shape
        assert drawn.dtype is getattr(torch, dtype)
        assert drawn.isfinite().all()
        assert drawn.float().std() == pytest.approx(1, abs=0.2)


def test_every_process_draws_the_same() -> None:
    """Whatever was drawn before, here and there."""
    torch.randn(3)
    here = Logits(shape=(2, 3), dim=1).draw("float32", "cpu")[0].tolist()
    there = subprocess.run([sys.executable, "-c", DRAW], capture_output=True, text=True, check=True)
    assert there.stdout == f"{here}\n"


def test_drawing_disturbs_nobody() -> None:
    """Random numbers of others are what they would be without it."""
    torch.manual_seed(3)
    undisturbed = torch.randn(4)
    torch.manual_seed(3)
    IMAGES.draw("float32", "cpu")
    assert torch.equal(torch.randn(4), undisturbed)


@pytest.mark.parametrize("one", [IMAGES, FEATURES])
def test_channels_last_is_a_layout_of_the_same_numbers(one: Images | FeatureMap) -> None:
    """Channels are neighbours in memory, and the values are where they were."""
    (usual,), (last,) = one.draw("float32", "cpu"), replace(one, channels_last=True).draw("float32", "cpu")
    assert usual.is_contiguous()
    assert last.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(usual, last)


def test_a_large_input_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing all of it would take longer than what is measured."""
    monkeypatch.setattr(drawing, "MOST_DRAWN", 8)
    numbers = Logits(shape=(5, 4), dim=1).draw("float32", "cpu")[0].flatten().tolist()
    assert numbers == (numbers[:8] * 3)[:20]
    assert len(set(numbers)) == 8
