"""Does a gate that is built for maps of one size refuse others?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from .findings import Finding, Name, fault, note
from .origin import Raised, attempt
from .places import BATCH
from .subject import build

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .places import Place


def check_other_size(home: Place) -> Iterator[Finding]:
    """Give it a map of another size, and one of as many positions in another form."""
    if not home.spec.sized:
        return
    height, width = home.shape[-2:]
    taken: list[str] = []
    for size in ((height - 1, width - 3), (2 * height, width // 2)):
        shape = (BATCH, home.shape[1], *size)
        x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        module = build(home)
        output = attempt(module, x)
        if isinstance(output, Raised):
            continue
        seen = tuple(getattr(output, "shape", ()))
        words = f"built for {height}×{width}, it gives {list(seen)} for {list(shape)}"
        if seen != shape:
            yield fault(Name.OTHER_SIZE, words, "raise a ValueError for a map of another size")
            return
        taken.append(words)
    if taken:
        words = "; ".join(taken)
        yield note(Name.OTHER_SIZE, words, "raise a ValueError for a map of another size, or drop sized=True")
