"""Bytes read and written by single operators, worked out by hand. Tensors are float32: 4 bytes an element."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from bench.memory.measure import measure_memory
from bench.memory.traffic import addressed_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

#: 16 elements, 64 bytes.
X = torch.arange(16.0).reshape(4, 4)


def counted(call: Callable[[], object]) -> tuple[int, int, int]:
    """Return bytes read, bytes written, operators."""
    memory = measure_memory(call, device="cpu")
    return memory.read_bytes, memory.written_bytes, memory.operators


VIEWS = {
    "view": lambda: X.view(16),
    "reshape": lambda: X.reshape(2, 8),
    "transpose": X.t,
    "permute": lambda: X.permute(1, 0),
    "expand": lambda: X[None].expand(8, 4, 4),
    "detach": X.detach,
    "slice": lambda: X[1:, ::2],
    "chunk": lambda: torch.chunk(X, 2),
    "unbind": lambda: X.unbind(0),
    "squeeze in place": lambda: X.view(1, 16).squeeze_(0),
    "contiguous already": X.contiguous,
    "to the same dtype": lambda: X.to(torch.float32),
    "empty": lambda: torch.empty(4, 4),
    "empty_like": lambda: torch.empty_like(X),
    "new_empty": lambda: X.new_empty(3),
    "shape and strides": lambda: (X.shape, X.stride(), X.is_contiguous()),
}


@pytest.mark.parametrize("name", VIEWS)
def test_views_are_free(name: str) -> None:
    """What only describes memory anew, or leaves it as it is, neither moves bytes nor counts as an operator."""
    assert counted(VIEWS[name]) == (0, 0, 0)


OPERATORS: dict[str, tuple[Callable[[], object], tuple[int, int, int]]] = {
    "addition": (lambda: X + 1, (64, 64, 1)),
    "a tensor given twice is read once": (lambda: X * X, (64, 64, 1)),
    "a tensor and its transpose are two arguments": (lambda: X * X.t(), (128, 64, 1)),
    "reduction": (X.sum, (64, 4, 1)),
    "broadcasting": (lambda: X + X[0], (64 + 16, 64, 1)),
    "an expanded argument": (lambda: X[:1].expand(4, 4) + 1, (16, 64, 1)),
    "half a tensor": (lambda: X[:2] + 1, (32, 32, 1)),
    "another dtype": (X.double, (64, 128, 1)),
    "a copy that a transpose needs": (lambda: X.t().contiguous(), (64, 64, 1)),
    "matrix product": (lambda: X @ X[:, :2], (64 + 32, 32, 1)),
    "concatenation": (lambda: torch.cat([X, X[:1]]), (80, 80, 1)),
    "indices are read too": (lambda: X[torch.tensor([1, 2])], (64 + 16, 32, 1)),
    "two results": (lambda: X.max(0), (64, 16 + 32, 1)),
    "filled by a factory": (lambda: torch.zeros(4, 4), (0, 64, 1)),
    "only the shape is asked for": (lambda: torch.ones_like(X), (0, 64, 1)),
    "a comparison gives a number": (lambda: torch.equal(X, X.t()), (128, 0, 1)),
    "an element becomes a number": (X[0, 0].item, (4, 0, 1)),
    "nothing to do for no elements": (lambda: X[:0] + 1, (0, 0, 0)),
    "linear layer": (lambda: nn.functional.linear(X, X[:2], X[0, :2]), (64 + 32 + 8, 32, 1)),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_one_operator(name: str) -> None:
    """Every different argument is read once, every result written once."""
    call, expected = OPERATORS[name]
    assert counted(call) == expected


def in_place(change: Callable[[Tensor], object]) -> tuple[int, int, int]:
    """Return what a change of 16 elements in place reads and writes."""
    target = X.clone()
    return counted(lambda: change(target))


IN_PLACE: dict[str, tuple[Callable[[Tensor], object], tuple[int, int, int]]] = {
    "relu_": (lambda x: x.relu_(), (64, 64, 1)),
    "add_": (lambda x: x.add_(X), (128, 64, 1)),
    "a part": (lambda x: x[0].mul_(2), (16, 16, 1)),
    "copy_ overwrites": (lambda x: x.copy_(X), (64, 64, 1)),
    "zero_ overwrites": (lambda x: x.zero_(), (0, 64, 1)),
    "assignment": (lambda x: x.__setitem__(0, X[1]), (16, 16, 1)),
    "out= overwrites": (lambda x: torch.add(X, 1, out=x), (64, 64, 1)),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_change_in_place(name: str) -> None:
    """It writes, and reads what it does not overwrite; nothing new is made."""
    change, expected = IN_PLACE[name]
    assert in_place(change) == expected


def test_batch_normalisation_updates_its_statistics() -> None:
    """Training reads 256 bytes of map and 4 x 8 of weights and statistics; the statistics are written back."""
    norm = nn.BatchNorm2d(2).requires_grad_(requires_grad=False)
    x = torch.ones(2, 2, 4, 4)
    # And the counter of batches, 8 bytes in an operator of its own. Written: map, mean and deviation, statistics.
    assert counted(lambda: norm(x)) == (256 + 4 * 8 + 8, 256 + 2 * 8 + 2 * 8 + 8, 2)


def test_inference_mode_counts_as_no_grad_does() -> None:
    """A composed operator is counted by its parts in both, though inference mode does not take it apart."""
    layer = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Linear(4, 3)).eval()
    x = torch.ones(2, 2, 4, 4)

    def under(mode: Callable[[], torch.inference_mode | torch.no_grad]) -> Callable[[], object]:
        def call() -> object:
            with mode():
                return layer(x)

        return call

    inference = counted(under(torch.inference_mode))
    assert inference == counted(under(torch.no_grad))
    assert inference[2] == 3


def test_other_devices_are_left_out() -> None:
    """Of a call on the meta device, what it does on the CPU beside it does not count."""
    x = torch.empty(16, device="meta")
    memory = measure_memory(lambda: (x + 1, X + 1), device="meta")
    assert (memory.read_bytes, memory.written_bytes, memory.operators, memory.peak_live_bytes) == (64, 64, 1, 64)


def test_windows_that_overlap_address_no_more_than_there_is() -> None:
    """Unfolded into 8 windows of 3, 10 elements are still 40 bytes."""
    assert addressed_bytes(torch.zeros(10).unfold(0, 3, 1)) == 40
