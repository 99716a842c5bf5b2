"""How far from exact is it: errors against the same function in float64, over the scale of its inputs?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from results.records import Subject, Tokens

from . import logits

if TYPE_CHECKING:
    from attn_impls import Registry
    from bench.numerics.errors import Compared
    from results.records import Case

    from .selection import Defaults, Selection

NAME = "accuracy"
#: What the others are compared with.
EXACT = "float64"
DTYPES = tuple(dtype for dtype in logits.DTYPES if dtype != EXACT)
#: Standard deviations of the inputs: five of the last are still below the largest number of float16.
SCALES = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0)
#: Of the scores of attention between tokens. Five of 500 are 2,500, as trained networks have them.
TOKEN_SCALES = (0.01, 1.0, 10.0, 100.0, 500.0, 2500.0)
#: Rows of logits at each scale: 128 of the shortest are 256 elements.
ROWS = 128


def defaults(registry: Registry) -> Defaults:
    """Return all logit functions and all dtypes that can be compared."""
    return logits.defaults(registry, DTYPES)


def cases(selection: Selection, registry: Registry) -> list[Case]:
    """Return one case an implementation, dtype, direction and length; it holds all scales. None for float64."""
    return logits.cases(selection, registry, NAME, DTYPES)


def prepare(case: Case, registry: Registry) -> Compared:
    """Build the function in its dtype and in float64, and seeded inputs."""
    import torch

    from bench.numerics.errors import Compared

    function = logits.function(case, registry, case.dtype)
    exact = logits.twin(function, case, registry, EXACT)
    if isinstance(case.input, Tokens):
        from .token_numbers import scaled

        grown = scaled(case.input)
        return Compared(function=function, exact=exact, unit=grown.unit[None], moving=grown.moving, scales=TOKEN_SCALES)
    # One feature map has as many elements as many rows of logits.
    shape = (ROWS, *case.shape[1:]) if case.subject is Subject.OP else (1, *case.shape)
    drawn = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(logits.SEED))
    return Compared(function=function, exact=exact, unit=drawn, scales=SCALES)
