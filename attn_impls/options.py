"""The options of an implementation: what its factory takes beside what its family gives."""

from __future__ import annotations

import inspect
import itertools
from inspect import Parameter
from typing import TYPE_CHECKING

from .closest import closest
from .spec import Origin, resolve, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .host import HostSpec
    from .spec import Spec

#: Parameters of modules that are nobody's option: a case has its own device and dtype.
NOT_OPTIONS = frozenset({"device", "dtype"})

#: Kinds of options that can be judged -> what fits in their place, and how it is called.
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "bool": ((bool,), "true or false"),
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
}

NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


def check(spec: Spec) -> None:
    """Check the options of a spec, whether its own or given with its name, against its factory's signature.

    Imports the factory, and torch with it.

    Raises:
        ValueError: the factory does not know an option, or lacks one, or has a number where a word was given; the
            message has the names that it knows, or what is wanted.

    """
    check_names(spec)
    factory = resolve(spec.factory)
    _check_values(spec, factory)
    for part in spec.parts.values():
        check(part)
    try:
        signature = inspect.signature(factory)
    except (ValueError, TypeError):
        return
    positional, named = spec.arguments
    try:
        signature.bind(*positional, **dict.fromkeys(named), **spec.options)
    except TypeError as error:
        msg = f"{spec.name!r} cannot be built: {error}; its options: {_listed(known(spec) or ())}"
        raise ValueError(msg) from None


def check_names(row: Spec | HostSpec) -> None:
    """Check that the factory knows every option.

    Raises:
        ValueError: it does not know one; the message has the closest that it knows, and all.

    """
    names = known(row)
    if names is None:
        return
    for option in row.options:
        if option not in names:
            close = closest(option, names)
            hint = "" if close is None else f"did you mean {close!r}? "
            base = row.name.partition(":")[0]
            msg = f"unknown option {option!r} of {base!r}; {hint}its options: {_listed(names)}"
            raise ValueError(msg)


def _check_values(spec: Spec, factory: object) -> None:
    """Check that what takes a number, or true or false, is given the like."""
    parameters: dict[str, Parameter] = {}
    for parameter in itertools.chain.from_iterable(_signatures(factory)):
        # A class's own stands before that of its base.
        parameters.setdefault(parameter.name, parameter)
    for option, value in spec.options.items():
        if option not in parameters:
            continue
        fitting, wanted = _KINDS.get(_kind(parameters[option]), ((object,), ""))
        # A bool is an int to Python.
        if not isinstance(value, fitting) or (isinstance(value, bool) and not {bool, object}.intersection(fitting)):
            base, default = spec.name.partition(":")[0], parameters[option].default
            example = "" if default is Parameter.empty else f", such as {text_of(default)}"
            msg = f"{option}={text_of(value)}: {base!r} takes {wanted} there{example}"
            raise ValueError(msg)
        if spec.origin == Origin.OURS and _is_size(parameters[option]) and isinstance(value, int) and value < 1:
            msg = f"{option}={value}: {spec.name.partition(':')[0]!r} takes a whole number from 1 there"
            raise ValueError(msg)


def _is_size(parameter: Parameter) -> bool:
    """Return whether an option of ours counts something, of which there is at least one: its default does."""
    return _kind(parameter) == "int" and isinstance(parameter.default, int) and parameter.default > 0


def _kind(parameter: Parameter) -> str:
    """Return the name of the type that a parameter is said to have, or of its default: 1 may stand for any number."""
    if parameter.annotation is not Parameter.empty:
        return str(getattr(parameter.annotation, "__name__", parameter.annotation))
    kind = type(parameter.default).__name__
    return "float" if kind == "int" else kind


def known(row: Spec | HostSpec) -> tuple[str, ...] | None:
    """Return the names of the options that a factory takes; None: it takes whatever it is given."""
    factory = resolve(row.factory)
    positional, named = row.arguments
    taken = {*named, *NOT_OPTIONS}
    names: list[str] = []
    for parameters in _signatures(factory):
        taken |= {p.name for p in _by_position(parameters)[: len(positional)]}
        names += [p.name for p in parameters if p.kind in NAMED and p.name not in {*taken, *names}]
        rest = [p for p in parameters if p.kind is Parameter.VAR_KEYWORD]
        # ``**_`` is how a signature says that it throws the rest away: an option there would be without effect.
        if not rest or rest[0].name.startswith("_"):
            return tuple(names)
    return None


def _signatures(factory: object) -> Iterable[list[Parameter]]:
    """Return the parameters of a function, or of a class and of those bases to which it may hand on its ``**``.

    The last one that takes anything decides: a class straight above ``nn.Module`` takes what it wants.
    """
    assert callable(factory)  # noqa: S101 - a factory is
    if not isinstance(factory, type):
        try:
            yield list(inspect.signature(factory).parameters.values())
        except (ValueError, TypeError):
            # Written in C: nothing is known of it.
            return
        return
    from torch import nn

    first = True
    for base in factory.__mro__:
        if base in (nn.Module, object):
            if first:
                # Neither of them takes a keyword, whatever its signature says.
                yield []
            return
        if "__init__" in vars(base):
            first = False
            yield list(inspect.signature(vars(base)["__init__"]).parameters.values())[1:]


def _by_position(parameters: Iterable[Parameter]) -> list[Parameter]:
    return [p for p in parameters if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
