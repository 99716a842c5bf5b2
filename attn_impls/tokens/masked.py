"""What makes a mask for two lengths: an attention whose pattern its kernel does not know by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import torch


@runtime_checkable
class MakesMask(Protocol):
    """An attention between tokens that can make its mask apart from a call, so that the time of it can be told."""

    mask_kept: bool
    """Whether a call finds the mask that another one of these lengths has made."""

    def make_mask(self, queries: int, keys: int, device: torch.device) -> object | None:
        """Return a new mask for so many queries and keys; None: it needs none."""
