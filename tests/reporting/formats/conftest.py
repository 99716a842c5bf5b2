from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from results.numerics import ErrorAtScale, Fault, Frontier
from results.records import (
    Case,
    Complexity,
    Errors,
    Failed,
    FailureKind,
    FeatureMap,
    Frontiers,
    Latency,
    Logits,
    Measured,
    Memory,
    Outcome,
    Run,
    Skipped,
    Tokens,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from results.records import Samples

    MakeRun = Callable[..., Run]
    MakeSamples = Callable[..., Samples]

#: Of 24 samples around a median.
SPREAD = (0.99, 1.0, 1.01)
MEMORY = Memory(saved_bytes=3 * 2**20, peak_live_bytes=7 * 2**20, read_bytes=3000, written_bytes=4000, operators=5)
FRONTIERS = Frontiers(
    patterns=(
        Frontier(pattern="one large"),
        Frontier(pattern="all equal", threshold=11.09375, failure=Fault.INF, operator="aten.exp"),
        Frontier(pattern="all negative", threshold=-17.34375, failure=Fault.ZEROS),
        Frontier(pattern="all -inf", failure=Fault.NAN),
    )
)
ERRORS = Errors(
    scales=(
        ErrorAtScale(
            scale=1.0,
            elements=256,
            not_finite=0,
            below_normal=3,
            max_relative=0.00123456,
            median_relative=0.000234567,
            max_ulps=1.25,
            median_ulps=0.251,
        ),
    )
)


@pytest.fixture
def make_timed(make_samples: MakeSamples) -> Callable[[Case, float], Measured]:
    """Build an outcome of 24 samples that differ a little."""

    def make(case: Case, seconds: float) -> Measured:
        return Measured(case=case, result=Latency(samples=make_samples([seconds * each for each in SPREAD * 8])))

    return make


@pytest.fixture
def outcomes(
    host: Case, plain_counts: Complexity, make_timed: Callable[[Case, float], Measured]
) -> Callable[..., tuple[Outcome, ...]]:
    """Build outcomes of each kind: networks, attentions alone and between tokens, functions; one failed, one skipped.

    The names are those of the attention, of the one that fails, of the network and of its slot, and the error.
    """

    def make(
        se: str = "se",
        lost: str = "mine",
        network: str = "resnext50_16x4d",
        slot: str = "block_output",
        error: str = "MemoryError: 2 GiB",
    ) -> tuple[Outcome, ...]:
        plain = replace(host, host=network)
        cases = {name: replace(plain, implementation=name, slot=slot) for name in (se, lost)}
        alone = replace(plain, host=None, implementation=se, input=FeatureMap(batch=2, channels=64, height=8, width=8))
        tokens = Tokens(batch=2, heads=8, kv_heads=8, queries=256, keys=256, head_dim=64)
        between = replace(plain, host=None, implementation="sdpa", input=tokens)
        function = replace(plain, host=None, implementation="softmax/naive", input=Logits(shape=(1, 8), dim=1))
        return (
            Measured(case=replace(plain, suite="complexity"), result=plain_counts),
            Measured(
                case=replace(cases[se], suite="complexity"),
                result=replace(plain_counts, parameters=plain_counts.parameters + 4_321),
            ),
            make_timed(plain, 0.001_234_56),
            make_timed(cases[se], 0.002),
            Failed(case=cases[lost], kind=FailureKind.OUT_OF_MEMORY, error=error),
            make_timed(alone, 0.000_1),
            make_timed(replace(alone, implementation="eca"), 0.000_05),
            Skipped(case=replace(alone, implementation=lost), reason=error),
            make_timed(between, 0.003),
            make_timed(replace(between, implementation="eager"), 0.006),
            Measured(case=replace(plain, suite="memory"), result=MEMORY),
            Measured(case=replace(function, suite="overflow", dtype="float16"), result=FRONTIERS),
            Measured(case=replace(function, suite="accuracy", dtype="float16"), result=ERRORS),
        )

    return make


@pytest.fixture
def fixed_run(make_run: MakeRun, outcomes: Callable[..., tuple[Outcome, ...]]) -> Run:
    """Return a run of every kind, always the same."""
    return make_run(*outcomes())


@pytest.fixture
def hostile() -> Sequence[str]:
    """Names that some format would take for a command."""
    return (
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "a|b `c` *d* _e_ [f](http://g)",
        "\x1b[31mred\x1b[0m",
        r"\input{/etc/passwd}% $x$ & #1 ^~",
        "</td></table><img src=x onerror=alert(1)>",
        "+1\r\n@SUM(A1)",
        "日本\u202e",
    )
