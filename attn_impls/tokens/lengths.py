"""Sequences of unlike lengths in one batch: what stands behind a sequence's own tokens is padding."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING

import torch

from .pattern import hidden

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..seen import Seen


class TakesNoLengthsError(ValueError):
    """An attention cannot be given the lengths of the sequences of its batch; the message is one line."""


def takes_lengths(module: nn.Module) -> bool:
    """Return whether an attention has ``lengths`` in its contract: a parameter of that name of its forward()."""
    return "lengths" in signature(module.forward).parameters


def refuse_lengths(lengths: Tensor | None, reason: str) -> None:
    """Refuse lengths, with the reason why they cannot be taken (TakesNoLengthsError)."""
    if lengths is not None:
        msg = f"{reason}; give each sequence without its padding, or choose another attention, such as sdpa"
        raise TakesNoLengthsError(msg)


def require_lengths(lengths: Tensor | None, q: Tensor, k: Tensor, *, placed: bool) -> None:
    """Refuse lengths that are none of a batch.

    Args:
        lengths: [B]; None: nothing is padding.
        q: [B, H, Sq, D].
        k: [B, Hk, Sk, D].
        placed: weights depend on positions. A query that is not the key of its number then has none: which one it would
            be depends on where padding stands.

    Raises:
        ValueError: they have another shape or dtype, are below 1 or beyond Sk (looked at on the CPU alone), or there
            are not as many queries as keys where weights depend on positions.

    """
    if lengths is None:
        return
    if lengths.shape != q.shape[:1] or lengths.dtype not in (torch.int32, torch.int64):
        msg = f"lengths are {lengths.dtype} {list(lengths.shape)}; give int64 [{q.shape[0]}], one for each sequence"
        raise ValueError(msg)
    if placed and q.shape[2] != k.shape[2]:
        msg = (
            f"{q.shape[2]} queries of {k.shape[2]} keys have no positions beside padding; give as many queries as keys"
        )
        raise ValueError(msg)
    # Anywhere else a look would wait for the device.
    looked_at = lengths.device.type == "cpu" and not torch.compiler.is_compiling()
    if looked_at and not bool(((lengths >= 1) & (lengths <= k.shape[2])).all()):
        msg = f"lengths of {lengths.tolist()} for {k.shape[2]} keys; each is 1 to {k.shape[2]}"
        raise ValueError(msg)


def padding(lengths: Tensor, keys: int) -> Tensor:
    """Return which of so many keys of each sequence are padding, [B, Sk]."""
    return torch.arange(keys, device=lengths.device) >= lengths[:, None]


def hidden_of(queries: int, keys: int, seen: Seen, device: torch.device, lengths: Tensor | None) -> Tensor | None:
    """Return which keys each query does not see, be it for the pattern or as padding; None: it sees all.

    [Sq, Sk], or with lengths [B, 1, Sq or 1, Sk]. A query that would see none, which is padding itself, sees the first
    key: the NaN of none would reach the gradients of all.
    """
    pattern = hidden(queries, keys, seen, device)
    if lengths is None:
        return pattern
    beyond = padding(lengths, keys)[:, None, None]
    if pattern is None:
        return beyond
    both = beyond | pattern
    return torch.cat((both[..., :1] & ~both.all(-1, keepdim=True), both[..., 1:]), -1)
