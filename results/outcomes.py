"""What came of a case, and what a run set out to measure."""

from __future__ import annotations

from .blocks import Block  # noqa: TC001 - msgspec reads type hints when the program runs
from .cases import Case  # noqa: TC001
from .kinds import FailureKind  # noqa: TC001
from .learning import Training
from .numerics import Errors, Frontiers
from .record import Record
from .samples import Latency
from .sizes import Complexity, Memory

#: What a case can give: one kind a question. ``reporting.kinds`` says how each becomes a table.
Result = Complexity | Latency | Memory | Frontiers | Errors | Training


class Sampled(Record, frozen=True, kw_only=True):
    """One timing of a case that is not finished."""

    case: Case
    round: int
    seconds: float
    """Per call."""
    calls: int


class Measured(Record, frozen=True, kw_only=True, tag="measured"):
    """A case that gave what its suite asks for."""

    case: Case
    result: Result


class Skipped(Record, frozen=True, kw_only=True, tag="skipped"):
    """A case that was not tried, and why."""

    case: Case
    reason: str


class Failed(Record, frozen=True, kw_only=True, tag="failed"):
    """A case that was tried and failed, and how."""

    case: Case
    kind: FailureKind
    error: str
    """One line: the exception's type and message."""
    traceback: str = ""


Outcome = Measured | Skipped | Failed


class Plan(Record, frozen=True, kw_only=True):
    """What a run set out to measure."""

    suites: tuple[str, ...]
    blocks: tuple[Block, ...]
    """The cases, those together that are compared."""
    budget_s: float
    """Sampling time allowed for one case."""
    precision: float
    seed: int
    time_limit_s: float
    """A step of a case that takes longer is a hang."""
    plugins: tuple[str, ...] = ()
    """Files with implementations of the user's own."""
    data: str | None = None
    """The folder that a user named, in which data sets are looked for first."""
    checkpoint_steps: int | None = None
    """Between two checkpoints of a training; None: an epoch's."""
    checkpoint_bytes: int | None = None
    """The largest checkpoint that is written; None: of any size."""

    @property
    def cases(self) -> tuple[Case, ...]:
        """All cases, in the order of the plan."""
        return tuple(case for block in self.blocks for case in block.cases)
