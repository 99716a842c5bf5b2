"""Is the output of an image the same, whatever other images are in the batch?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ..spec import Family
from .findings import Finding, Name, fault
from .origin import Raised, attempt
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
        alone = attempt(_one_by_one, home, x)
    # What does not run alone is found by the check of batch sizes.
    if not isinstance(alone, Raised) and alone.shape == together.shape and not agree(together, alone):
        by = largest_difference(together, alone)
        words = f"in evaluation, the outputs of {len(x)} images differ by {by:.3g} from those of each image alone"
        yield fault(Name.MIXES_IMAGES, words, REMEDY)


def _one_by_one(home: Place, x: Tensor) -> Tensor:
    module = build(home)
    return torch.cat([module(image) for image in x.split(1)])
