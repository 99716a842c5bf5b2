"""How much memory does it take, and how much does it move: forward, and forward with backward?"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.records import Direction, Timing

from . import latency

if TYPE_CHECKING:
    from attn_impls import Registry
    from bench.prepared import Profiled
    from results.records import Case

    from .selection import Selection

NAME = "memory"
#: A backward pass alone works on a graph made before: the activations that training is short of rest already.
DIRECTIONS = (Direction.FORWARD, Direction.FORWARD_BACKWARD)


def cases(selection: Selection, registry: Registry) -> list[Case]:
    """Return the cases of the latency suite, so that bytes stand beside seconds; none for the backward pass alone."""
    directions = tuple(direction for direction in selection.directions if direction in DIRECTIONS)
    # How a call is launched for a stopwatch makes no difference to what it holds.
    same = dataclasses.replace(selection, directions=directions, timing=Timing.HOT)
    return [replace(case, suite=NAME) for case in latency.cases(same, registry)]


def prepare(case: Case, registry: Registry) -> Profiled:
    """Build the module, its inputs and the call whose bytes are counted."""
    from bench.prepared import Profiled

    from .call import build_call

    call = build_call(case, registry)
    return Profiled(call=call, forward=call.forward)
