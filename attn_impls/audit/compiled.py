"""Does torch.compile take it, in how many graphs, and does it give the same?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import torch

from .findings import Finding, Name, fault, note
from .graphs import Untraced, count_graphs, quiet_dynamo
from .origin import Raised, attempt
from .overlap import overlapping_copy
from .subject import agree, build, draw, largest_difference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from .places import Place

#: It records the graphs of both passes and runs them: no C++ compiler is needed, and no code is generated.
BACKEND = "aot_eager"
BREAK_REMEDY = "keep prints, item() and branches on values out of forward"

DIFFERS_REMEDY = "look in forward for Python state, and for a branch on torch.compiler.is_compiling()"
OVERLAP_REMEDY = "copy from a clone, as in y[:, 1:] = y[:, :-1].clone()"


def check_compiled(home: Place) -> Iterator[Finding]:
    """Compile it as one graph; if it will not be one, count the breaks and let it be many. Compare with eager mode."""
    with quiet_dynamo():
        compiled = attempt(_both_passes, torch.compile(build(home), backend=BACKEND, fullgraph=True), draw(home))
        if isinstance(compiled, Raised):
            broken = compiled
            compiled = attempt(_both_passes, torch.compile(build(home), backend=BACKEND), draw(home))
            if isinstance(compiled, Raised):
                yield fault(Name.COMPILE, compiled.words(home.spec), "rewrite the line in plain tensor operations")
                return
            yield note(Name.GRAPH_BREAKS, _breaks(home) or _why_not(broken, home), BREAK_REMEDY)
    plain = _both_passes(build(home), draw(home))
    for what, ours, theirs in zip(("output", "input's gradient"), compiled, plain, strict=True):
        if ours is None or theirs is None:
            differs = "" if ours is theirs else "is lost"
        else:
            differs = "" if agree(ours, theirs) else f"differs by {largest_difference(ours, theirs):.3g}"
        if differs:
            line = overlapping_copy(home)
            why = f"; a tensor is copied onto an overlapping part of itself ({line})" if line else ""
            remedy = OVERLAP_REMEDY if line else DIFFERS_REMEDY
            yield fault(Name.COMPILE, f"compiled, the {what} {differs}{why}", remedy)
            return


def _breaks(home: Place) -> str:
    """Return how many graph breaks there are, and why and where; empty where no graph ends at one."""
    counted = count_graphs(build(home), draw(home))
    if isinstance(counted, Untraced) or not counted.reasons:
        return ""
    return f"{counted.breaks} graph break(s): {'; '.join(counted.reasons)}"


def _why_not(broken: Raised, home: Place) -> str:
    """Return what torch.compile says and, from the page of advice that follows, what it was about."""
    context = re.search(r"Developer debug context: (.*\S)", str(broken.error))
    return f"not compiled: {broken.words(home.spec)}{f': {context[1]}' if context else ''}"


def _both_passes(module: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor | None]:
    """Return the output and the input's gradient."""
    x = x.clone().requires_grad_()
    # Not the leaf itself, as in a network: whoever works in place may do so on what is no leaf.
    output = module(x * 1)
    if output.requires_grad:
        output.sum().backward()
    return output.detach(), x.grad
