"""How to read a report: what each kind of figure is, in words that stand once in a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.records import Direction, Latency, Measured

from .to_markdown import escape
from .units import format_percent, format_seconds

if TYPE_CHECKING:
    from results.records import Run

#: What a call of each direction runs; see Direction.
DIRECTION_WORDS = {
    Direction.FORWARD: "inference: evaluation mode, no graph",
    Direction.BACKWARD: "gradients of all parameters, and of the input except in networks, from a graph made before",
    Direction.FORWARD_BACKWARD: "both, in training mode, as one call",
}

LATENCY_WORDS = (
    "**latency**: the median of the samples, per call, ± half of its 95% interval as a share of the median. An "
    "interval that is wider than asked for, and reaches more than twice as far to one side as to the other, stands in "
    "brackets itself, in the unit of the median."
)
OUTLIER_WORDS = (
    "**outliers**: Outliers are further from the middle half of the samples than three times the range of that half. "
    "They are kept: the median does not mind a few of them."
)
SAMPLES_WORDS = (
    "**samples**: taken until the intervals of the median and of the ratio are within ± {precision}, or {budget} of "
    "sampling are spent on the case. A slow case may spend four times that, and 2 s at least, on the six samples that "
    "an interval takes; what the others are divided by is sampled for as long as they are."
)
CLOCK_WORDS = "**clock**: {clocks}. One sample is the mean of several calls where one call is too short for it."
RATIO_WORDS = (
    "**ratio (÷)**: the cases of one table take turns in random order (seed {seed}), round after round, in one "
    "process. The ratio is the median over the rounds of one case's time divided by the other's, with its 95% interval "
    "in brackets: what slows the machine down for a while slows both. Cases of two blocks were not paired: do not "
    "divide them."
)
COUNTS_WORDS = (
    (
        "**parameters, MAdds, MACs, FLOPs**: of one forward pass with a batch of one, exact, the same on every "
        "machine; M = 1e6. A MAC is a multiplication with its addition; as MAdds or FLOPs these are two."
    ),
    (
        "**counters**: they differ in what they count at all: compare figures of one column only. Notes under the "
        "table name operators that ran and that no counter has a figure for, and counters that failed."
    ),
)
MEMORY_WORDS = (
    "**memory**: saved for backward are the activations that the forward pass keeps, peak live is the highest total of "
    "tensors that the operators of a call made, parameters and inputs not among them. What an operator holds only "
    "while it runs (the workspace of a convolution) is seen by the CUDA allocator alone: allocated, reserved."
)
TRAFFIC_WORDS = (
    "**traffic**: read and written are what the operators' arguments and results hold, views and empty tensors not, as "
    "if no cache kept anything. Multiply-adds cannot rank modules that compute little, traffic and operators can: "
    "their time goes into moving bytes and launching kernels."
)


def latency_words(run: Run) -> tuple[str, ...]:
    """Return what times and ratios of a run are, by which clocks."""
    results = (outcome.result for outcome in run.outcomes if isinstance(outcome, Measured))
    clocks = dict.fromkeys(result.samples.clock for result in results if isinstance(result, Latency))
    return (
        LATENCY_WORDS,
        OUTLIER_WORDS,
        SAMPLES_WORDS.format(
            precision=format_percent(run.plan.precision),
            budget=format_seconds(run.plan.budget_s),
        ),
        CLOCK_WORDS.format(clocks=escape("; ".join(clocks))),
        RATIO_WORDS.format(seed=run.plan.seed),
        *(f"**{direction}**: {words}." for direction, words in DIRECTION_WORDS.items()),
    )
