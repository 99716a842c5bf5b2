"""Do a state dict, a deep copy and a pickle carry everything?"""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from .findings import Finding, Name, Severity, fault
from .origin import Raised, attempt
from .subject import build, draw, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import nn

    from .places import Place

REMEDIES = {
    Name.STATE_DICT: "keep what the output depends on in parameters and persistent buffers, made alike every time",
    Name.DEEPCOPY: "keep no generators, locks or tensors of the graph in attributes",
    Name.PICKLE: "nothing here needs it; elsewhere save the state_dict, or use functions and classes of a module's top "
    "level",
}


def check_state_dict(home: Place) -> Iterator[Finding]:
    """Load the state into a newly built module with other weights."""

    def loaded(module: nn.Module) -> nn.Module:
        other = build(home, seed=1)
        other.load_state_dict(module.state_dict())
        return other

    yield from _compare(home, Name.STATE_DICT, loaded)


def check_copies(home: Place) -> Iterator[Finding]:
    """Copy and pickle it."""
    yield from _compare(home, Name.DEEPCOPY, copy.deepcopy)
    # No measurement pickles modules, and torch refuses to pickle its own parametrised ones.
    # What was pickled a line above is no danger.
    pickled = _compare(home, Name.PICKLE, lambda module: pickle.loads(pickle.dumps(module)))  # noqa: S301
    yield from (replace(finding, severity=Severity.NOTE) for finding in pickled)


def _compare(home: Place, name: Name, copied: Callable[[nn.Module], nn.Module]) -> Iterator[Finding]:
    module = build(home)
    with torch.no_grad():
        expected = module(draw(home))
        output = attempt(lambda: copied(module)(draw(home)))
    if isinstance(output, Raised):
        yield fault(name, output.words(home.spec), REMEDIES[name])
    elif not same(output, expected):
        yield fault(name, "the copy's output differs", REMEDIES[name])
