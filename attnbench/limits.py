"""The table of a run's limits: how much it measures, how long, and what it keeps. No axes: no case has them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bench.errors import UsageError
from suites.option import option, options_of
from suites.parsers import Part, Positive, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """One row a limit; the command line, ``attnbench.run`` and the plan of a run have it from here.

    Raises:
        UsageError: a limit that is no number above 0.

    """

    # The default plan then takes about two and a half minutes on two cores.
    budget_s: float = option("--budget", Positive(), metavar="S", default=1.5, words="Seconds of sampling a case.")
    # This tells implementations apart that differ by 5%, on a machine as noisy as most.
    precision: float = option(
        "--precision",
        Positive(),
        metavar="P",
        default=0.02,
        words="Half-width of the intervals to stop at, of median and ratio.",
    )
    # Longer than compiling a network takes.
    time_limit_s: float = option(
        "--time-limit", Positive(), metavar="S", default=300.0, words="A step of a case that takes longer is a hang."
    )
    checkpoint_steps: int | None = option(
        "--checkpoint-every",
        Whole(lowest=1),
        words="Steps between checkpoints, beside one an epoch.",
        default_words="none",
        suites=("train", "pareto"),
    )
    checkpoint_mb: float | None = option(
        "--checkpoint-mb",
        Positive(),
        metavar="MB",
        words="Write no checkpoint that is larger. It has the weights, and one or two times as much of the optimiser.",
        default_words="of any size",
        suites=("train", "pareto"),
    )

    shard: str | None = option(
        "--shard",
        Part(),
        words="Measure one of N parts of the plan, of about the same length; attnbench merge puts them together.",
        default_words="all of it",
    )

    def __post_init__(self) -> None:
        """Refuse what is no limit."""
        for limit in options_of(type(self)):
            value = getattr(self, limit.name)
            if isinstance(value, float | int) and not (math.isfinite(value) and value > 0):
                name = limit.flag.removeprefix("--").replace("-", " ")
                msg = f"a {name} of {value} is not possible; give a number above 0"
                raise UsageError(msg)


#: All limits, in the order of the table.
LIMITS = options_of(Limits)

#: What ``--quick`` chooses where nothing else is chosen: enough to see that everything works and who is slow.
QUICK: Mapping[str, Any] = MappingProxyType({"budget_s": 0.1, "batch_sizes": (2,), "directions": ("forward", "both")})
QUICK_WORDS = f"A first look: --budget {QUICK['budget_s']}, batch 2, forward and both."
