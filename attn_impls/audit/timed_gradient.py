"""Does it take the gradients that are timed: ``torch.autograd.grad`` of input and parameters, again and again?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from .findings import Finding, Name, fault
from .origin import Raised, attempt
from .subject import build, draw, same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from .places import Place

REENTRANT = "use_reentrant"
REMEDIES = {
    True: "write checkpoint(..., use_reentrant=False): the older form refuses every call that names its gradients",
    False: "let backward passes neither free nor change what the next one over the same graph needs",
}


def check_timed_gradient(home: Place) -> Iterator[Finding]:
    """Ask for the gradients of one graph twice, as a timed backward pass does."""
    seen = attempt(_twice, home)
    if isinstance(seen, Raised):
        words = f"{seen.words(home.spec)}: training cannot be timed"
        yield fault(Name.TIMED_GRADIENT, words, REMEDIES[REENTRANT in str(seen.error)])
    elif seen:
        yield fault(Name.TIMED_GRADIENT, seen, REMEDIES[False])


def _twice(home: Place) -> str:
    module = build(home, training=True)
    x = draw(home).requires_grad_()
    output = module(x)
    leaves = [x, *(parameter for parameter in module.parameters() if parameter.requires_grad)]
    if not output.requires_grad:
        # For the check of gradients.
        return ""

    def gradients() -> tuple[Tensor | None, ...]:
        return torch.autograd.grad(output, leaves, torch.ones_like(output), retain_graph=True, allow_unused=True)

    # Recomputed parts may draw random numbers.
    torch.manual_seed(0)
    first = gradients()
    torch.manual_seed(0)
    second = gradients()
    changed = [one is not other and not same(one, other) for one, other in zip(first, second, strict=True)]
    return f"{sum(changed)} of {len(changed)} gradients differ in a second backward pass over one graph" * any(changed)
