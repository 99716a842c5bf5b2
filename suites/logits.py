"""What the suites of a function's numbers have in common: their cases, and the patterns of logits."""

from __future__ import annotations

import dataclasses
from itertools import product
from typing import TYPE_CHECKING

from msgspec.structs import replace

from attn_impls import Origin
from results.records import Direction, Logits, Mode, Subject, Tokens

from .logit_sizes import BRANCHES, CLASSES, TOKENS
from .selection import NO_HOST, Defaults, added, entrants, op_entrants, takes_logits, token_groups

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch
    from torch import Tensor, nn

    from attn_impls import Registry
    from bench.numerics.function import Function
    from bench.numerics.patterns import Pattern
    from results.records import Case

    from .selection import Selection

LENGTHS = (BRANCHES, TOKENS, CLASSES)
#: The narrowest first.
DTYPES = ("float16", "bfloat16", "float32", "float64")
DIRECTIONS = (Direction.FORWARD, Direction.BACKWARD)
#: One row of logits is small work: threads that wait for each other would only slow it down.
THREADS = 1
#: Of an attention alone: batch norm over one value a channel cannot be trained.
BATCH = 2
#: Height and width of its feature map, if not asked otherwise: limits do not depend on it, seconds do.
MAP_SIZE = 16
SEED = 0
INF = float("inf")
#: Queries and keys of attention between tokens, if not asked otherwise.
TOKEN_LENGTHS = (64,)
#: The width of a head of most transformers: logits of attention are products of such vectors over its root.
HEAD = 64


def defaults(registry: Registry, dtypes: Sequence[str]) -> Defaults:
    """Return what is chosen if the user does not choose: all logit functions of ours, and what is added."""
    specs = registry.specs.items()
    functions = (name for name, spec in specs if spec.origin == Origin.OURS and takes_logits(spec))
    return Defaults(implementations=(*functions, *added(registry)), dtypes=tuple(dtypes))


def cases(selection: Selection, registry: Registry, suite: str, dtypes: Sequence[str]) -> list[Case]:
    """Return every logit function at every length, and every attention alone, on its own: no network."""
    directions = [direction for direction in selection.directions if direction in DIRECTIONS]
    chosen = [dtype for dtype in selection.dtypes if dtype in dtypes]
    axes = product(selection.devices, chosen, selection.modes, directions)
    # Found once: a digest of its source belongs to every entrant.
    groups = list(_groups(selection, registry))
    return [
        replace(
            entrant,
            suite=suite,
            dtype=dtype,
            device=device,
            direction=direction,
            mode=mode,
            threads=THREADS if device == "cpu" else None,
        )
        for device, dtype, mode, direction in axes
        for group in groups
        for entrant in group
    ]


def _groups(selection: Selection, registry: Registry) -> Iterator[list[Case]]:
    for length in LENGTHS:
        yield op_entrants(selection, registry, Logits(shape=(1, length), dim=1))
    sized = dataclasses.replace(selection, image_size=selection.image_size or MAP_SIZE)
    yield [replace(case, input=case.input.with_batch(BATCH)) for case in entrants(sized, registry, NO_HOST)]
    short = selection if selection.lengths else dataclasses.replace(selection, tokens=_shortened(selection))
    yield from token_groups(short, registry)


def _shortened(selection: Selection) -> tuple[Tokens, ...]:
    """Return the chosen sizes at lengths at which a case takes a second: a limit of scores depends little on them."""
    return tuple(
        dict.fromkeys(
            replace(each, queries=length, keys=length) for each in selection.tokens for length in TOKEN_LENGTHS
        )
    )


def function(case: Case, registry: Registry, dtype: str) -> Function:
    """Build what the case names in this dtype, as its direction runs it: see Direction."""
    import torch

    from bench.numerics.function import Function, leaves_rows_alone

    from .build import build_module, require_kernels

    backward = case.direction is Direction.BACKWARD
    module = build_module(replace(case, dtype=dtype), registry)
    require_kernels(module, case.device)
    if isinstance(case.input, Tokens):
        from .token_numbers import Packed

        module = Packed(module, case.input)
    found = Function(
        module=module.train(backward),
        dtype=getattr(torch, dtype),
        device=case.device,
        backward=backward,
        rows=case.subject is Subject.OP,
    )
    return dataclasses.replace(found, together=not found.rows or leaves_rows_alone(found, case.shape[-1]))


def twin(judged: Function, case: Case, registry: Registry, dtype: str) -> Function:
    """Build the same in another dtype, uncompiled, with the weights that this one has, as its dtype rounds them."""
    other = function(replace(case, mode=Mode.EAGER), registry, dtype)
    _built(other.module).load_state_dict(_built(judged.module).state_dict())
    return other


def _built(module: nn.Module) -> nn.Module:
    """Return what was built, without what compiles it or gives it its inputs."""
    from .build import Compiled
    from .token_numbers import Packed

    while isinstance(module, Packed | Compiled):
        module = module.module
    return module


def patterns(case: Case) -> tuple[Pattern, ...]:
    """Return the inputs that grow, of the case's size, and those that do not: rows of logits, or feature maps."""
    import torch

    from bench.numerics.patterns import Pattern

    if isinstance(case.input, Tokens):
        from . import token_numbers

        return token_numbers.patterns(case.input)
    generator = torch.Generator().manual_seed(SEED)
    if case.subject is not Subject.OP:
        drawn = torch.randn(case.shape, dtype=torch.float64, generator=generator)
        units = {"feature map": drawn, **_growing(torch.ones_like(drawn)), **_spoilt(torch.zeros_like(drawn))}
        return tuple(Pattern(name=name, unit=unit) for name, unit in units.items())
    length = case.shape[-1]
    drawn = torch.randn(length, dtype=torch.float64, generator=generator)
    keys = torch.randn(length, HEAD, dtype=torch.float64, generator=generator)
    units = {
        **_growing(torch.ones_like(drawn)),
        "Gaussian": drawn,
        # A token that looks for itself: its own logit stands out, by the root of the width.
        "attention": keys @ keys[0] / HEAD**0.5,
        "all -inf": torch.full_like(drawn, -INF),
        **_spoilt(torch.zeros_like(drawn)),
    }
    return tuple(Pattern(name=name, unit=unit) for name, unit in units.items())


def _growing(ones: Tensor) -> dict[str, Tensor]:
    return {
        "one large": _first(1, 0 * ones),
        "all equal": ones,
        "all negative": -ones,
        "one -inf": _first(-INF, ones),
    }


def _spoilt(zeros: Tensor) -> dict[str, Tensor]:
    return {"one +inf": _first(INF, zeros), "one NaN": _first(float("nan"), zeros)}


def _first(value: float, others: Tensor) -> Tensor:
    changed: torch.Tensor = others.clone()
    changed.view(-1)[0] = value
    return changed
