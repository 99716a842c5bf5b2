"""What attention keeps in memory: elements of a cache of keys and values, and bytes of the tensors alive at once."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from attn_impls.spec import parse_options

if TYPE_CHECKING:
    from collections.abc import Callable

#: The rules' names.
STORED = ("elements", "bytes")
#: What the names of a published row's network begin with: ``cache:mla:latent=512,rope=64,layers=27``.
CACHE, MEMORY = "cache", "memory"

HALF_BYTES, FLOAT_BYTES = 2, 4
#: Of FlashAttention's Table 21.
BATCH, HEADS, HEAD_DIM, DROPOUT = 16, 8, 64, 0.1
#: Up to which a FlashAttention kernel computes the gradients of all queries at once.
ONE_BLOCK = 256
#: Tensors of the queries' size. Queries, keys, values, result and their gradients; and three more, which the printed
#: figures imply.
FLASH_TENSORS = 8 + 3


def stored(name: str) -> int:
    """Return the elements that a cache keeps of a token, or the bytes of attention forward and backward.

    Raises:
        KeyError: there is no such cache or attention.

    """
    kind, which, options = name.split(":")
    return _COUNTED[kind][which](**{key: int(value) for key, value in parse_options(options).items()})


def elements_of_heads(heads: int, head_dim: int, layers: int) -> int:
    """Return the elements of keys and values of a token: of all heads (MHA), of groups (GQA), or of one (MQA)."""
    keys = values = (layers, heads, head_dim)
    return prod(keys) + prod(values)


def elements_of_latent(latent: int, rope: int, layers: int) -> int:
    """Return the elements of a token's compressed keys and values, and of its key with positions (MLA)."""
    return prod((layers, latent)) + prod((layers, rope))


def standard_bytes(tokens: int) -> int:
    """Run attention with its map of scores forward and backward on the meta device, and return the most bytes alive."""
    import torch
    from torch.nn import functional

    from bench.memory.observe import observe

    qkv = torch.empty((BATCH, tokens, 3, HEADS, HEAD_DIM), dtype=torch.float16, device="meta", requires_grad=True)
    gradient = torch.empty((BATCH, tokens, HEADS, HEAD_DIM), dtype=torch.float16, device="meta")

    def call() -> torch.Tensor:
        queries, keys, values = (each.transpose(1, 2).flatten(0, 1) for each in qkv.unbind(2))
        # Without names: what has one is not freed when the backward pass is done with it.
        mixed = functional.dropout(torch.softmax(queries @ keys.transpose(1, 2), dim=-1), DROPOUT) @ values
        result = mixed.unflatten(0, (BATCH, HEADS)).transpose(1, 2)
        result.backward(gradient)
        return result

    made = observe(call, "meta").peak_live_bytes
    return made + sum(each.untyped_storage().nbytes() for each in (qkv, gradient))


def flash_bytes(tokens: int) -> int:
    """Return the bytes of the tensors that FlashAttention has at once, which grow with the tokens and not their pairs.

    Where a kernel does not have all queries, it adds their gradients up in float32, and keeps two numbers a row.
    """
    row = BATCH * HEADS * tokens
    resting = FLASH_TENSORS * row * HEAD_DIM * HALF_BYTES
    sums = row * HEAD_DIM * FLOAT_BYTES + 2 * row * FLOAT_BYTES
    return resting + (sums if tokens > ONE_BLOCK else 0)


_COUNTED: dict[str, dict[str, Callable[..., int]]] = {
    CACHE: {"mha": elements_of_heads, "mla": elements_of_latent},
    MEMORY: {"standard": standard_bytes, "flash": flash_bytes},
}
