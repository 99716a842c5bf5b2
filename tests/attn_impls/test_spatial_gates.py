"""What holds for every gate of this kind: options against the reference, edges, no change of the input, compilation."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from attn_impls import Site, builtin
from attn_impls.gating import gated
from attn_impls.reductions import maximum, mean

from .reference import Setting, hard_energy
from .reference_spatial import OPTIONS, REFERENCES, global_context
from .setups import Setup, as_function, build

if TYPE_CHECKING:
    from .reference import Reference

TOLERANCE = 1e-12
#: With a bottleneck wider than one channel, and what changes more than a size.
WITH_OPTIONS: dict[str, Reference] = {
    **OPTIONS,
    "cbam:kernel_size=3,reduction=2,zero_init=false": REFERENCES["cbam"],
    "bam:reduction=2": REFERENCES["bam"],
    "triplet:kernel_size=3": REFERENCES["triplet"],
    "coordinate:reduction=1": REFERENCES["coordinate"],
    "global_context:reduction=2": global_context,
    "global_context:normalizer=hard_softmax,reduction=2": partial(global_context, energy=hard_energy),
}
every_gate = pytest.mark.parametrize("name", REFERENCES)


def setup_of(name: str, shape: tuple[int, int, int, int]) -> Setup:
    """Return a gate, by a name that may have options, for maps of this shape."""
    _, channels, height, width = shape
    site = Site(
        in_channels=channels,
        out_channels=channels,
        kernel_size=1,
        stride=1,
        groups=1,
        height=height,
        width=width,
    )
    return Setup(spec=builtin().find(name), variant="options", shape=shape, setting=Setting(), site=site)


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name", WITH_OPTIONS)
def test_options_equal_the_reference(name: str, *, training: bool) -> None:
    """With its options, too, a gate computes what its paper defines, and has the gradient of that."""
    module, x = build(setup_of(name, (3, 6, 3, 5)), training=training)
    call, parameters = as_function(module)
    named = dict(zip([key for key, _ in module.named_parameters()], parameters, strict=True))
    leaf = x.clone().requires_grad_()
    expected = WITH_OPTIONS[name](leaf, {**dict(module.named_buffers()), **named}, Setting(training=training))
    ours = call(leaf, *parameters)
    assert float((ours - expected).detach().abs().max()) <= TOLERANCE * 100

    cotangent = torch.randn_like(expected)
    # A detached weight is no derivative of the reference by the scale: there the input's gradient alone is compared.
    leaves = [leaf] if "detach" in name else [leaf, *parameters]
    gradients = torch.autograd.grad(ours, leaves, cotangent)
    for gradient, reference in zip(gradients, torch.autograd.grad(expected, leaves, cotangent), strict=True):
        scale = max(1.0, float(reference.abs().max()))
        assert float((gradient - reference).abs().max()) <= TOLERANCE * 100 * scale


@pytest.mark.parametrize("shape", [(1, 6, 1, 1), (2, 6, 1, 1), (1, 6, 3, 7), (1, 6, 1, 5)], ids=str)
@every_gate
def test_edges_equal_the_reference(name: str, shape: tuple[int, int, int, int]) -> None:
    """One sample, one position, one row: in evaluation there is no smallest size; without gradients, as with them."""
    module, x = build(setup_of(name, shape), training=False)
    expected = REFERENCES[name](x, module.state_dict(), Setting(training=False))
    with torch.inference_mode():
        inferred = module(x)
    for ours in (module(x).detach(), inferred):
        assert ours.shape == x.shape
        assert float((ours - expected).abs().max()) <= TOLERANCE * 100


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
@every_gate
def test_inference_leaves_the_input_and_its_layout(name: str, layout: torch.memory_format) -> None:
    """Without gradients products may be written in place, but never over the caller's map, nor in another layout."""
    module, x = build(setup_of(name, (2, 6, 4, 5)), training=False)
    given = x.contiguous(memory_format=layout)
    with torch.no_grad():
        y = module(given)
    assert torch.equal(given, x)
    assert y.is_contiguous(memory_format=layout)


@pytest.mark.parametrize("name", [name for name in REFERENCES if name != "bam"])
def test_trains_on_one_sample(name: str) -> None:
    """One sample is enough to train on, where no BN is left with a single value."""
    module, x = build(setup_of(name, (1, 6, 4, 5)))
    module(x).square().sum().backward()
    gradients = [parameter.grad for parameter in module.parameters()]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@every_gate
def test_compiles_to_one_graph(name: str, *, training: bool) -> None:
    """Compilation with ``fullgraph`` finds nothing that it cannot follow, and gives the same values."""
    torch.compiler.reset()
    module, x = build(setup_of(name, (2, 6, 4, 5)), training=training)
    expected = module(x)
    compiled = torch.compile(module, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_one_of_several_maxima_has_the_gradient() -> None:
    """As in max pooling, and unlike ``amax``, which shares it."""
    x = torch.tensor([[1.0, 5.0, 5.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(maximum(x, 1).sum(), x)
    assert sorted(gradient.flatten().tolist()) == [0, 0, 1]


@pytest.mark.parametrize("requires_grad", [True, False])
@pytest.mark.parametrize(("dims", "keepdim"), [((2, 3), True), ((2, 3), False), ((1,), True)])
def test_mean_is_that_of_torch(*, requires_grad: bool, dims: tuple[int, ...], keepdim: bool) -> None:
    """With and without a gradient, over any dimensions, kept or not."""
    x = torch.arange(120, dtype=torch.float64).view(2, 3, 4, 5).requires_grad_(requires_grad)
    torch.testing.assert_close(mean(x, *dims, keepdim=keepdim), x.mean(dims, keepdim=keepdim))


def test_mean_of_a_large_map_in_half_precision() -> None:
    """The sum is beyond the largest number of float16; the mean is not."""
    x = torch.full((1, 1, 64, 64), 100.0, dtype=torch.float16)
    assert mean(x, 2, 3).tolist() == [[[[100.0]]]]


def test_gates_of_another_dtype_do_not_decide_the_result() -> None:
    """Under autocast, gates may be of 16 bits; the map stays what it was."""
    x = torch.full((1, 2, 3, 4), 1.0 + 2**-12)
    y = gated(x, torch.ones(1, 2, 3, 4, dtype=torch.bfloat16))
    assert y.dtype is torch.float32
    assert torch.equal(y, x)


def test_gates_that_need_a_gradient_are_kept() -> None:
    """A product is written over its gates only where no gradient could need them."""
    gates = nn.Parameter(torch.full((1, 1, 1, 2), 3.0))
    x = torch.full((1, 1, 1, 2), 2.0)
    (gradient,) = torch.autograd.grad(gated(x, gates).sum(), gates)
    assert gates.tolist() == [[[[3, 3]]]]
    assert gradient.tolist() == [[[[2, 2]]]]
