"""Two implementations of one attention, ours and another package's: are their values and gradients the same?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.autograd import grad

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor, nn

    #: Parameters of ours, or their gradients, as those of the other module, by its names.
    AsTheirs = Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]]

SEED = 0


class Difference(NamedTuple):
    """The largest difference of a number of the output, and of a gradient over the largest one of its tensor."""

    values: float
    gradients: float

    def within(self, tolerance: float) -> bool:
        """Return whether both are at most this."""
        return max(self) <= tolerance


def drawn(*shape: int, seed: int = SEED) -> Tensor:
    """Return standard normal numbers in float64."""
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def difference_of_functions(
    ours: Callable[..., Tensor], theirs: Callable[..., Tensor], inputs: Sequence[Tensor]
) -> Difference:
    """Compare two functions of the same inputs, with their gradients for a random upstream one."""
    found = []
    for function in (ours, theirs):
        leaves = [x.clone().requires_grad_() for x in inputs]
        output = function(*leaves)
        found.append((output, grad(output, leaves, drawn(*output.shape, seed=SEED + 1))))
    (one, of_one), (other, of_other) = found
    return Difference(_largest(one, other), max(map(_relative, of_one, of_other)))


def difference_of_modules(
    ours: nn.Module,
    theirs: nn.Module,
    as_theirs: AsTheirs,
    x: Tensor,
    call: Callable[[nn.Module, Tensor], Tensor] = lambda module, x: module(x),
) -> Difference:
    """Give the other module the random parameters of ours, and compare values and all of its gradients.

    Args:
        ours: of tokens.
        theirs: the other one.
        as_theirs: gives each parameter of theirs, and its gradient, from those of ours.
        x: the tokens.
        call: calls the other one with the tokens.

    """
    ours.double().eval()
    theirs.double().eval()
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.copy_(torch.randn(parameter.shape, dtype=torch.float64, generator=generator) / 2)
        given = as_theirs(dict(ours.named_parameters()))
        parameters = dict(theirs.named_parameters())
        assert set(given) == set(parameters)
        for name, parameter in parameters.items():
            parameter.copy_(given[name])
    own, other_x = x.clone().requires_grad_(), x.clone().requires_grad_()
    output, other = ours(own), call(theirs, other_x)
    upstream = drawn(*output.shape, seed=SEED + 1)
    names = [name for name, _ in ours.named_parameters()]
    found = grad(output, [own, *ours.parameters()], upstream)
    wanted = grad(other, [other_x, *parameters.values()], upstream)
    gradients = as_theirs(dict(zip(names, found[1:], strict=True)))
    pairs = [(found[0], wanted[0]), *((gradients[name], each) for name, each in zip(parameters, wanted[1:]))]  # noqa: B905 - as many
    return Difference(_largest(output, other), max(_relative(*pair) for pair in pairs))


def _largest(one: Tensor, other: Tensor) -> float:
    assert one.shape == other.shape
    return float((one - other).detach().abs().max())


def _relative(one: Tensor, other: Tensor) -> float:
    return _largest(one, other) / max(1.0, float(other.abs().max()))
