"""Is the output of an image the same, whatever other images are in the batch?"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import torch

from ..site import Heads, TokenSite
from ..spec import Family
from .findings import Finding, Name, fault
from .origin import Raised, attempt
from .places import with_batch
from .subject import agree, build, draw, largest_difference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from .places import Place

REMEDY = "name the dimension of every softmax, norm and sum, and let no reshape mix dimension 0 with others"


def check_images(home: Place) -> Iterator[Finding]:
    """Give it a batch, then each image of it alone, in evaluation."""
    if home.spec.family == Family.NORMALIZER:
        # It may well work along the first dimension.
        return
    x = draw(home)
    with torch.no_grad():
        together = build(home)(x)
        alone = attempt(_sequences if isinstance(home.at, Heads) else _one_by_one, home, x)
    # What does not run alone is found by the check of batch sizes.
    if not isinstance(alone, Raised) and alone.shape == together.shape and not agree(together, alone):
        by = largest_difference(together, alone)
        what = "sequence" if isinstance(home.at, Heads | TokenSite) else "image"
        count = len(together)
        words = f"in evaluation, the outputs of {count} {what}s differ by {by:.3g} from those of each {what} alone"
        yield fault(Name.MIXES_IMAGES, words, REMEDY)


def _one_by_one(home: Place, x: Tensor) -> Tensor:
    module = build(home)
    return torch.cat([module(image) for image in x.split(1)])


def _sequences(home: Place, x: Tensor) -> Tensor:
    """Return the outputs of each sequence's queries, keys and values alone."""
    module = build(with_batch(home, 1))
    pieces = x.split([prod(part) for part in home.parts])
    rows = zip(*(piece.view(part) for piece, part in zip(pieces, home.parts, strict=True)), strict=True)
    return torch.cat([module(torch.cat([part.flatten() for part in row])) for row in rows])
