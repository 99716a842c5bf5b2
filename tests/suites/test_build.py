from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch
from msgspec.structs import replace
from torch import Tensor, nn

from attn_impls import Family, Spec, builtin
from attn_impls.kernels.building import BuildError
from results import drawing
from results.records import Case, Direction, FeatureMap, Images, Logits, Mode
from suites.build import Compiled, build_module
from suites.call import build_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from attn_impls import Registry

MAP = Case(suite="latency", implementation="se", source="", input=FeatureMap(batch=2, channels=16, height=4, width=4))
LOGITS = replace(MAP, implementation="hard_softmax", input=Logits(shape=(2, 2, 8), dim=1))
NETWORK = replace(
    MAP,
    implementation="sk/softmax",
    host="mobilenet_v3_small",
    slot="spatial_conv",
    input=Images(batch=2, channels=3, height=32, width=32, num_classes=10),
)
PLAIN = replace(NETWORK, implementation="none", slot=None)
CASES = {
    "gate": MAP,
    "branch": replace(MAP, implementation="psk"),
    "normaliser": LOGITS,
    "activation": replace(LOGITS, implementation="plu"),
    "network": NETWORK,
    "plain network": PLAIN,
}

#: Prints digests of input and weights, to be compared with another process's.
DIGESTS = """
from attn_impls import builtin
from results.records import Case, FeatureMap
from suites.build import build_module
map = FeatureMap(batch=2, channels=16, height=4, width=4)
case = Case(suite="latency", implementation="se", source="", input=map)
import hashlib, torch
torch.rand(3)
(x,) = map.draw("float32", "cpu")
print(hashlib.sha256(x.numpy().tobytes()).hexdigest())
print(hashlib.sha256(build_module(case, builtin()).expand.weight.detach().numpy().tobytes()).hexdigest())
"""


class Spy(nn.Module):
    """Multiplies by a weight of 3 a channel; notes how often and in which state it is called."""

    built: list[Spy]

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels, 1, 1), 3.0))
        self.unused = nn.Parameter(torch.zeros(1))
        self.states: list[tuple[bool, bool]] = []
        # As a module may be that was loaded for inference: a training step has to say what it wants.
        self.eval()
        Spy.built.append(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, H, W] to the same."""
        self.states.append((self.training, torch.is_inference_mode_enabled()))
        return x * self.weight


@pytest.fixture
def spies() -> Registry:
    """Return a registry with the gate ``spy``; ``Spy.built`` holds the spies that were built from now on."""
    Spy.built = []
    return builtin().with_specs([Spec(name="spy", family=Family.GATE, summary="notes its calls", factory=Spy)])


def spy_call(registry: Registry, direction: Direction) -> tuple[Callable[[], object], Spy]:
    """Build the call of a spy, and return the spy too."""
    call = build_call(replace(MAP, implementation="spy", direction=direction), registry)
    (spy,) = Spy.built
    return call, spy


def input_of(case: Case) -> Tensor:
    """Return what the case's call works on."""
    (drawn,) = case.input.draw(case.dtype, case.device)
    return drawn


def tensors(result: object) -> tuple[Tensor, ...]:
    """Return the gradients that a call gave."""
    assert isinstance(result, tuple)
    return result


@pytest.mark.parametrize("name", CASES)
def test_forward_is_inference(name: str) -> None:
    """The call gives what the module gives in evaluation mode, and records no graph."""
    case, registry = CASES[name], builtin()
    output = build_call(case, registry)()
    assert isinstance(output, Tensor)
    assert output.is_inference()
    with torch.no_grad():
        expected = build_module(case, registry).eval()(input_of(case))
    torch.testing.assert_close(output.clone(), expected)


@pytest.mark.parametrize(
    ("direction", "state"),
    [
        (Direction.FORWARD, (False, True)),
        (Direction.BACKWARD, (True, False)),
        (Direction.FORWARD_BACKWARD, (True, False)),
    ],
)
def test_the_mode_of_the_module(spies: Registry, direction: Direction, state: tuple[bool, bool]) -> None:
    """Inference runs in evaluation mode under inference_mode, a training step in training mode without it."""
    call, spy = spy_call(spies, direction)
    call()
    assert set(spy.states) == {state}


@pytest.mark.parametrize(
    ("direction", "forwards"), [(Direction.FORWARD, 2), (Direction.BACKWARD, 0), (Direction.FORWARD_BACKWARD, 2)]
)
def test_a_call_runs_what_its_direction_says(spies: Registry, direction: Direction, forwards: int) -> None:
    """Two calls make two forward passes, but for the backward pass alone: its graph was made before."""
    call, spy = spy_call(spies, direction)
    before = len(spy.states)
    call()
    call()
    assert len(spy.states) - before == forwards


@pytest.mark.parametrize("direction", Direction)
def test_no_gradients_pile_up(spies: Registry, direction: Direction) -> None:
    """Parameters are left without gradients: the second call does the same work as the first."""
    call, spy = spy_call(spies, direction)
    call()
    assert (spy.weight.grad, spy.unused.grad) == (None, None)


@pytest.mark.parametrize("direction", [Direction.BACKWARD, Direction.FORWARD_BACKWARD])
def test_the_gradients_are_those_of_the_sum(spies: Registry, direction: Direction) -> None:
    """Of input and parameters, in this order, for the sum of all outputs; what no gradient reaches has none."""
    call, _ = spy_call(spies, direction)
    of_input, of_weight, of_unused = tensors(call())
    torch.testing.assert_close(of_input, torch.full((2, 16, 4, 4), 3.0))
    torch.testing.assert_close(of_weight, input_of(MAP).sum((0, 2, 3)).view(16, 1, 1))
    assert of_unused is None


