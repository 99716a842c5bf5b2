"""Attention between tokens over their length: blocks that differ in nothing else, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from results.crossover import Crossover, crossover
from results.records import Tokens

from . import describe
from .block_times import BlockTimes
from .latency_blocks import call_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from results.records import Block, Case, Run
    from results.stats import Ratio


class Length(NamedTuple):
    """What stands for the length where all of it is compared."""

    shared: Case
    """A case of these blocks without its length, and without what is compared."""
    words: str
    """The sizes with N in place of the length: ``1×8×N×64, causal``."""


def length_of(tokens: Tokens) -> int:
    """Return the number of keys, and of queries where there are as many."""
    return tokens.keys


def without_length(case: Case, tokens: Tokens) -> Length:
    """Return what a case has in common with those of other lengths: queries as many as keys, or a fixed number."""
    square = tokens.queries == tokens.keys
    same = replace(tokens, queries=1, keys=1) if square else replace(tokens, keys=tokens.queries)
    sizes = f"{tokens.batch}×{tokens.heads}×{'N' if square else tokens.queries}×{tokens.head_dim}"
    more = (
        *([f"{tokens.kv_heads} key heads"] if tokens.kv_heads != tokens.heads else []),
        *([] if square else ["N keys"]),
        *(["causal"] if tokens.causal else []),
        *([f"window {tokens.window}"] if tokens.window else []),
    )
    shared = replace(case, input=same, implementation="", source="", options=(), slot=None)
    return Length(shared, ", ".join((sizes, *more)))


class OverLength(NamedTuple):
    """The times of attentions at several lengths, in one direction."""

    length: Length
    times: Mapping[int, BlockTimes]
    """By length, the shortest first."""

    @property
    def names(self) -> tuple[str, ...]:
        """The attentions that were timed, the baseline first."""
        cases = (case for each in self.times.values() for case in each.timed)
        return tuple(dict.fromkeys(describe.name(case) for case in cases))

    @property
    def baseline(self) -> str | None:
        """What the others are divided by."""
        found = [each.baseline for each in self.times.values() if each.baseline is not None]
        return describe.name(found[0]) if found else None

    def ratios(self, name: str) -> dict[int, Ratio]:
        """Return the paired ratios of one attention to the baseline, by length."""
        return {
            length: found
            for length, each in self.times.items()
            for case, found in each.ratios.items()
            if found is not None and describe.name(case) == name
        }

    def crossover(self, name: str) -> Crossover:
        """Return from which length on an attention is faster than the baseline."""
        return crossover(self.ratios(name))


def over_length(run: Run) -> tuple[OverLength, ...]:
    """Return the times of attentions between tokens, those of all lengths together, in plan order."""
    together: dict[Length, dict[int, BlockTimes]] = {}
    for block in token_blocks(call_blocks(run)):
        tokens = block.shared.input
        if isinstance(tokens, Tokens):
            length = without_length(block.shared, tokens)
            together.setdefault(length, {})[length_of(tokens)] = BlockTimes(run, block)
    found = (OverLength(length, dict(sorted(times.items()))) for length, times in together.items())
    return tuple(each for each in found if each.names)


def token_blocks(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Return the blocks of attentions between tokens."""
    return tuple(block for block in blocks if isinstance(block.shared.input, Tokens))
