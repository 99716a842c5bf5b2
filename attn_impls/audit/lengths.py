"""Sequences of unlike lengths in one batch: does padding change anything of what a sequence gets?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from ..site import Heads
from ..spec import Family
from ..tokens.lengths import TakesNoLengthsError, takes_lengths
from .findings import Finding, Name, fault, note
from .places import token_place
from .subject import agree, build, largest_difference
from .tokens import SHARE_OF_LARGEST, Parts, drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .places import Place

REMEDY = "hide keys from the length on, and leave them out of means, sums and numbers of keys"


def check_lengths(home: Place) -> Iterator[Finding]:
    """Pad sequences, and look whether each gets what it gets alone, and whether padding gets numbers.

    Only what has ``lengths`` in its contract is asked, and what refuses them is not.
    """
    asked = _asked(home)
    if asked is None:
        return
    padded, keys = asked.output, asked.parts.k.shape[2]
    for sequence, length in enumerate(asked.lengths.tolist()):
        alone = _alone(home, asked.parts, sequence, length)
        if not agree(padded[sequence, :, :length], alone):
            by = largest_difference(padded[sequence, :, :length], alone)
            words = f"a sequence of {length} tokens gets another output by {by:.3g} when it is padded to {keys}"
            yield fault(Name.PADDING, words, REMEDY)
            return
    if not bool(padded.isfinite().all()):
        words = "outputs of padding are not finite: their NaN reaches the gradients of losses that leave them out"
        yield note(Name.PADDING, words, "let a query that sees no key give zeros")


def check_poisoned_padding(home: Place) -> Iterator[Finding]:
    """Put NaN into the keys, and huge numbers into the values, that are padding."""
    asked = _asked(home)
    if asked is None:
        return
    parts, beyond = asked.parts, asked.beyond
    largest = SHARE_OF_LARGEST * torch.finfo(parts.v.dtype).max
    poisoned = Parts(parts.q, parts.k.masked_fill(beyond, torch.nan), parts.v.masked_fill(beyond, largest))
    after = _called(asked.module, poisoned, asked.lengths)
    if not agree(after.masked_fill(beyond, 0), asked.output.masked_fill(beyond, 0)):
        words = "NaN in a key that is padding, or a huge value, changes what a sequence gets"
        yield note(
            Name.PADDED_NAN, words, "replace hidden scores, as masked_fill does; adding -inf leaves NaN what it is"
        )


class _Asked(NamedTuple):
    """What takes lengths, called with sequences that are padded."""

    module: nn.Module
    parts: Parts
    lengths: Tensor
    output: Tensor

    @property
    def beyond(self) -> Tensor:
        """Which tokens are padding, [B, 1, S, 1]."""
        return (torch.arange(self.parts.k.shape[2]) >= self.lengths[:, None])[:, None, :, None]


def _asked(home: Place) -> _Asked | None:
    if home.spec.family != Family.ATTENTION or not isinstance(home.at, Heads):
        return None
    module = build(home)
    if not takes_lengths(module):
        return None
    parts = drawn(home)
    lengths = torch.linspace(parts.k.shape[2], 1, len(parts.k)).round().long()
    try:
        return _Asked(module, parts, lengths, _called(module, parts, lengths))
    except TakesNoLengthsError:
        return None


def _called(module: nn.Module, parts: Parts, lengths: Tensor) -> Tensor:
    with torch.no_grad():
        output: Tensor = module(parts.packed(), lengths=lengths)
    return output


def _alone(home: Place, parts: Parts, sequence: int, length: int) -> Tensor:
    """Return what a sequence gets without padding, of the same module."""
    assert isinstance(home.at, Heads)  # noqa: S101 - of the family
    place = token_place(home.spec, home.at, batch=1, queries=length, keys=length)
    own = Parts(*(part[sequence : sequence + 1, :, :length] for part in parts))
    with torch.no_grad():
        output: Tensor = build(replace(place, settles=home.settles))(own.packed())
    return output[0]
