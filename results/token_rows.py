"""Times of attention between tokens -> what they come to: operations and bytes a second, and cells of a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .rows import with_ends
from .stats import estimate, ratio
from .tokens import Tokens

if TYPE_CHECKING:
    from .cases import Case
    from .first_call import FirstCall
    from .index import Index
    from .ran import Ran
    from .rows import Columns, Row
    from .samples import Latency

TOKEN_COLUMNS: Columns = {
    **{f"ratio_to_sdpa{end}": "float64" for end in ("", "_low", "_high")},
    "queries": "Int64",
    "keys": "Int64",
    "heads": "Int64",
    "kv_heads": "Int64",
    "head_dim": "Int64",
    "causal": "boolean",
    "window": "Int64",
    "kv_elements_per_token": "Int64",
    "kv_bytes_per_token": "Int64",
    "model_flops": "Int64",
    "executed_flops": "Int64",
    "least_bytes": "Int64",
    "flops_per_s": "float64",
    "bytes_per_s": "float64",
    "peak_flops_per_s": "float64",
    "first_call_s": "float64",
    "compile_s": "float64",
    "compiled_from_cache": "boolean",
    "mask_s": "float64",
    "mask_every_call": "boolean",
    "backend_asked": "string",
    "backends": "string",
    "refused": "string",
    "checked": "string",
    "largest_error": "float64",
    "allowed_error": "float64",
    "own_definition": "boolean",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What a call does for the mathematics, over its median time."""

    model_flops: int
    least_bytes: int
    flops_per_s: float
    bytes_per_s: float
    share_of_peak: float | None
    """The fewer of the model's and the executed operations a second, over those of the fastest product of matrices in
    the same process; None where that was not measured. An approximation executes fewer than the model has, and what is
    counted of masked pairs may not have run."""

    @property
    def flops_per_byte(self) -> float:
        """Arithmetic intensity: what exact attention computes for each byte that it must move."""
        return self.model_flops / self.least_bytes


def rates(case: Case, tokens: Tokens, latency: Latency) -> Rates:
    """Return operations and bytes a second: those that exact attention needs, whatever ran."""
    seconds = estimate(latency.samples).median_s
    flops, least = tokens.model_flops(case.direction), tokens.least_bytes(case.direction, case.dtype)
    ran = latency.ran
    share = None if ran is None else min(flops, ran.executed_flops) / seconds / ran.peak_flops_per_s
    return Rates(
        model_flops=flops,
        least_bytes=least,
        flops_per_s=flops / seconds,
        bytes_per_s=least / seconds,
        share_of_peak=share,
    )


def token_cells(index: Index, case: Case, latency: Latency) -> Row:
    """Return what a row says of attention between tokens beside its times."""
    tokens = case.input
    if not isinstance(tokens, Tokens):
        return {}
    found = rates(case, tokens, latency)
    baseline = index.baseline_of(case)
    against = None if baseline is None else ratio(latency.samples, baseline.samples)
    return {
        **({} if against is None else with_ends("ratio_to_sdpa", against.value, against.low, against.high)),
        "model_flops": found.model_flops,
        "least_bytes": found.least_bytes,
        "flops_per_s": found.flops_per_s,
        "bytes_per_s": found.bytes_per_s,
        **({} if latency.first is None else _first(latency.first)),
        **({} if latency.ran is None else _ran(latency.ran)),
    }


def input_cells(case: Case) -> Row:
    """Return what each row says of the tokens, be the case measured or not."""
    tokens = case.input
    if not isinstance(tokens, Tokens):
        return {}
    sizes = ("queries", "keys", "heads", "kv_heads", "head_dim", "causal", "window")
    return {
        **{name: getattr(tokens, name) for name in sizes},
        "kv_elements_per_token": tokens.kv_elements_per_token,
        "kv_bytes_per_token": tokens.kv_bytes_per_token(case.dtype),
    }


def _first(first: FirstCall) -> Row:
    """Return what is paid once; of what was not compiled, or has no mask, the cells are empty."""
    return {
        "first_call_s": first.seconds,
        "compile_s": first.compile_s,
        "compiled_from_cache": None if first.compile_s is None else first.from_cache,
        "mask_s": first.mask_s,
        "mask_every_call": None if first.mask_s is None else not first.mask_kept,
    }


def _ran(ran: Ran) -> Row:
    return {
        "executed_flops": ran.executed_flops,
        "peak_flops_per_s": ran.peak_flops_per_s,
        "backend_asked": ran.asked,
        "backends": " ".join(ran.backends) or None,
        "refused": "; ".join(f"{each.backend}: {each.reason}" for each in ran.refused) or None,
        "checked": ran.agreement.of,
        "largest_error": ran.agreement.error,
        "allowed_error": ran.agreement.allowed,
        "own_definition": ran.agreement.own,
    }
