"""A token mixer: does it keep what it promises of later tokens, and does it say so if no token sees any?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ..spec import Family
from .findings import Finding, Name, fault
from .subject import agree, build, draw, largest_difference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from .places import Place

REMEDY = "hide scores before they are normalised, and take norms and means over no later token"
#: Later tokens hold such numbers: what still reaches an earlier one is seen, whatever its weight.
LARGE = 1e4


def check_later_tokens(home: Place) -> Iterator[Finding]:
    """Change the later tokens, to others and to large ones, and look whether the outputs of earlier ones change."""
    if home.spec.family != Family.MIXER or home.shape[1] == 1:
        return
    module, x = build(home), draw(home)
    with torch.no_grad():
        before: Tensor = module(x)
        changed = []
        for first in range(1, x.shape[1]):
            for others in (draw(home, seed=1), LARGE * draw(home, seed=2)):
                after = module(torch.cat((x[:, :first], others[:, first:]), 1))
                if not agree(after[:, :first], before[:, :first]):
                    by = largest_difference(after[:, :first], before[:, :first])
                    changed.append(f"the outputs before token {first} change by {by:.3g} with later ones")
            if changed:
                break
    if changed and home.spec.causal:
        yield fault(Name.SEES_HIDDEN, f"{changed[0]}, which it promises not to see", REMEDY)
    if not changed and not home.spec.causal:
        words = "no token sees a later one, and nothing says so"
        yield fault(Name.UNSAID, words, "take causal= as an option, and give causal=True where it is described")
