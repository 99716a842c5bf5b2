"""Token mixers under the audit: a promise about later tokens that is broken, or not made, is found."""

from __future__ import annotations

import pytest
from torch import Tensor, nn

from attn_impls import Family, Spec, builtin
from attn_impls.audit import Name, Severity, audit


class Sums(nn.Module):
    """Adds to each token what came up to it, or what comes from it on."""

    backwards = False

    def __init__(self, dim: int, *, heads: int, causal: bool = False) -> None:
        super().__init__()
        del heads, causal
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flip(1) if self.backwards else x
        sums: Tensor = self.proj(x).cumsum(1) / x.shape[1]
        return sums.flip(1) if self.backwards else sums


class Backwards(Sums):
    """Adds what comes from it on."""

    backwards = True


class FirstOfBatch(Sums):
    """Adds the first sequence of the batch to all."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + super().forward(x[:1].flip(1)).flip(1)


class OneLength(Sums):
    """Wants as many tokens as ViT-B/16 has patches."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.view(-1, 196, x.shape[2])) + x.mean(1, keepdim=True)


def look(factory: type[nn.Module], **options: bool) -> list[tuple[Name, Severity]]:
    """Audit a mixer without torch.compile and return what is found."""
    spec = Spec(name="planted", family=Family.MIXER, summary="", factory=factory, options=options)
    return [(finding.name, finding.severity) for finding in audit(spec, compile=False)]


@pytest.mark.parametrize(
    ("factory", "options", "name"),
    [
        (Sums, {}, Name.UNSAID),
        (Backwards, {"causal": True}, Name.SEES_HIDDEN),
        (FirstOfBatch, {}, Name.MIXES_IMAGES),
        (OneLength, {}, Name.LENGTH),
    ],
)
def test_a_breach_of_the_contract_is_found_alone(
    factory: type[nn.Module], options: dict[str, bool], name: Name
) -> None:
    """One finding each, with its name."""
    assert look(factory, **options) == [(name, Severity.FAULT)]


def test_what_keeps_its_promise_has_no_findings() -> None:
    """It says that it is causal, and is."""
    assert look(Sums, causal=True) == []


@pytest.mark.parametrize("name", ["mha", "mha:causal=true", "window/shifted", "sra", "hilo", "xca"])
def test_ours_are_fit(name: str) -> None:
    """With and without a grid, with and without a promise."""
    assert audit(builtin().find(name), compile=False) == ()
