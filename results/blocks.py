"""What is compared with what: the cases that are measured in the same rounds, and by which of them others are divided.

The one place that knows. Plans, the sampler, reports and the display ask a block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta
from msgspec.structs import replace

from .cases import PLAIN, Case
from .inputs import Batches, TrainingSet
from .kinds import Mode, Part, Subject
from .ranges import Whole  # noqa: TC001 - msgspec reads type hints when the program runs
from .record import Record
from .sequences import Sequences
from .tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

#: What logit functions are compared with, there being no network to leave them out of.
OP_BASELINE = "softmax"


class Block(Record, frozen=True, kw_only=True):
    """Cases that differ in nothing but what is compared: implementations, their slots, and eager against compiled.

    Of epochs the parts of a step are compared too. The cases are sampled in the same rounds and stand in one table.
    """

    cases: Annotated[tuple[Case, ...], Meta(min_length=1)]
    baseline: Whole | None = None
    """Which of the cases the others are divided by: the plain network, PyTorch's softmax, PyTorch's attention between
    tokens, multi-head attention, the first of several attentions alone. None where there is nothing to compare with."""
    copy: Whole | None = None
    """Which of the cases is the copy that logit functions are held against."""

    def __post_init__(self) -> None:
        """Refuse a baseline or a copy that is none of the cases (ValueError)."""
        for field, index in (("baseline", self.baseline), ("copy", self.copy)):
            if index is not None and index >= len(self.cases):
                msg = f"{field}: {index} is none of {len(self.cases)} cases"
                raise ValueError(msg)

    @property
    def shared(self) -> Case:
        """Any of the cases, for what all of them have in common."""
        return self.cases[0]

    def baseline_among(self, usable: Callable[[Case], bool]) -> Case | None:
        """Return the case that the others are divided by.

        Args:
            usable: whether a case has figures, or may still get some. Attentions alone have no other reason for their
                baseline: where it has failed, the next one takes its place.

        """
        if self.baseline is None:
            return None
        if self.shared.subject is not Subject.MODULE:
            return self.cases[self.baseline]
        found = [case for case in self.cases if usable(case)]
        return found[0] if len(found) > 1 else None

    @property
    def copied(self) -> Case | None:
        """The copy."""
        return None if self.copy is None else self.cases[self.copy]

    def references(self, left: Collection[Case]) -> frozenset[Case]:
        """Return the cases that others are compared with, so that they are sampled to the end of the block.

        Args:
            left: the cases of the block that can still be sampled.

        """
        baseline = self.baseline_among(left.__contains__)
        parts = () if baseline is None else (case for case in left if replace(case, input=baseline.input) == baseline)
        return frozenset(case for case in (baseline, self.copied, *parts) if case is not None and case in left)

    def divisor_of(self, case: Case, usable: Callable[[Case], bool]) -> Case | None:
        """Return the case that one of the block is divided by: the baseline, in the same part of a step.

        Args:
            case: of the block.
            usable: as for ``baseline_among``.

        """
        baseline = self.baseline_among(usable)
        if baseline is None or baseline.input == case.input:
            return baseline
        part = replace(baseline, input=case.input)
        return part if part in self.cases else None

    def only(self, wanted: Iterable[Case]) -> Block:
        """Return the block with some of its cases, in the order given; what is compared stays so."""
        cases = tuple(wanted)
        baseline = None if self.baseline is None else self.cases[self.baseline]
        alone = self.shared.subject is Subject.MODULE
        return Block(
            cases=cases,
            baseline=(0 if len(cases) > 1 and baseline is not None else None) if alone else _place(baseline, cases),
            copy=_place(self.copied, cases),
        )

    def with_cases(self, changed: Callable[[Case], Case]) -> Block:
        """Return the block with each of its cases changed, as after an edit of its source."""
        return replace(self, cases=tuple(map(changed, self.cases)))


def blocks_of(cases: Iterable[Case]) -> tuple[Block, ...]:
    """Put cases together that are compared, in the order in which their blocks begin."""
    together: dict[Case, list[Case]] = {}
    for case in cases:
        together.setdefault(compared_in(case), []).append(case)
    return tuple(_block(tuple(found)) for found in together.values())


def compared_in(case: Case) -> Case:
    """Return the case without what is compared: equal for the cases of one block, and of no other."""
    shared = replace(case, implementation="", source="", options=(), slot=None, mode=Mode.EAGER)
    if isinstance(case.input, Batches):
        # What loading costs is found by comparing the parts of a step.
        return replace(shared, input=replace(case.input, part=Part.BOTH))
    if isinstance(case.input, TrainingSet):
        # The spread over the seeds is what networks are compared by.
        return replace(shared, input=replace(case.input, seed=0))
    return shared


def _block(cases: tuple[Case, ...]) -> Block:
    return Block(cases=cases, baseline=_baseline(cases), copy=_first(cases, lambda case: case.is_copy))


def _baseline(cases: tuple[Case, ...]) -> int | None:
    subject = cases[0].subject
    if subject is Subject.MODULE and len(cases) > 1:
        return 0
    works_on = cases[0].input
    own = works_on.baseline if isinstance(works_on, Tokens | Sequences) else PLAIN
    name = OP_BASELINE if subject is Subject.OP else own
    return _first(cases, lambda case: case.implementation == name and case.mode is Mode.EAGER)


def _first(cases: tuple[Case, ...], wanted: Callable[[Case], bool]) -> int | None:
    return next((index for index, case in enumerate(cases) if wanted(case)), None)


def _place(case: Case | None, cases: tuple[Case, ...]) -> int | None:
    return cases.index(case) if case is not None and case in cases else None
