"""One try of one block on one worker: what a result has to carry, so that a late one is known as such."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from results.records import Block, Skipped


class Lease(NamedTuple):
    """One try of one block on one worker."""

    place: int
    """Of the block in the whole plan, from 0."""
    kind: str
    """Of machine, where each kind measures the whole plan; else empty."""
    attempt: int
    """From 1."""
    worker: str


class GivenUp(NamedTuple):
    """A block whose machine was lost once too often: it is not tried again."""

    lease: Lease
    """The last try."""


class Share(NamedTuple):
    """What there is to do for a lease."""

    block: Block | None
    """What is to be measured; None: nothing has any hope."""
    skipped: tuple[Skipped, ...]
    """The outcomes of those that are not tried, since they would run out of memory."""
