"""PyTorch's own attention between tokens, by the kernel that it chooses or by a named one."""

from __future__ import annotations

import warnings
from types import MappingProxyType
from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

from ..arguments import require_known
from ..seen import Seen
from .lengths import hidden_of, require_lengths
from .pattern import hidden, require_heads, require_shapes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

AUTO = "auto"
BACKENDS: Mapping[str, SDPBackend] = MappingProxyType(
    {
        "math": SDPBackend.MATH,
        "flash": SDPBackend.FLASH_ATTENTION,
        "efficient": SDPBackend.EFFICIENT_ATTENTION,
        "cudnn": SDPBackend.CUDNN_ATTENTION,
    }
)
#: How torch says that no kernel which may be chosen takes a call.
NO_KERNEL = ("No available kernel", "No viable backend")


class RefusedBackendError(RuntimeError):
    """A kernel that was asked for does not take the call; the message is one line, with torch's reason."""


class ScaledDotProduct(nn.Module):
    """torch.nn.functional.scaled_dot_product_attention: softmax(q k / sqrt(D)) v (arXiv:1706.03762).

    q [B, H, Sq, D], k [B, Hk, Sk, D], v [B, Hk, Sk, Dv] -> [B, H, Sq, Dv]. ``lengths`` [B]: keys from a sequence's
    length on are padding, which no query sees; the kernels are given a mask.

    Args:
        heads: H.
        head_dim: D.
        kv_heads: Hk; H is a multiple of it.
        backend: ``auto``: torch chooses; ``math``, ``flash``, ``efficient`` or ``cudnn``: that one, or
            RefusedBackendError.
        causal: no query sees a later key; the last query has the position of the last key, whatever their numbers.
        window: a query sees only keys at a distance below this; 0: all. The kernels are given a mask.
        prefix: with causal, so many first keys are seen by all. By a mask, too.
        document: tokens are documents of so many, which do not see each other; 0: they are one. By a mask, too.

    """

    def __init__(
        self,
        heads: int,
        head_dim: int,
        *,
        kv_heads: int,
        backend: str = AUTO,
        causal: bool = False,
        window: int = 0,
        prefix: int = 0,
        document: int = 0,
    ) -> None:
        super().__init__()
        require_heads(heads, head_dim, kv_heads)
        require_known("backend", backend, (AUTO, *BACKENDS))
        self._heads = (heads, head_dim, kv_heads)
        self.backend = backend
        self._seen = Seen(causal=causal, window=window, prefix=prefix, document=document)

    def forward(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None = None) -> Tensor:
        require_shapes(q, k, v, self._heads, aligned=self._seen.aligned)
        require_lengths(lengths, q, k, placed=self._seen.aligned)
        chosen = BACKENDS.get(self.backend)
        if chosen is None:
            return self._attend(q, k, v, lengths)
        try:
            with sdpa_kernel(chosen):
                return self._attend(q, k, v, lengths)
        except RuntimeError as error:
            if not any(words in str(error) for words in NO_KERNEL):
                raise
            reason = self._reason(chosen, q, k, v, lengths)
            msg = f"PyTorch's {self.backend} kernel does not take this: {reason}; choose another backend, or auto"
            raise RefusedBackendError(msg) from error

    mask_kept = False

    def make_mask(self, queries: int, keys: int, device: torch.device) -> Tensor | None:
        """Return which keys queries do not see; None: the kernels are given no mask."""
        return None if self._own(queries, keys) else hidden(queries, keys, self._seen, device)

    def refusals(self, q: Tensor, k: Tensor, v: Tensor) -> dict[str, str]:
        """Return which kernels do not take these inputs, and why, in torch's words. Each other one is called once."""
        found = {name: self._reason(kernel, q, k, v) for name, kernel in BACKENDS.items() if name != "math"}
        return {name: reason for name, reason in found.items() if reason}

    def _reason(self, kernel: SDPBackend, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None = None) -> str:
        """Return why torch's kernel does not take these inputs, on a line; nothing where it does."""
        # Torch tells why in warnings, and in the error that it has none left.
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                with sdpa_kernel(kernel):
                    self._attend(q, k, v, lengths)
            except RuntimeError as error:
                reasons = [_without_place(str(each.message)) for each in said]
                told = [each for each in reasons if not each.endswith("because:")]
                return " ".join(told or [str(error).partition(". ")[0].strip()]).replace("\n", " ")
        return ""

    def _own(self, queries: int, keys: int) -> bool:
        """Return whether torch's own causal mask is meant: it has the first query at the first key."""
        # A tensor where the call is traced.
        return bool(self._seen == Seen(causal=True) and queries == keys)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None) -> Tensor:
        queries, keys = q.shape[2], k.shape[2]
        own = lengths is None and self._own(queries, keys)
        unseen = None if own else hidden_of(queries, keys, self._seen, q.device, lengths)
        return scaled_dot_product_attention(
            q,
            k,
            v,
            attn_mask=None if unseen is None else ~unseen,
            is_causal=own,
            enable_gqa=self._heads[0] != self._heads[2],
        )


def _without_place(message: str) -> str:
    """Return a warning of torch without the line of its source that gave it."""
    return message.partition(" (Triggered internally")[0].strip()
