"""What came of a case, and what a run set out to measure."""

from __future__ import annotations

from msgspec.structs import replace

from .blocks import Block  # noqa: TC001 - msgspec reads type hints when the program runs
from .cases import Case  # noqa: TC001
from .kinds import FailureKind  # noqa: TC001
from .learning import Training
from .numerics import Errors, Frontiers
from .ranges import Duration, Integer, Line, Seconds, Share, Size, SuiteName, Text, Whole  # noqa: TC001
from .record import Record
from .samples import Latency
from .shards import Shard  # noqa: TC001
from .sizes import Complexity, Memory
from .text import excerpt, message

#: What a case can give: one kind a question. ``reporting.kinds`` says how each becomes a table.
Result = Complexity | Latency | Memory | Frontiers | Errors | Training


class Sampled(Record, frozen=True, kw_only=True):
    """One timing of a case that is not finished."""

    case: Case
    round: Whole
    seconds: Seconds
    """Per call."""
    calls: Size


class Measured(Record, frozen=True, kw_only=True, tag="measured"):
    """A case that gave what its suite asks for."""

    case: Case
    result: Result


class Skipped(Record, frozen=True, kw_only=True, tag="skipped"):
    """A case that was not tried, and why."""

    case: Case
    reason: Line


class Failed(Record, frozen=True, kw_only=True, tag="failed"):
    """A case that was tried and failed, and how."""

    case: Case
    kind: FailureKind
    error: Line
    """One line: the exception's type and message."""
    traceback: Text = ""


Outcome = Measured | Skipped | Failed


def with_short_words(outcome: Outcome) -> Outcome:
    """Return the outcome with messages cut to what a record keeps: a module's own may have megabytes."""
    match outcome:
        case Measured():
            return outcome
        case Skipped():
            return replace(outcome, reason=message(outcome.reason))
        case Failed():
            return replace(outcome, error=message(outcome.error), traceback=excerpt(outcome.traceback))


class Plan(Record, frozen=True, kw_only=True):
    """What a run set out to measure."""

    suites: tuple[SuiteName, ...]
    blocks: tuple[Block, ...]
    """The cases, those together that are compared."""
    budget_s: Duration
    """Sampling time allowed for one case."""
    precision: Share
    seed: Integer
    time_limit_s: Duration
    """A step of a case that takes longer is a hang."""
    plugins: tuple[Line, ...] = ()
    """Files with implementations of the user's own."""
    data: Line | None = None
    """The folder that a user named, in which data sets are looked for first."""
    checkpoint_steps: Size | None = None
    """Between two checkpoints of a training; None: an epoch's."""
    checkpoint_bytes: Whole | None = None
    """The largest checkpoint that is written; None: of any size."""
    shard: Shard | None = None
    """Which part of a larger plan this is; None: all of it."""

    @property
    def cases(self) -> tuple[Case, ...]:
        """All cases, in the order of the plan."""
        return tuple(case for block in self.blocks for case in block.cases)
