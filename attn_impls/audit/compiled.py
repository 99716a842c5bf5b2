"""Does torch.compile take it, in how many graphs, and does it give the same?"""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from .findings import Finding, Name, fault, note
from .origin import Raised, attempt, file_and_line
from .subject import agree, build, draw, largest_difference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from .places import Place

#: It records the graphs of both passes and runs them: no C++ compiler is needed, and no code is generated.
BACKEND = "aot_eager"
BREAK_REMEDY = "keep prints, item() and branches on values out of forward"


def check_compiled(home: Place) -> Iterator[Finding]:
    """Compile it as one graph; if it will not be one, count the breaks and let it be many. Compare with eager mode."""
    with _quiet_dynamo():
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
            yield fault(Name.COMPILE, f"compiled, the {what} {differs}", "keep Python state out of forward")
            return


def _breaks(home: Place) -> str:
    """Return how many graph breaks there are, and why and where; empty where nothing was compiled at all."""
    # Seconds to import: who says no to compiling does not pay.
    from torch import _dynamo

    _dynamo.reset()
    explained = _dynamo.explain(build(home))(draw(home))
    if not explained.graph_break_count:
        return ""
    reasons: dict[str, None] = {}
    for broken in explained.break_reasons:
        line = f" ({file_and_line(broken.user_stack[-1])})" if broken.user_stack else ""
        # What follows is a page of advice.
        reasons[f"{' '.join(broken.reason.partition('Explanation:')[0].split())}{line}"] = None
    return f"{explained.graph_break_count} graph break(s): {'; '.join(reasons)}"


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


@contextmanager
def _quiet_dynamo() -> Iterator[None]:
    """Begin and end with nothing compiled, and let no break be logged: it is a finding."""
    from torch import _dynamo

    logger = logging.getLogger("torch._dynamo")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    _dynamo.reset()
    try:
        yield
    finally:
        _dynamo.reset()
        logger.setLevel(level)
