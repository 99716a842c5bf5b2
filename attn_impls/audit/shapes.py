"""Does it run where its family promises, and does it give what the family's contract says?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..spec import Family, Origin
from .as_built import uninitialized
from .findings import Finding, Name, fault, note
from .layouts import wrapper_for
from .origin import Raised, attempt
from .places import homes, neighbours
from .subject import as_built, build, draw, evaluate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from ..spec import Spec
    from .places import Place

REMEDIES = {
    Name.MAP_SIZE: "make it work for every height and width; if it cannot, take height= and width= and describe it "
    "with sized=True",
    Name.BATCH_SIZE: "make it work for every number of images",
    Name.SITE: "make it work there, or raise a ValueError that says why when it is built",
    Name.SHAPE: "make it work for every shape and dimension",
    Name.HEADS: "make it work there, or raise a ValueError that says why when it is built",
    Name.LENGTH: "make it work for every number of queries, and of as many keys or more",
    Name.OUTPUT_SHAPE: "return one tensor of the shape that its family promises",
    Name.OUTPUT_DTYPE: "return the input's dtype",
    Name.OUTPUT_DEVICE: "return a tensor on the input's device",
    Name.OUTPUT_NOT_FINITE: "guard the division, root, logarithm or variance that has nothing to work on there",
    Name.WEIGHTS: "divide by the sum along dim; if the weights are meant to sum to less, say so with sums_to_one=False",
}
#: What an implementation raises when it is built for a place that it is not made for; torch's own layers assert.
REFUSALS = (ValueError, AssertionError, NotImplementedError)
#: What torch and its users raise for shapes that do not fit: with other ones they may.
OF_SHAPES = (RuntimeError, IndexError, *REFUSALS)
#: A sum of weights may be off by so many roundings.
ROUNDINGS = 16


def find_home(spec: Spec) -> Place | Finding:
    """Return the first ordinary place where the implementation runs and gives numbers, or why there is none."""
    found: list[Finding] = []
    for place in homes(spec):
        module = attempt(build, place)
        if isinstance(module, Raised):
            if not isinstance(module.error, REFUSALS):
                return _unbuilt(spec, module)
            found.append(_unbuilt(spec, module))
            continue
        names = uninitialized(place)
        if names:
            words = f"{', '.join(names)} hold whatever was in memory before"
            return fault(Name.UNINITIALIZED, words, "give every parameter and buffer its values when it is built")
        before = _names_of(module)
        # In inference mode, as forward passes are timed; whether it needs another mode is asked later.
        output: object = attempt(evaluate, module, draw(place))
        output = attempt(build(place), draw(place)) if isinstance(output, Raised) else output
        if isinstance(output, Raised):
            words = f"{output.words(spec)}, for {place}"
            # Asked once: the first place is the one that is reported.
            wrapped = None if any(each.name == Name.FORWARD for each in found) else wrapper_for(module, place)
            found.append(fault(Name.FORWARD, words, wrapped or f"make it run for {place}"))
            if not isinstance(output.error, OF_SHAPES):
                return found[0]
        elif isinstance(output, Tensor) and _is_broken(output):
            words = f"{_share_not_finite(output)} for {place}"
            found.append(fault(Name.OUTPUT_NOT_FINITE, words, REMEDIES[Name.OUTPUT_NOT_FINITE]))
        else:
            return replace(place, settles=not _names_of(module) <= before)
    return found[0]


def _is_broken(output: Tensor) -> bool:
    return not bool(output.isfinite().all())


def _names_of(module: nn.Module) -> frozenset[str]:
    return frozenset(name for name, _ in (*module.named_parameters(), *module.named_buffers()))


def _unbuilt(spec: Spec, raised: Raised) -> Finding:
    positional, named = spec.arguments
    if isinstance(raised.error, ModuleNotFoundError) and spec.origin == Origin.OURS:
        # What comes with attnbench may need an extra; a plug-in that imports what is not there is broken.
        return note(Name.NOT_INSTALLED, raised.words(spec), "install what is missing, or leave it out")
    missing = raised.error.name if isinstance(raised.error, ModuleNotFoundError) else None
    if missing:
        return fault(Name.BUILD, raised.words(spec), f"install {missing.partition('.')[0]}")
    given = ", ".join((*positional, *(f"{name}=" for name in (*named, *spec.options))))
    return fault(Name.BUILD, raised.words(spec), f"make it build as every {spec.family} is, with ({given})")


def check_first_call(home: Place) -> Iterator[Finding]:
    """Name what exists only after the first call; it was found when home was."""
    if not home.settles:
        return
    before = _names_of(as_built(replace(home, settles=False)))
    made = [name for name in sorted(_names_of(as_built(home))) if name not in before]
    words = f"{', '.join(made)} exist only after a call; they are counted, and their gradients timed"
    yield note(Name.FIRST_CALL, words, "make them when the module is built: an optimiser or state_dict misses them")


def _refuses(raised: Raised, name: Name, home: Place) -> bool:
    """Return whether an implementation says in words that it is not made for a place: when it is built there."""
    may = name in {Name.SITE, Name.HEADS} or (name == Name.MAP_SIZE and home.spec.sized)
    return may and isinstance(raised.error, REFUSALS)


def check_contract(home: Place) -> Iterator[Finding]:
    """Run it at home and in every place that differs from home in one thing."""
    failures: dict[Name, list[str]] = {}
    refusals: list[str] = []
    places: list[tuple[Name, Place]] = [(Name.FORWARD, home), *neighbours(home)]
    for name, place in places:
        module = attempt(build, place)
        if isinstance(module, Raised) and _refuses(module, name, home):
            refusals.append(f"{place}: {module.words(home.spec)}")
            continue
        with torch.no_grad():
            output = module if isinstance(module, Raised) else attempt(module, draw(place))
        if isinstance(output, Raised):
            failures.setdefault(name, []).append(f"{output.words(home.spec)}, for {place}")
            continue
        for found, seen in against_contract(output, place):
            # A shape that is right at home is no matter of what is returned, but of where.
            broken = name if found == Name.OUTPUT_SHAPE and found not in failures else found
            broken = found if place is home else broken
            failures.setdefault(broken, []).append(f"{seen} for {place}")
    for name, seen_at in failures.items():
        yield fault(name, _listed(seen_at, len(places)), REMEDIES[name])
    if refusals:
        yield note(Name.REFUSES, _listed(refusals, len(places)), "measure it where it can be built")


def against_contract(output: object, place: Place) -> Iterator[tuple[Name, str]]:
    """Give what of an output goes against the contract, and what was seen."""
    if not isinstance(output, Tensor):
        yield Name.OUTPUT_SHAPE, f"a {type(output).__name__} in place of a tensor"
        return
    if tuple(output.shape) != place.expected:
        yield Name.OUTPUT_SHAPE, f"{list(output.shape)} in place of {list(place.expected)}"
    if output.dtype != torch.float32:
        yield Name.OUTPUT_DTYPE, f"{output.dtype} in place of torch.float32"
    if output.device.type != "cpu":
        yield Name.OUTPUT_DEVICE, f"{output.device} in place of cpu"
    if not bool(output.isfinite().all()):
        yield Name.OUTPUT_NOT_FINITE, _share_not_finite(output)
    elif place.spec.family == Family.NORMALIZER and isinstance(place.at, int):
        yield from _against_weights(output, place.spec, place.at)


def _against_weights(output: Tensor, spec: Spec, dim: int) -> Iterator[tuple[Name, str]]:
    tolerance = ROUNDINGS * torch.finfo(output.dtype).eps
    least, sums = float(output.min()), output.sum(dim)
    if least < -tolerance:
        yield Name.WEIGHTS, f"a weight of {least:.3g}"
    largest, smallest = float(sums.max()), float(sums.min())
    if largest > 1 + tolerance or (smallest < 1 - tolerance and spec.sums_to_one):
        yield Name.WEIGHTS, f"sums from {smallest:.6g} to {largest:.6g}"


def _share_not_finite(output: Tensor) -> str:
    bad = int((~output.isfinite()).sum())
    return f"{bad} of {output.numel()} numbers are {'NaN' if bool(output.isnan().any()) else 'infinite'}"


def _listed(seen: list[str], tried: int) -> str:
    if len(seen) == 1:
        return seen[0]
    return f"{'; '.join(seen[:3])}{'; …' if len(seen) > 3 else ''} ({len(seen)} of {tried} places)"  # noqa: PLR2004
