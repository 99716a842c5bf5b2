"""Does it leave the process as it was, whose other modules are measured too?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ..plugins.importing import deeds_of_import
from ..process import guarded, listening
from ..process.guard import REMEDY
from .findings import Finding, Name, fault, note
from .origin import attempt, module_of
from .subject import build, draw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from ..process import Deed
    from .places import Place

#: A seed that nobody sets: the same one, set again, would not show.
SEED = 7_450_581


def check_process(home: Place) -> Iterator[Finding]:
    """Look at what its import has changed, then build and call it in each mode, backwards too."""
    threads = torch.get_num_threads()
    with listening() as heard:
        # One more than there are: a module that sets the number that is there already changes it elsewhere.
        torch.set_num_threads(threads + 1)
        try:
            for training in (False, True):
                module = build(home, seed=SEED, training=training)
                with guarded(home.spec.name, "a call"):
                    # What it raises is for other checks to find.
                    attempt(_call, module, home)
        finally:
            torch.set_num_threads(threads)
    for deed in dict.fromkeys((*deeds_of_import(module_of(home.spec)), *heard)):
        yield finding_of(deed)


def _call(module: nn.Module, home: Place) -> None:
    if not module.training:
        with torch.inference_mode():
            module(draw(home))
        return
    output = module(draw(home).requires_grad_())
    output.sum().backward()


def finding_of(deed: Deed) -> Finding:
    """Return what a deed is called."""
    name = Name.PROCESS_IN_CALL if deed.doing == "a call" else Name.PROCESS
    return (note if deed.harmless else fault)(name, deed.sentence, REMEDY)
