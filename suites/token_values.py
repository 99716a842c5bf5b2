"""Is what an attention between tokens gives what it promises? Held against its definition, before it is timed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.nn.functional import scaled_dot_product_attention

from attn_impls.seen import Seen
from attn_impls.tokens.definitions import Group, defined, is_softmax
from attn_impls.tokens.pattern import hidden
from results.records import Agreement, Direction, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor, nn

    from attn_impls import Spec
    from results.records import Case

#: As in the tests of flash-attention: so many times the error of PyTorch's own attention is allowed, of an output and
#: of a gradient...
TIMES, TIMES_BACKWARD = 2.0, 3.0
#: ...and so many roundings of the largest number, which of few tokens is more; another definition has more steps.
ROUNDINGS, ROUNDINGS_OWN = 4, 16
OUTPUT = ("output",)
GRADIENTS = ("gradient of the queries", "gradient of the keys", "gradient of the values")


class WrongValuesError(Exception):
    """An implementation does not give what it promises."""


class _Place(NamedTuple):
    """The query heads of one sequence that share a key head."""

    sequence: int
    key_head: int
    shared: int
    """By so many query heads."""

    @property
    def heads(self) -> slice:
        """The query heads."""
        return slice(self.key_head * self.shared, (self.key_head + 1) * self.shared)


def check_values(module: nn.Module, spec: Spec, case: Case, result: object) -> Agreement:
    """Hold the result of a call against the definition in float64, for the first and the last heads that share keys.

    Args:
        module: as it was called.
        spec: of it.
        case: whose input it was called with.
        result: the output, or the gradients of queries, keys and values for an upstream gradient of ones.

    Raises:
        WrongValuesError: a number is further from its definition than is allowed.

    """
    tokens = case.input
    assert isinstance(tokens, Tokens)  # noqa: S101 - the caller's choice
    inputs = tokens.draw(case.dtype, case.device)
    forward = case.direction is Direction.FORWARD
    results = (result,) if isinstance(result, torch.Tensor) else result
    if not isinstance(results, list | tuple) or not all(isinstance(each, torch.Tensor) for each in results[:3]):
        msg = f"it gives {type(result).__name__} in place of one tensor"
        raise WrongValuesError(msg)
    drawn = [x.detach() for x in inputs]
    found = [
        _compared(module, spec, tokens, drawn, place=place, results=results, forward=forward)
        for place in _places(tokens)
    ]
    names = OUTPUT if forward else GRADIENTS
    per_result = [_agreement(name, each, own=not is_softmax(spec, module)) for name, *each in zip(names, *found)]  # noqa: B905 - as many
    worst = max(per_result, key=lambda each: each.error / each.allowed)
    if not worst.error <= worst.allowed:
        raise WrongValuesError(_words(worst))
    return worst


def _words(worst: Agreement) -> str:
    what = "its definition" if worst.own else "softmax attention"
    hint = "" if worst.own else "; an approximation says what it computes in a method definition(q, k, v)"
    return (
        f"its {worst.of} is {worst.error:.2g} from {what} in float64, and {worst.allowed:.2g} is allowed: it is not "
        f"timed{hint}"
    )


def _places(tokens: Tokens) -> tuple[_Place, ...]:
    """Return the first and the last heads that share keys, of the first and the last sequence."""
    shared = tokens.heads // tokens.kv_heads
    ends = ((0, 0), (tokens.batch - 1, tokens.kv_heads - 1))
    return tuple(dict.fromkeys(_Place(sequence, head, shared) for sequence, head in ends))


def _of_place(results: Sequence[Tensor], place: _Place, *, forward: bool) -> list[Tensor]:
    if forward:
        return [results[0][place.sequence, place.heads]]
    of_q, of_k, of_v = results[:3]
    return [of_q[place.sequence, place.heads], *(each[place.sequence, place.key_head] for each in (of_k, of_v))]


class _Compared(NamedTuple):
    """One result at a place."""

    error: float
    off: float
    """How far plain code in the dtype is from what it computes."""
    rounding: float
    """Of the largest number of the results there."""


def _compared(
    module: nn.Module,
    spec: Spec,
    tokens: Tokens,
    inputs: Sequence[Tensor],
    *,
    place: _Place,
    results: Sequence[Tensor],
    forward: bool,
) -> list[_Compared]:
    """Return how far the results at a place are from the exact ones, and how far plain code in the dtype is."""
    q, k, v = inputs
    own = [q[place.sequence, place.heads], k[place.sequence, place.key_head], v[place.sequence, place.key_head]]

    def promised(*parts: Tensor) -> Tensor:
        of_q, of_k, of_v = parts
        group = Group(q=of_q, k=of_k, v=of_v, first=place.heads.start, heads=tokens.heads)
        return defined(spec, module, group)

    exact = _run(promised, [x.double() for x in own], forward=forward)
    errors = _distances(_of_place(results, place, forward=forward), exact)
    # Nothing is more exact than float64: it is allowed what float32 is off by, as much smaller as its roundings are.
    low = [x.float() if x.dtype is torch.float64 else x for x in own]
    eps = torch.finfo(own[0].dtype).eps
    scale = eps / torch.finfo(low[0].dtype).eps
    codes = [lambda *parts: _sdpa(parts, tokens), *([] if is_softmax(spec, module) else [promised])]
    offs = [
        _distances(_run(code, low, forward=forward), _run(code, [x.double() for x in low], forward=forward))
        for code in codes
    ]
    largest = max(float(each.abs().nan_to_num(posinf=0).amax()) for each in exact)
    # Plain code that overflows in the dtype allows nothing.
    off = [max((each for each in alike if each < torch.inf), default=0.0) for alike in zip(*offs, strict=True)]
    return [_Compared(error, scale * each, eps * largest) for error, each in zip(errors, off, strict=True)]


def _sdpa(parts: Sequence[Tensor], tokens: Tokens) -> Tensor:
    """Return PyTorch's own attention [G, Sq, Dv] of heads that share keys [Sk, D]."""
    q, k, v = parts
    seen = Seen(causal=tokens.causal, window=tokens.window, prefix=tokens.prefix, document=tokens.document)
    unseen = hidden(tokens.queries, tokens.keys, seen, q.device)
    k, v = (x.expand(len(q), *x.shape) for x in (k, v))
    mask = None if unseen is None else ~unseen
    return scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=mask)[0]