@pytest.mark.parametrize("name", CASES)
def test_backward_gives_the_same_gradients_twice(name: str) -> None:
    """The graph is kept: every call is the same backward pass."""
    call = build_call(replace(CASES[name], direction=Direction.BACKWARD), builtin())
    first, second = tensors(call()), tensors(call())
    assert any(gradient.abs().max() > 0 for gradient in first)
    torch.testing.assert_close(first, second)


@pytest.mark.parametrize("name", CASES)
def test_forward_and_backward_give_the_gradients_of_a_fresh_graph(name: str) -> None:
    """Both as one call compute what the backward pass alone computes."""
    both, backward = (
        build_call(replace(CASES[name], direction=direction), builtin())
        for direction in (Direction.FORWARD_BACKWARD, Direction.BACKWARD)
    )
    torch.testing.assert_close(tensors(both()), tensors(backward()))


def test_every_parameter_gets_a_gradient() -> None:
    """A network's backward pass is not cut short: all of its parameters are reached, and the images are not."""
    module = build_module(NETWORK, builtin())
    gradients = tensors(build_call(replace(NETWORK, direction=Direction.BACKWARD), builtin())())
    shapes = [tuple(parameter.shape) for parameter in module.parameters()]
    assert [tuple(gradient.shape) for gradient in gradients] == shapes


@pytest.mark.parametrize("name", CASES)
def test_weights_are_seeded(name: str) -> None:
    """Built twice, whatever random numbers were drawn in between, a module has the same weights."""
    first = build_module(CASES[name], builtin()).state_dict()
    torch.rand(7)
    second = build_module(CASES[name], builtin()).state_dict()
    torch.testing.assert_close(dict(first), dict(second), rtol=0, atol=0)


def test_inputs_are_seeded() -> None:
    """So has every call the same input: standard normal numbers of the case's shape."""
    first = input_of(NETWORK)
    torch.manual_seed(1234)
    assert torch.equal(first, input_of(NETWORK))
    assert first.shape == (2, 3, 32, 32)
    assert abs(first.mean().item()) < 0.05
    assert abs(first.std().item() - 1) < 0.05


def test_a_large_input_repeats_what_was_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its numbers begin again, so that drawing them takes no longer than computing on them."""
    monkeypatch.setattr(drawing, "MOST_DRAWN", 1000)
    numbers = input_of(NETWORK).flatten()
    assert torch.equal(numbers[1000:2000], numbers[:1000])
    assert torch.equal(numbers[6000:], numbers[:144])


def test_another_process_has_the_same_weights_and_inputs() -> None:
    """A worker measures the same as this process would."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", DIGESTS], capture_output=True, text=True, check=True, env=environment)
    weight = build_module(MAP, builtin()).get_parameter("expand.weight").detach()
    here = [hashlib.sha256(tensor.numpy().tobytes()).hexdigest() for tensor in (input_of(MAP), weight)]
    assert done.stdout.split() == here


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_the_dtype_is_that_of_the_case(dtype: str) -> None:
    """Weights, input and output are all of it, and the input's numbers are those of float32, rounded."""
    case = replace(MAP, dtype=dtype)
    expected = getattr(torch, dtype)
    assert {parameter.dtype for parameter in build_module(case, builtin()).parameters()} == {expected}
    assert torch.equal(input_of(case), input_of(MAP).to(expected))
    output = build_call(case, builtin())()
    assert isinstance(output, Tensor)
    assert output.dtype is expected


def test_channels_last() -> None:
    """The layout in memory is that of the case; the numbers are the same."""
    case = replace(MAP, input=replace(MAP.input, channels_last=True))
    assert input_of(case).is_contiguous(memory_format=torch.channels_last)
    assert not input_of(MAP).is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(input_of(case), input_of(MAP))


def test_a_normaliser_works_on_the_dimension_of_the_case() -> None:
    """The weights sum to 1 along it."""
    weights = build_call(LOGITS, builtin())()
    assert isinstance(weights, Tensor)
    torch.testing.assert_close(weights.sum(1), torch.ones(2, 8))


def test_the_classifier_has_as_many_classes_as_asked_for() -> None:
    """Ten classes, ten logits an image."""
    logits = build_call(PLAIN, builtin())()
    assert isinstance(logits, Tensor)
    assert logits.shape == (2, 10)


def test_compiled_normalizers_leave_the_network_eager() -> None:
    """Each of MobileNetV3-Small's eleven SK modules has its own compiled softmax, and nothing else is compiled."""
    network = build_module(replace(NETWORK, mode=Mode.COMPILED_NORMALIZER), builtin())
    compiled = [name for name, module in network.named_modules() if isinstance(module, Compiled)]
    assert len(compiled) == 11
    assert all(name.endswith(".normalizer") for name in compiled)


def test_a_network_without_normalizers_has_none_to_compile() -> None:
    """It would be the plain network under another name."""
    with pytest.raises(BuildError, match=r"^no attention here has a normaliser that could be compiled;"):
        build_module(replace(PLAIN, mode=Mode.COMPILED_NORMALIZER), builtin())
