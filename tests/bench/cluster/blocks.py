"""Blocks, and outcomes of their cases, for tests of who measures what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.blocks import Block
from results.records import Complexity, Failed, FailureKind, Measured

from ..fakes import case_of

if TYPE_CHECKING:
    from results.records import Case, Outcome

CPU = frozenset({"cpu"})
GPU = frozenset({"cuda:0"})
BOTH = CPU | GPU


def block(host: str, *, batch: int = 1, device: str = "cpu", implementations: str = "ab") -> Block:
    """Return a block of one network: a case for each letter."""
    cases = (replace(case_of(name, batch=batch), host=host, device=device) for name in implementations)
    return Block(cases=tuple(cases))


def blocks(count: int, *, device: str = "cpu") -> tuple[Block, ...]:
    """Return so many blocks of two cases each, in networks ``h0``, ``h1`` and so on."""
    return tuple(block(f"h{index}", device=device) for index in range(count))


def equal_cost(_: Block) -> float:
    """Return the same for every block."""
    return 1.0


def measured(case: Case) -> Measured:
    """Return a result."""
    return Measured(case=case, result=Complexity(parameters=1, counts=()))


def too_large(case: Case) -> Failed:
    """Return that a case ran out of memory."""
    return Failed(case=case, kind=FailureKind.OUT_OF_MEMORY, error="OutOfMemoryError")


def outcomes(of: Block) -> list[Outcome]:
    """Return a result of each case."""
    return [measured(case) for case in of.cases]
