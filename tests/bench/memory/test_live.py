"""Saved activations and the peak of live bytes, worked out by hand. Tensors are float32: 4 bytes an element."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import _get_current_dispatch_mode_stack

from attn_impls.gates.squeeze_excite import SqueezeExcite
from bench.memory.measure import measure_memory
from bench.memory.observe import observe

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Memory

#: 16 elements, 64 bytes.
X = torch.arange(16.0).reshape(4, 4)


def measured(call: Callable[[], object]) -> Memory:
    """Measure on the CPU."""
    return measure_memory(call, device="cpu")


def saved(module: nn.Module, x: Tensor) -> int:
    """Return what a forward pass of the module saves."""
    return measured(lambda: module(x)).saved_bytes


def test_a_temporary_that_dies_early_is_not_in_the_peak() -> None:
    """Three steps of 64 bytes each: while one is made, only the one before it is alive."""
    memory = measured(lambda: (X + 1) * 2 - 3)
    assert (memory.peak_live_bytes, memory.written_bytes) == (128, 192)


def test_garbage_in_a_circle_counts_to_the_end_of_the_call() -> None:
    """When Python collects it depends on what the process did before: 5000 tensors of 64 bytes in all cases."""

    def call() -> None:
        for _ in range(5000):
            circle: list[object] = [torch.zeros(16)]
            circle.append(circle)

    assert measured(call).peak_live_bytes == 320_000
    assert gc.isenabled()


def test_what_is_kept_is_in_the_peak() -> None:
    """Three results that are all held are three times 64 bytes."""

    def call() -> tuple[Tensor, ...]:
        first = X + 1
        second = first * 2
        return first, second, second.exp()

    assert measured(call).peak_live_bytes == 192


def test_the_peak_is_not_the_end() -> None:
    """256 bytes for a moment, of which 4 are left."""
    assert measured(lambda: X.repeat(4, 1).sum()).peak_live_bytes == 256 + 4


def test_views_and_changes_in_place_make_nothing() -> None:
    """One tensor of 64 bytes, looked at and changed in several ways."""
    assert measured(lambda: (X + 1).relu_().view(16)[None].expand(8, 16)).peak_live_bytes == 64


def test_a_view_keeps_all_of_its_storage() -> None:
    """One row of a result holds the whole result: 64 bytes, and 64 of the next."""

    def call() -> tuple[Tensor, Tensor]:
        row = (X + 1)[0]
        return row, X + 2

    assert measured(call).peak_live_bytes == 128


def test_what_was_there_before_is_not_counted() -> None:
    """A tensor that is changed in place rests in memory before the call and after it."""
    before = X.clone()
    assert measured(lambda: before.add_(1)).peak_live_bytes == 0


def test_unfilled_memory_is_live() -> None:
    """An empty tensor moves nothing but takes its place."""
    assert measured(lambda: torch.empty(16)).peak_live_bytes == 64


def test_a_linear_layer_saves_neither_input_nor_weight() -> None:
    """Both rest in memory already."""
    assert saved(nn.Linear(4, 8), X) == 0


def test_two_linear_layers_save_what_is_between_them() -> None:
    """The hidden [4, 8] is the input of the second: 128 bytes."""
    assert saved(nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2)), X) == 128


def test_a_storage_is_saved_once() -> None:
    """A ReLU in place saves its result, which is the memory that the next layer saves as its input: 128 bytes."""
    assert saved(nn.Sequential(nn.Linear(4, 8), nn.ReLU(inplace=True), nn.Linear(8, 2)), X) == 128


def test_a_relu_that_is_not_in_place_saves_as_much_but_peaks_higher() -> None:
    """Input and result of the ReLU are alive together, 256 bytes; in place they are one, 128, and the output 32."""
    peaks = []
    for inplace in (True, False):
        module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(inplace=inplace), nn.Linear(8, 2))
        memory = measured(lambda module=module: module(X))  # type: ignore[misc]
        assert memory.saved_bytes == 128
        peaks.append(memory.peak_live_bytes)
    assert peaks == [128 + 32, 256]


def test_convolution_normalisation_relu() -> None:
    """The normalisation saves its input and two statistics a channel, the ReLU the normalised map."""
    module = nn.Sequential(nn.Conv2d(2, 4, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
    feature_map = 2 * 4 * 8 * 8 * 4
    assert saved(module, torch.ones(2, 2, 8, 8)) == 2 * feature_map + 2 * 4 * 4


def test_squeeze_and_excitation() -> None:
    """Of 8 channels, reduction 4: the squeezed vector, the bottleneck and the gate; the map is the input."""
    module = SqueezeExcite(8, reduction=4)
    x = torch.ones(2, 8, 4, 4, requires_grad=True)
    forward = measured(lambda: module(x))
    squeezed, bottleneck, gate, feature_map = 2 * 8 * 4, 2 * 2 * 4, 2 * 8 * 4, 2 * 8 * 16 * 4
    assert forward.saved_bytes == squeezed + bottleneck + gate
    # The gate is made of logits that are dropped before the map is multiplied by it.
    assert forward.peak_live_bytes == squeezed + bottleneck + gate + feature_map
    # sum, scaling; convolution, ReLU; convolution, sigmoid; multiplication.
    assert forward.operators == 7
    assert forward.written_bytes == 2 * squeezed + 2 * bottleneck + 2 * gate + feature_map
    weights = (8 * 2 + 2 + 2 * 8 + 8) * 4
    of_layers = 2 * squeezed + bottleneck + bottleneck + gate + weights
    assert forward.read_bytes == feature_map + of_layers + (gate + feature_map)


def test_inference_saves_nothing() -> None:
    """Without a graph there is nobody to save for."""
    module = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
    with torch.no_grad():
        assert saved(module, X) == 0


def test_the_backward_pass_does_not_add_to_what_is_saved() -> None:
    """Forward and backward as one call save what the forward pass alone saves."""
    module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    weights = list(module.parameters())
    both = measured(lambda: torch.autograd.grad(module(X).sum(), weights))
    assert both.saved_bytes == 128


def test_the_peak_of_forward_and_backward() -> None:
    """Of exp(X w), summed: the saved exponential and its gradient, 64 bytes each, the sum and its gradient, 4 each."""
    w = torch.ones(4, 4, requires_grad=True)

    def call() -> object:
        return torch.autograd.grad((X * w).exp().sum(), [w])

    memory = measured(call)
    assert memory.saved_bytes == 64
    # The exponential is let go before the gradient of w is made: three of 64 are never alive together.
    assert memory.peak_live_bytes == 2 * 64 + 2 * 4


def test_a_retained_graph_shows_only_what_the_backward_pass_makes() -> None:
    """What the graph holds was there before the call."""
    w = torch.ones(4, 4, requires_grad=True)
    output = (X * w).exp()
    upstream = torch.ones(4, 4)
    memory = measured(lambda: torch.autograd.grad(output, [w], upstream, retain_graph=True))
    # The gradient of the exponential, and from it that of w.
    assert (memory.saved_bytes, memory.peak_live_bytes, memory.operators) == (0, 128, 2)


def test_measuring_does_not_change_the_result() -> None:
    """Gradients are those of an unwatched call."""
    module = SqueezeExcite(8, reduction=4)
    x = torch.arange(256.0).reshape(1, 8, 4, 8).sin().requires_grad_()
    found: list[tuple[Tensor, ...]] = []

    def call() -> None:
        found.append(torch.autograd.grad(module(x).square().sum(), [x, *module.parameters()]))

    measured(call)
    call()
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=0)


def test_twice_the_same() -> None:
    """Nothing of the first measurement is left to show in the second."""
    module = nn.Sequential(nn.Conv2d(2, 4, 1), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
    x = torch.ones(2, 2, 8, 8)

    def call() -> object:
        return torch.autograd.grad(module(x).sum(), list(module.parameters()))

    assert measured(call) == measured(call)


def test_an_exception_leaves_no_hook_behind() -> None:
    """It comes through as it is, and nothing is watched any more."""
    seen: list[int] = []

    def call() -> object:
        seen.append(len(_get_current_dispatch_mode_stack()))
        msg = "no such thing"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="no such thing"):
        observe(call, "cpu")
    assert seen == [1]
    assert _get_current_dispatch_mode_stack() == []
    x = torch.ones(4, requires_grad=True)
    # A hook would hand out another tensor than the one that was saved.
    assert getattr((x * x).grad_fn, "_saved_self", None) is x