def _run(of: Callable[..., Tensor], parts: Sequence[Tensor], *, forward: bool) -> list[Tensor]:
    if forward:
        with torch.no_grad():
            return [of(*parts)]
    leaves = [x.detach().requires_grad_() for x in parts]
    output = of(*leaves)
    gradients = torch.autograd.grad(output, leaves, torch.ones_like(output), materialize_grads=True)
    return list(gradients)


def _distance(one: Tensor, other: Tensor) -> float:
    """Return the largest distance of two numbers; infinite where one is not finite and the other is another."""
    wide, right = one.double(), other.double()
    far = (wide - right).abs()
    same = (wide == right) | (wide.isnan() & right.isnan())
    return float(far.masked_fill(same, 0).nan_to_num(nan=torch.inf).amax())


def _distances(ones: Sequence[Tensor], others: Sequence[Tensor]) -> list[float]:
    return [_distance(one, other) for one, other in zip(ones, others, strict=True)]


def _agreement(name: str, places: Sequence[_Compared], *, own: bool) -> Agreement:
    """Return what was found of a result, over all places."""
    times, roundings = TIMES if name in OUTPUT else TIMES_BACKWARD, ROUNDINGS_OWN if own else ROUNDINGS
    allowed = times * max(each.off for each in places) + roundings * max(each.rounding for each in places)
    # A record holds finite numbers; what is not finite is no agreement.
    error = min(max(each.error for each in places), torch.finfo(torch.float32).max)
    return Agreement(of=name, error=error, allowed=max(allowed, torch.finfo(torch.float64).tiny), own=own)
