"""The one-decorator way to describe an implementation of one's own."""

from __future__ import annotations

import inspect
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from .spec import Family, Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import nn

    from .spec import Option

FactoryT = TypeVar("FactoryT", bound="Callable[..., nn.Module]")

#: Where a decorator leaves its specs on the class; the plug-in loader looks for this attribute.
SPECS_ATTRIBUTE = "__attnbench_specs__"
#: Where it leaves them in the module that calls it, if the class is from elsewhere: a library's class is described by
#: whoever decorates it, and by nobody else who imports it.
DESCRIBED = "__attnbench_described__"


def _decorator(
    family: Family,
    name: str,
    paper: str,
    options: Mapping[str, Option],
    *,
    sized: bool = False,
    sums_to_one: bool = True,
) -> Callable[[FactoryT], FactoryT]:
    if callable(name):
        msg = f"write @{family}('my_name'), with a name in brackets"
        raise TypeError(msg)

    def attach(factory: FactoryT) -> FactoryT:
        summary = (factory.__doc__ or "").strip().partition("\n")[0]
        spec = Spec(
            name=name,
            family=family,
            summary=summary,
            paper=paper,
            factory=factory,
            options=options,
            sized=sized,
            sums_to_one=sums_to_one,
        )
        frame = inspect.currentframe()
        caller = frame.f_back if frame is not None else None
        _keep(spec, factory, {} if caller is None else caller.f_globals)
        return factory

    return attach


def _keep(spec: Spec, factory: Callable[..., nn.Module], namespace: dict[str, Any]) -> None:
    """Leave a spec where the plug-in loader finds it: on the class, or in the module that describes it."""
    if getattr(factory, "__module__", None) != namespace.get("__name__"):
        namespace.setdefault(DESCRIBED, []).append(spec)
    # Read from __dict__, so that a subclass does not inherit the name of its base.
    earlier: tuple[Spec, ...] = getattr(factory, "__dict__", {}).get(SPECS_ATTRIBUTE, ())
    # What is written in C takes no attributes.
    with suppress(AttributeError, TypeError):
        setattr(factory, SPECS_ATTRIBUTE, (*earlier, spec))


def normalizer(
    name: str, *, paper: str = "", sums_to_one: bool = True, **options: Option
) -> Callable[[FactoryT], FactoryT]:
    """Describe a normaliser class, ``Class(dim, **options)``; the summary is its docstring's first line.

    One whose weights may sum to less than 1 says so with ``sums_to_one=False``.
    """
    return _decorator(Family.NORMALIZER, name, paper, options, sums_to_one=sums_to_one)


def activation(name: str, *, paper: str = "", **options: Option) -> Callable[[FactoryT], FactoryT]:
    """Describe an activation class, ``Class(**options)``; the summary is its docstring's first line."""
    return _decorator(Family.ACTIVATION, name, paper, options)


def gate(name: str, *, paper: str = "", sized: bool = False, **options: Option) -> Callable[[FactoryT], FactoryT]:
    """Describe a gate class, ``Class(channels, **options)``; the summary is its docstring's first line.

    A ``sized`` one is built for maps of one size: ``Class(channels, height=, width=, **options)``.
    """
    return _decorator(Family.GATE, name, paper, options, sized=sized)


def branch(name: str, *, paper: str = "", **options: Option) -> Callable[[FactoryT], FactoryT]:
    """Describe a branch class (see Family.BRANCH); the summary is its docstring's first line."""
    return _decorator(Family.BRANCH, name, paper, options)


def attention(name: str, *, paper: str = "", **options: Option) -> Callable[[FactoryT], FactoryT]:
    """Describe an attention between tokens (see Family.ATTENTION); the summary is its docstring's first line.

    ``causal=True``, ``window=N``, ``prefix=N`` and ``document=N`` are options of the class, and promises: which keys a
    query sees.
    """
    return _decorator(Family.ATTENTION, name, paper, options)


def mixer(name: str, *, paper: str = "", sized: bool = False, **options: Option) -> Callable[[FactoryT], FactoryT]:
    """Describe a token mixer (see Family.MIXER); the summary is its docstring's first line.

    A ``sized`` one is built for grids of one size: ``Class(dim, heads=, height=, width=, **options)``.
    """
    return _decorator(Family.MIXER, name, paper, options, sized=sized)
