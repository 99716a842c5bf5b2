"""Does it take maps in channels_last, and give them back so?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..casting import in_channels_last
from ..spec import Family
from .findings import Finding, Name, fault, note
from .origin import Raised, attempt
from .subject import agree, build, draw, largest_difference, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .places import Place

REMEDY = "use flatten and reshape in place of view, and name dimensions, not their order in memory"


def check_channels_last(home: Place) -> Iterator[Finding]:
    """Run module and input in channels_last and compare with contiguous ones."""
    if home.spec.family in {Family.NORMALIZER, Family.ATTENTION, Family.MIXER}:
        return
    with torch.no_grad():
        plain = run(home)
        output = attempt(_channels_last, home)
    if isinstance(output, Raised):
        yield fault(Name.CHANNELS_LAST, f"{output.words(home.spec)}, for channels_last input", REMEDY)
    elif not agree(output, plain):
        words = f"the output differs by {largest_difference(output, plain):.3g} from that for contiguous input"
        yield fault(Name.CHANNELS_LAST, words, REMEDY)
    elif output.shape == home.shape and not output.is_contiguous(memory_format=torch.channels_last):
        yield note(
            Name.CHANNELS_LAST_LOST,
            "the output for channels_last input is not channels_last: the next layer converts it",
            "avoid view, reshape and flatten of whole maps, or end with .contiguous(memory_format=...)",
        )


def _channels_last(home: Place) -> Tensor:
    module = in_channels_last(build(home))
    return module(draw(home).to(memory_format=torch.channels_last))
