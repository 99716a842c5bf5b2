"""Attention written by hand behind torch.compile: the same values, and one line where nothing can be compiled."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest
import torch
from torch.autograd import grad

from attn_impls.kernels.building import BuildError

from .test_attention import Sizes, build, drawn

if TYPE_CHECKING:
    from torch import Tensor, nn

SIZES = Sizes(2, 4, 2, 9, 9, 8)


def results(module: nn.Module) -> list[Tensor]:
    """Return the output and the gradients."""
    inputs = [x.requires_grad_() for x in drawn(SIZES)]
    output = module(*inputs)
    return [output, *grad(output.square().sum(), inputs)]


@pytest.mark.parametrize("options", ["", "causal=true,alibi=true,soft_cap=20.0,", "window=3,rope=true,"])
def test_compiled_values_and_gradients_are_those_of_the_operators(options: str) -> None:
    """In float64, by inductor's own code."""
    plain = results(build(f"attention/eager:{options}compiled=false", SIZES))
    compiled = results(build(f"attention/eager:{options}compiled=true", SIZES))
    for one, other in zip(compiled, plain, strict=True):
        assert (one - other).abs().max() <= 1e-10


def test_a_copy_compiles_its_own_code() -> None:
    """Whether it was copied or pickled, its results are those of its own parameters."""
    module = build("attention/eager:qk_norm=true,compiled=true", SIZES)
    before = results(module)[0]
    for made in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):  # noqa: S301 - our own
        assert (results(made)[0] - before).abs().max() == 0
        with torch.no_grad():
            made.get_parameter("q_norm.weight").zero_()
        assert (results(made)[0] - before).abs().max() > 0.01


@pytest.mark.parametrize("name", ["attention/eager:compiled=true", "attention/flex:compiled=true"])
def test_without_a_compiler_one_line_says_what_to_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names what was looked for."""
    from attn_impls.tokens import flex

    flex._compiled.cache_clear()
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(BuildError) as raised, torch.inference_mode():
        build(name, SIZES)(*drawn(SIZES))
    assert str(raised.value) == (
        "torch.compile needs a C++ compiler on the CPU: no C++ compiler found (looked for no-such-compiler); "
        "install g++ or name one in CXX; or choose compiled=false"
    )
