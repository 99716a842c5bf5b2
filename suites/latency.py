"""How long does it take: forward, backward, and both?"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from results.records import Subject, Timing

from .logit_sizes import BRANCHES, CHANNELS, HEADS, TOKENS
from .selection import Selection, entrants, op_entrants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attn_impls import Registry
    from bench.prepared import Timed
    from results.records import Case

NAME = "latency"

#: Logits of one image, and the dimension that is normalised: weights of branches, and attention maps.
OP_LOGITS = (((BRANCHES, CHANNELS), 1), ((HEADS, TOKENS, TOKENS), 3))


def cases(selection: Selection, registry: Registry) -> list[Case]:
    """Return every combination; neighbours differ in the implementation only: they are sampled in the same rounds."""
    axes = product(selection.devices, selection.dtypes, selection.batch_sizes)
    return [
        replace(
            entrant,
            suite=NAME,
            shape=(batch_size, *entrant.shape[1:]),
            dtype=dtype,
            device=device,
            direction=direction,
            threads=selection.threads_on(device),
            timing=selection.timing_on(device),
        )
        for device, dtype, batch_size in axes
        for group in _groups(selection, registry)
        for direction in selection.directions
        for entrant in group
    ]


def _groups(selection: Selection, registry: Registry) -> Iterator[list[Case]]:
    """Yield what is to be compared: the networks of a host, or the functions on logits of one shape."""
    for host in selection.hosts:
        yield entrants(selection, registry, host)
    functions = op_entrants(selection, registry)
    for logits, dim in OP_LOGITS:
        yield [replace(function, shape=(1, *logits), dim=dim) for function in functions]


def prepare(case: Case, registry: Registry) -> Timed:
    """Build the module, its inputs and the call that is timed."""
    from bench.prepared import Timed

    from .call import build_call

    call = build_call(case, registry)
    # A graph has its addresses for good. A network's time does not depend on where its images are: they are few, and
    # what lies elsewhere with every build are its weights, of which thousands of places make a mean.
    stays = case.timing is Timing.GRAPH or case.subject is Subject.NETWORK
    return Timed(call=call, move=None if stays else call.move)
