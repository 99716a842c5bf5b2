"""How long does it take: forward, backward, and both?"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from .selection import Selection, entrants, op_entrants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attn_impls import Registry
    from bench.prepared import Timed
    from results.records import Case

NAME = "latency"

#: Logits of one image, and the dimension that is normalised: the branch weights of SK, Split and PSK at 256 channels,
#: and attention maps of 8 heads and 197 tokens (a 224 x 224 image in 16 x 16 patches, and a class token).
OP_LOGITS = (((2, 256), 1), ((8, 197, 197), 3))


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

    from .build import build_call

    return Timed(call=build_call(case, registry))
