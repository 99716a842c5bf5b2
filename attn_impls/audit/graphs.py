"""Into how many graphs does torch.compile cut a module, and where? Nothing is compiled to code: the graphs are run."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..one_line import one_line
from .origin import Raised, attempt, file_and_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

#: How dynamo's names of modules begin.
ALIAS = "__import_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Graphs:
    """What dynamo made of one call."""

    graphs: int
    """That hold any operators."""
    breaks: int
    """Times that it gave up a trace and went back to Python, also before the first and after the last operator. A break
    in a module inside another one breaks both traces, and counts twice."""
    reasons: tuple[str, ...]
    """Why, with file and line, each once; of breaks that a graph ends at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untraced:
    """Dynamo made no graph of the call, and so the module runs uncompiled, or not at all."""

    reason: str
    """One line."""


def count_graphs(call: Callable[[Tensor], object], x: Tensor) -> Graphs | Untraced:
    """Have dynamo trace a call from nothing, and count its graphs and breaks; what was compiled before is forgotten.

    A module of ours takes one to two seconds, a network of 50 layers some fifteen, the first call the import of dynamo
    besides.
    """
    # Seconds to import: who says no to compiling does not pay.
    from torch import _dynamo
    from torch._dynamo.utils import counters

    def given_up() -> int:
        # The graphs of an explanation do not tell of breaks that have no operator before or after them. Dynamo counts
        # all, those at a branch on values as what it cannot do.
        return counters["graph_break"].total() + counters["unimplemented"].total()

    with quiet_dynamo():
        before = given_up()
        explained = attempt(_dynamo.explain(call), x)
        breaks = given_up() - before
    if isinstance(explained, Raised):
        return Untraced(reason=f"{type(explained.error).__name__}: {one_line(explained.error)}")
    if not explained.graph_count:
        return Untraced(reason="dynamo leaves the whole of it to Python")
    reasons: dict[str, None] = {}
    for broken in explained.break_reasons:
        line = f" ({file_and_line(broken.user_stack[-1])})" if broken.user_stack else ""
        # What follows is a page of advice.
        reasons[f"{' '.join(broken.reason.partition('Explanation:')[0].split())}{line}"] = None
    return Graphs(graphs=explained.graph_count, breaks=breaks, reasons=tuple(reasons))


@contextmanager
def quiet_dynamo() -> Iterator[None]:
    """Begin and end with nothing compiled, and let no break be logged: it is a finding."""
    from torch import _dynamo

    logger = logging.getLogger("torch._dynamo")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    _dynamo.reset()
    _forget_modules()
    try:
        yield
    finally:
        _dynamo.reset()
        _forget_modules()
        logger.setLevel(level)


def _forget_modules() -> None:
    """Take back the names by which dynamo finds modules that traced code has imported.

    It puts them among the globals of the code that is traced, and does not take them back. Where two versions of a
    module have one name, it would find the one that was imported first. It also keeps modules by their names, in
    versions of torch that have such a cache.
    """
    from torch._dynamo import symbolic_convert

    kept = getattr(getattr(symbolic_convert, "_import_module", None), "cache_clear", None)
    if kept is not None:
        kept()
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", {})
        for name in [name for name in names if name.startswith(ALIAS) and name != "__import__"]:
            del names[name]
