"""Gates that are made for tokens: the remedy is the wrapper to write, and that works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from attn_impls import Family, Spec
from attn_impls.audit import Finding, Name, audit

if TYPE_CHECKING:
    from collections.abc import Callable

TOKENS = "t = x.flatten(2).transpose(1, 2); y = inner({}); return y.transpose(1, 2).reshape(x.shape)"


class Attends(nn.Module):
    """Queries, keys and values, [B, N, C]."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Linear(channels, channels)

    def forward(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        logits: Tensor = self.fc(queries) @ keys.transpose(1, 2)
        return logits.softmax(-1) @ values


class TokensIn(nn.Module):
    """Tokens [B, N, C] alone."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        batch, count, channels = x.shape
        out: Tensor = self.fc(x).reshape(batch, count, channels)
        return out


class LastIn(nn.Module):
    """Maps [B, H, W, C]."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        batch, _, _, channels = x.shape
        out: Tensor = self.fc(x).mean((1, 2)).view(batch, 1, 1, channels) + x
        return out


class Broken(nn.Module):
    """Runs on nothing."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        del channels

    def forward(self, x: Tensor) -> Tensor:
        msg = f"\n Cannot rearrange:\n  {x.dim()} dimensions\n\n and advice"
        raise ValueError(msg)


def finding(factory: Callable[..., nn.Module]) -> Finding:
    """Audit a gate and return the one thing that is found."""
    (found,) = audit(Spec(name="g", family=Family.GATE, summary="", factory=factory), compile=False)
    return found


@pytest.mark.parametrize(
    ("factory", "takes", "wrapper"),
    [
        (Attends, "tokens [B, N, C]", TOKENS.format("t, t, t")),
        (TokensIn, "tokens [B, N, C]", TOKENS.format("t")),
        (
            LastIn,
            "maps [B, H, W, C]",
            "t = x.permute(0, 2, 3, 1); y = inner(t); return y.permute(0, 3, 1, 2)",
        ),
        (
            lambda channels: nn.MultiheadAttention(channels, 4, batch_first=True),
            "tokens [B, N, C]",
            TOKENS.format("t, t, t").replace("t, t, t)", "t, t, t)[0]"),
        ),
        (
            # By default it takes the batch second: given tokens [B, N, C], it mixes images without a word.
            lambda channels: nn.MultiheadAttention(channels, 4),
            "tokens [N, B, C]",
            "t = x.flatten(2).permute(2, 0, 1); y = inner(t, t, t)[0]; return y.permute(1, 2, 0).reshape(x.shape)",
        ),
    ],
)
def test_the_wrapper_is_in_the_remedy(factory: Callable[..., nn.Module], takes: str, wrapper: str) -> None:
    """What it takes was tried, and no images mixed; as a gate, the wrapper keeps the shape of a map."""
    found = finding(factory)
    assert (found.name, found.remedy) == (Name.FORWARD, f"it takes {takes}; wrap it: {wrapper}")
    names: dict[str, Callable[..., Tensor]] = {}
    exec(f"def forward(inner, x):\n    {wrapper}", names)  # noqa: S102 - what the remedy says is to be run
    module = factory(8)
    x = torch.randn(2, 8, 4, 3)
    out = names["forward"](module, x)
    assert out.shape == x.shape
    torch.testing.assert_close(out[:1], names["forward"](module, x[:1]))


def test_what_runs_on_nothing_has_the_plain_remedy() -> None:
    """And all lines of the first paragraph of what it raised."""
    found = finding(Broken)
    assert found.words.startswith("ValueError: Cannot rearrange: 4 dimensions (test_layouts.py, line ")
    assert found.remedy == "make it run for 4×64×8×8"
