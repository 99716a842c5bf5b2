"""Attention between tokens under the audit: what breaks the family's contract is found, by its name."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from attn_impls import Family, Spec, builtin
from attn_impls.audit import Name, Severity, audit
from attn_impls.tokens.lengths import refuse_lengths


class Plain(nn.Module):
    """Softmax attention, its hidden scores replaced."""

    def __init__(self, heads: int, head_dim: int, *, kv_heads: int, causal: bool = False) -> None:
        super().__init__()
        del head_dim
        self.shared, self.causal = heads != kv_heads, causal

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        times = q.shape[1] // k.shape[1]
        k, v = k.repeat_interleave(times, 1), v.repeat_interleave(times, 1)
        scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
        hidden = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool).triu(1 + k.shape[2] - q.shape[2])
        seen: Tensor = scores.masked_fill(hidden, float("-inf")) if self.causal else scores
        return torch.matmul(seen.softmax(-1), v)


class Inverted(Plain):
    """Its mask has what is hidden in place of what is seen."""

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        hidden = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool).triu(k.shape[2] - q.shape[2])
        return scaled_dot_product_attention(q, k, v, hidden, enable_gqa=self.shared)


class AfterSoftmax(Plain):
    """It hides weights, which have been divided by the sum of all."""

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        times = q.shape[1] // k.shape[1]
        k, v = k.repeat_interleave(times, 1), v.repeat_interleave(times, 1)
        weights = (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).softmax(-1)
        return torch.matmul(weights.tril(k.shape[2] - q.shape[2]), v)


class Adding(Plain):
    """It adds -inf to hidden scores, which leaves NaN what it is."""

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        times = q.shape[1] // k.shape[1]
        k, v = k.repeat_interleave(times, 1), v.repeat_interleave(times, 1)
        bias = torch.full((q.shape[2], k.shape[2]), float("-inf"), dtype=q.dtype).triu(1 + k.shape[2] - q.shape[2])
        return torch.matmul((q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5 + bias).softmax(-1), v)


class Silent(Plain):
    """Causal, whatever is asked for."""

    def __init__(self, heads: int, head_dim: int, *, kv_heads: int) -> None:
        super().__init__(heads, head_dim, kv_heads=kv_heads, causal=True)


class WithoutKeys(Plain):
    """The keys are detached."""

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return super().forward(q, k.detach(), v)


class OwnKeys(Plain):
    """It refuses to be built where heads share keys."""

    def __init__(self, heads: int, head_dim: int, *, kv_heads: int) -> None:
        super().__init__(heads, head_dim, kv_heads=kv_heads)
        if self.shared:
            msg = "every head has keys of its own"
            raise ValueError(msg)


class SquareAlone(Plain):
    """It wants as many keys as queries."""

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return super().forward(q, k, v) + 0 * (q.sum() + (q[:, :1] - k[:, :1]).sum())


def look(factory: type[nn.Module], *, causal: bool = False) -> list[tuple[Name, Severity]]:
    """Audit an attention without torch.compile and return what is found."""
    options = {"causal": True} if causal else {}
    spec = Spec(name="planted", family=Family.ATTENTION, summary="", factory=factory, options=options)
    return [(finding.name, finding.severity) for finding in audit(spec, compile=False)]


@pytest.mark.parametrize("causal", [False, True])
def test_what_keeps_the_contract_has_no_findings(*, causal: bool) -> None:
    """An ordinary member of the family is fit."""
    assert look(Plain, causal=causal) == []


@pytest.mark.parametrize(
    ("factory", "causal", "name", "severity"),
    [
        (AfterSoftmax, True, Name.SEES_HIDDEN, Severity.FAULT),
        (Inverted, True, Name.SEES_HIDDEN, Severity.FAULT),
        (Adding, True, Name.HIDDEN_NAN, Severity.NOTE),
        (Silent, False, Name.UNSAID, Severity.FAULT),
        (OwnKeys, False, Name.REFUSES, Severity.NOTE),
        (SquareAlone, False, Name.LENGTH, Severity.FAULT),
    ],
)
def test_a_breach_of_the_contract_is_found_alone(
    factory: type[nn.Module], name: Name, severity: Severity, *, causal: bool
) -> None:
    """One finding each, with its name."""
    assert look(factory, causal=causal) == [(name, severity)]


class Padded(Plain):
    """It hides padding as it is asked to."""

    def forward(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None = None) -> Tensor:
        if lengths is None:
            return super().forward(q, k, v)
        times = q.shape[1] // k.shape[1]
        k, v = k.repeat_interleave(times, 1), v.repeat_interleave(times, 1)
        beyond = (torch.arange(k.shape[2]) >= lengths[:, None])[:, None, None]
        scores = self.hidden(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5, beyond)
        return torch.matmul(scores.softmax(-1), v)

    def hidden(self, scores: Tensor, beyond: Tensor) -> Tensor:
        return scores.masked_fill(beyond, -torch.inf)


class PaddingSeen(Padded):
    """It takes lengths, and does nothing with them."""

    def forward(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None = None) -> Tensor:
        del lengths
        return super().forward(q, k, v)


class OneLengthForAll(Padded):
    """It hides from all sequences what the shortest one has as padding."""

    def forward(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None = None) -> Tensor:
        return super().forward(q, k, v, None if lengths is None else lengths.amin().expand(len(q)))


class PaddingCounts(Padded):
    """Padding is hidden by zeros in place of keys, which softmax counts."""

    def forward(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None = None) -> Tensor:
        if lengths is not None:
            beyond = (torch.arange(k.shape[2]) >= lengths[:, None])[:, None, :, None]
            k, v = k.masked_fill(beyond, 0), v.masked_fill(beyond, 0)
        return super().forward(q, k, v)


class AddingToPadding(Padded):
    """It adds -inf to the scores of padding, which leaves NaN what it is."""

    def hidden(self, scores: Tensor, beyond: Tensor) -> Tensor:
        return scores + torch.zeros_like(scores).masked_fill(beyond, -torch.inf)


class PaddingOfNothing(Padded):
    """Queries that are padding see nothing at all, and get NaN."""

    def forward(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None = None) -> Tensor:
        output = super().forward(q, k, v, lengths)
        if lengths is None:
            return output
        return output.masked_fill((torch.arange(q.shape[2]) >= lengths[:, None])[:, None, :, None], torch.nan)


class Refusing(Padded):
    """It says that it takes no lengths."""

    def forward(self, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor | None = None) -> Tensor:
        refuse_lengths(lengths, "it is built for sequences of one length")
        return super().forward(q, k, v)


@pytest.mark.parametrize("factory", [Padded, Refusing])
def test_what_hides_padding_and_what_refuses_it_have_no_findings(factory: type[nn.Module]) -> None:
    """Lengths are no duty."""
    assert look(factory) == []


@pytest.mark.parametrize(
    ("factory", "name", "severity"),
    [
        (PaddingSeen, Name.PADDING, Severity.FAULT),
        (OneLengthForAll, Name.PADDING, Severity.FAULT),
        (PaddingCounts, Name.PADDING, Severity.FAULT),
        (PaddingOfNothing, Name.PADDING, Severity.NOTE),
        (AddingToPadding, Name.PADDED_NAN, Severity.NOTE),
    ],
)
def test_padding_that_changes_a_sequence_is_found_alone(
    factory: type[nn.Module], name: Name, severity: Severity
) -> None:
    """Whatever lies behind a sequence, it gets what it gets alone."""
    assert look(factory) == [(name, severity)]


@pytest.mark.parametrize(
    "name",
    [
        "attention/eager:causal=true,window=4",
        "attention/sigmoid",
        "attention/hard_softmax/tiled:causal=true",
        "attention/cosformer",
        "attention/performer:causal=true",
        "attention/nystromformer",
    ],
)
def test_ours_are_fit(name: str) -> None:
    """With padding and without; what cannot take it refuses it."""
    assert audit(builtin().find(name), compile=False) == ()


def test_each_of_the_three_inputs_must_be_used() -> None:
    """A gradient of queries and values does not hide that the keys get none."""
    spec = Spec(name="planted", family=Family.ATTENTION, summary="", factory=WithoutKeys)
    (finding,) = audit(spec, compile=False)
    assert (finding.name, finding.words) == (Name.NO_GRADIENT, "none for the keys in 3 draws")


def test_what_hides_by_adding_is_noted_of_pytorch_too() -> None:
    """Its kernels add a mask to scores, also that of padding; where they are causal the fused ones replace scores."""
    found = {
        name: [(finding.name, finding.severity) for finding in audit(builtin().find(name), compile=False)]
        for name in ("sdpa:backend=math,causal=true", "sdpa:backend=flash,causal=true")
    }
    assert found == {
        "sdpa:backend=math,causal=true": [(Name.HIDDEN_NAN, Severity.NOTE), (Name.PADDED_NAN, Severity.NOTE)],
        "sdpa:backend=flash,causal=true": [(Name.PADDED_NAN, Severity.NOTE)],
    }
