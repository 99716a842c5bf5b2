"""How long does it take: forward, backward, and both?"""

from __future__ import annotations

from functools import cache, partial
from itertools import product
from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.records import Logits, Timing, Tokens

from .logit_sizes import BRANCHES, CHANNELS, HEADS, TOKENS
from .selection import Selection, entrants, mixer_groups, op_entrants, token_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from attn_impls import Registry
    from bench.prepared import Timed
    from results.records import Case, Input, Ran

    from .call import Call

NAME = "latency"

#: Of one image: weights of branches, and attention maps.
OP_LOGITS = (
    Logits(shape=(1, BRANCHES, CHANNELS), dim=1),
    Logits(shape=(1, HEADS, TOKENS, TOKENS), dim=3),
)


def cases(selection: Selection, registry: Registry) -> list[Case]:
    """Return every combination; neighbours differ in the implementation only: they are sampled in the same rounds."""
    axes = product(selection.devices, selection.dtypes, selection.batch_sizes)
    # Found once: a digest of its source belongs to every entrant, and entrants of one input share it in memory.
    groups = list(_groups(selection, registry))
    sized = cache(partial(_sized, channels_last=selection.channels_last))
    return [
        replace(
            entrant,
            suite=NAME,
            input=sized(entrant.input, batch_size),
            dtype=dtype,
            device=device,
            direction=direction,
            threads=selection.threads_on(device),
            timing=selection.timing_on(device),
        )
        for device, dtype, batch_size in axes
        for group in groups
        for direction in selection.directions
        for entrant in group
    ]


def _sized(works_on: Input, batch: int, *, channels_last: bool) -> Input:
    return works_on.with_batch(batch).laid_out(channels_last=channels_last)


def _groups(selection: Selection, registry: Registry) -> Iterator[list[Case]]:
    """Yield what is to be compared: the networks of a backbone, functions of one shape, or attentions of one."""
    for host in selection.hosts:
        yield entrants(selection, registry, host)
    for logits in OP_LOGITS:
        yield op_entrants(selection, registry, logits)
    yield from token_groups(selection, registry)
    yield from mixer_groups(selection, registry)


def prepare(case: Case, registry: Registry) -> Timed:
    """Build the module, its inputs and the call that is timed."""
    from bench.prepared import Timed

    from .call import build_call

    call = build_call(case, registry)
    # A graph has its addresses for good.
    stays = case.timing is Timing.GRAPH or not case.input.moves
    return Timed(call=call, move=None if stays else call.move, look=_look(call, case, registry))


def _look(call: Call, case: Case, registry: Registry) -> Callable[[], Ran] | None:
    """Return what looks at a call before it is timed, where there is anything that it could be held against."""
    module = call.module
    if not isinstance(case.input, Tokens) or module is None:
        return None
    from .token_look import look

    return lambda: look(call, module, registry.find(case.implementation), case)
