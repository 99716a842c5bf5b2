"""The options of an implementation: what its factory takes beside what its family gives."""

from __future__ import annotations

import difflib
import inspect
import itertools
from inspect import Parameter
from typing import TYPE_CHECKING

from .host import HostSpec
from .spec import Family, Spec, resolve, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Parameters of modules that are nobody's option: a case has its own device and dtype.
NOT_OPTIONS = frozenset({"device", "dtype"})

#: Kinds of defaults -> what fits in their place, and how it is called. A bool is an int to Python: it comes first.
_KINDS: tuple[tuple[type, tuple[type, ...], str], ...] = (
    (bool, (bool,), "true or false"),
    (int, (int,), "a whole number"),
    (float, (int, float), "a number"),
)
#: The same where no annotation says what the default stands for.
_KINDS_UNSAID: tuple[tuple[type, tuple[type, ...], str], ...] = (_KINDS[0], (int, (int, float), "a number"), _KINDS[2])

NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


def arguments(row: Spec | HostSpec) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of what every factory of this kind is given: by position, and by name."""
    if isinstance(row, HostSpec):
        return ("placement",), ("num_classes", "image_size")
    match row.family:
        case Family.NORMALIZER:
            return ("dim",), ()
        case Family.ACTIVATION:
            return (), ()
        case Family.GATE:
            return ("channels",), ("height", "width") if row.sized else ()
        case Family.BRANCH:
            return ("in_channels", "out_channels"), ("kernel_size", "stride", "groups")


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
    positional, named = arguments(spec)
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
            close = difflib.get_close_matches(option, names, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            base = row.name.partition(":")[0]
            msg = f"unknown option {option!r} of {base!r}; {hint}its options: {_listed(names)}"
            raise ValueError(msg)


def _check_values(spec: Spec, factory: object) -> None:
    """Check that an option whose default is a number, or true or false, was given the like.

    A default of 1 is a whole number only where the annotation says so.
    """
    parameters: dict[str, Parameter] = {}
    for parameter in itertools.chain.from_iterable(_signatures(factory)):
        # A class's own stands before that of its base.
        parameters.setdefault(parameter.name, parameter)
    for option, value in spec.options.items():
        default = parameters[option].default if option in parameters else None
        annotation = parameters[option].annotation if option in parameters else None
        if annotation not in {Parameter.empty, type(default), type(default).__name__}:
            # What is wider than its default, such as ``float = 1`` or ``int | None = 1``, says so itself.
            continue
        for kind, fitting, wanted in _KINDS if annotation is not Parameter.empty else _KINDS_UNSAID:
            if isinstance(default, kind):
                if not isinstance(value, fitting) or (isinstance(value, bool) and kind is not bool):
                    base = spec.name.partition(":")[0]
                    msg = f"{option}={text_of(value)}: {base!r} takes {wanted} there, such as {text_of(default)}"
                    raise ValueError(msg)
                break


def known(row: Spec | HostSpec) -> tuple[str, ...] | None:
    """Return the names of the options that a factory takes; None: it takes whatever it is given."""
    factory = resolve(row.factory)
    positional, named = arguments(row)
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
