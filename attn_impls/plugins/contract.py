"""Whether what is described can be built as its family is; nothing is built, and no message is more than a line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from enum import StrEnum
from inspect import Parameter
from typing import TYPE_CHECKING

from ..one_line import one_line
from ..options import check_names
from ..spec import Family, Option, resolve
from .errors import ContractError
from .wrapper import wrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .described import Row

#: No colon, comma or white space, which belong to options; no ``*?[]``, which belong to patterns.
NAME = re.compile(r"[\w./+-]+")


def check(row: Row) -> None:
    """Check a row as far as that is possible without building it.

    Raises:
        ValueError: the row is not what it must be, or has an option that its factory does not know.

    """
    _check_fields(row)
    if NAME.fullmatch(row.name) is None:
        msg = f"the name {row.name!r} cannot be given on a command line; use letters, digits and _./+- alone"
        raise ContractError(msg)
    _check_kind(row)
    factory = _resolved(row)
    _check_options(row, factory)
    if isinstance(factory, type):
        from torch import nn

        if not issubclass(factory, nn.Module):
            msg = f"{row.name!r}: {factory.__name__} is not a torch.nn.Module; derive it from one"
            raise ContractError(msg)
    check_names(row)
    _check_call(row, factory)


def _check_options(row: Row, factory: object) -> None:
    """Check that every option can stand behind a name."""
    options: Mapping[str, object] = row.options
    for option, value in options.items():
        if isinstance(value, Option):
            continue
        remedy = "give a number, a word, True or False"
        if isinstance(value, list | tuple | dict) and callable(factory) and (taken := _signature(factory)) is not None:
            function = wrapper(row, factory, list(taken.parameters.values()))
            remedy += f", or describe a function in its place: {function}"
        msg = f"{row.name!r}: the option {option!r} is {value!r}; {remedy}"
        raise ContractError(msg)


def _check_fields(row: Row) -> None:
    """Check what a type checker would have found; a plug-in has seldom met one."""
    kinds = {"name": str, "summary": str, "paper": str, "options": Mapping}
    kinds |= {"slots": Mapping, "occupants": Mapping} if row.attnbench_row == "host" else {}
    words = {str: "text", Mapping: "a dictionary"}
    for field, kind in kinds.items():
        value = getattr(row, field)
        if not isinstance(value, kind):
            msg = f"{row.name!r}: {field}= is {value!r}; give {words[kind]}"
            raise ContractError(msg)


def _check_kind(row: Row) -> None:
    families: Iterable[object] = row.slots.values() if row.attnbench_row == "host" else (row.family,)
    for family in families:
        # A member of ours or of another version's; the bare text of one has none of its attributes.
        if not (isinstance(family, StrEnum) and family in tuple(Family)):
            msg = f"{row.name!r}: {family!r} is no family; use one of attn_impls.Family: {', '.join(Family)}"
            raise ContractError(msg)


def _resolved(row: Row) -> object:
    try:
        factory: object = resolve(row.factory)
    except (Exception, SystemExit) as error:
        text = one_line(error)
        msg = f"{row.name!r}: the factory {row.factory!r} is not there: {text}; write 'package.module:Class'"
        raise ContractError(msg) from error
    if not callable(factory):
        msg = f"{row.name!r}: the factory {row.factory!r} cannot be called; give a class"
        raise ContractError(msg)
    return factory


def _check_call(row: Row, factory: object) -> None:
    """Check that the factory's signature takes what its family gives."""
    assert callable(factory)  # noqa: S101 - checked above
    signature = _signature(factory)
    if signature is None:
        return
    positional, named = row.arguments
    try:
        signature.bind(*positional, **dict.fromkeys(named), **row.options)
    except TypeError as error:
        kind = "backbone" if row.attnbench_row == "host" else row.family.value
        given = ", ".join((*positional, *(f"{name}=" for name in named), *(f"{name}=" for name in row.options)))
        name = getattr(factory, "__qualname__", "factory")
        parameters = list(signature.parameters.values())
        by_keyword = [each.name for each in parameters if each.kind is Parameter.KEYWORD_ONLY]
        why = str(error)
        if positional and by_keyword and len(by_keyword) == len(parameters):
            why = f"it takes {', '.join(by_keyword)} by keyword alone"
        msg = (
            f"{row.name!r} is built as every {kind} is, {name}({given}), and that fails: {why}; "
            f"describe a function in its place: {wrapper(row, factory, parameters)}"
        )
        raise ContractError(msg) from None


def _signature(factory: Callable[..., object]) -> inspect.Signature | None:
    """Return what a factory takes; None: nothing is known of it, as of what is written in C."""
    from torch import nn

    if isinstance(factory, type) and getattr(factory, "__init__", None) is nn.Module.__init__:
        # It takes nothing, whatever its signature says.
        return inspect.Signature()
    try:
        return inspect.signature(factory)
    except (ValueError, TypeError):
        return None
