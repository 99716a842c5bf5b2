"""Definitions against the reference of the tests, which looks at one query at a time."""

from __future__ import annotations

import pytest
import torch

from attn_impls import Family, Heads, builtin
from attn_impls.tokens.definitions import DEFINITIONS, Group, defined

from .reference_attention import REFERENCES, attention
from .test_attention import NAMES, Sizes, drawn

SIZES = Sizes(1, 4, 2, 5, 9, 12)


@pytest.mark.parametrize("name", NAMES)
def test_a_definition_equals_the_reference(name: str) -> None:
    """In float64, of both groups of heads that share keys."""
    spec = builtin().find(name)
    heads = Heads(heads=SIZES.heads, head_dim=SIZES.head_dim, kv_heads=SIZES.kv_heads)
    module = spec.build_attention(heads)
    q, k, v = drawn(SIZES)
    state = module.double().state_dict()
    expected = attention((q, k, v), REFERENCES[name.partition(":")[0]], spec.options, state)
    for group in range(2):
        own = slice(2 * group, 2 * group + 2)
        found = defined(spec, module, Group(q=q[0, own], k=k[0, group], v=v[0, group], first=2 * group, heads=4))
        assert (found - expected[0, own]).abs().max() <= 1e-12


def test_whatever_has_no_definition_promises_softmax_attention() -> None:
    """Every other attention of ours has one, by its name."""
    ours = {name for name, spec in builtin().specs.items() if spec.family is Family.ATTENTION}
    assert set(DEFINITIONS) <= ours
    q, k, v = (torch.randn(3, 4, dtype=torch.float64) for _ in range(3))
    spec = builtin().find("sdpa")
    found = defined(spec, torch.nn.Identity(), Group(q=q[None], k=k, v=v, first=0, heads=1))
    assert torch.allclose(found[0], torch.softmax(q @ k.T / 2, -1) @ v)
