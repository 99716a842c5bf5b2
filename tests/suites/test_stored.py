"""What attention keeps: a cache's elements, and the bytes of FlashAttention's Table 21."""

from __future__ import annotations

import pytest

from suites.papers.stored import stored


@pytest.mark.parametrize(
    ("cache", "elements"),
    [
        ("cache:mha:heads=16,head_dim=128,layers=27", 110_592),
        ("cache:mha:heads=1,head_dim=128,layers=60", 15_360),
        ("cache:mla:latent=512,rope=64,layers=60", 34_560),
    ],
)
def test_elements_of_a_token(cache: str, elements: int) -> None:
    """Keys and values of all heads, of one, or the latent and the key with positions."""
    assert stored(cache) == elements


@pytest.mark.parametrize("tokens", [128, 1024, 4096])
def test_standard_attention_has_four_maps(tokens: int) -> None:
    """Ten tensors of the queries' size, and four of the map of scores, in half precision."""
    assert stored(f"memory:standard:tokens={tokens}") == 2 * 16 * (10 * 8 * tokens * 64 + 4 * 8 * tokens**2)


def test_flash_attention_grows_with_the_tokens() -> None:
    """Twice the tokens, twice the bytes; at 512 tokens sums in float32 are added."""
    of = {tokens: stored(f"memory:flash:tokens={tokens}") for tokens in (128, 256, 512, 1024)}
    assert of[256] == 2 * of[128] == 44 * 2**20
    assert of[1024] == 2 * of[512] == 209 * 2**20
