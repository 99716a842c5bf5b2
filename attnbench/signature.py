"""The tables of options as arguments of a function: what ``help`` and an editor show of it."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from suites.option import Option

Function = TypeVar("Function", bound=Callable[..., Any])

#: Columns that a docstring may have.
WIDTH = 120
#: What stands in a docstring where the options belong.
PLACE = "**chosen: {options}"


def with_options(*tables: tuple[Option, ...], **words: str) -> Callable[[Function], Function]:
    """Return what shows the options of these tables as keyword arguments, in place of the function's ``**chosen``.

    Args:
        tables: of options.
        words: what stands in the docstring in place of each ``{name}``.

    """
    options = [option for table in tables for option in table]
    shown = [
        inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=option.default, annotation=_type(option))
        for option in options
    ]

    def decorate(function: Function) -> Function:
        signature = inspect.signature(function)
        own = signature.parameters.values()
        positional = [each for each in own if each.kind is inspect.Parameter.VAR_POSITIONAL]
        keywords = [each for each in own if each.kind is inspect.Parameter.KEYWORD_ONLY]
        function.__dict__["__signature__"] = signature.replace(parameters=[*positional, *shown, *keywords])
        function.__doc__ = _documented(function.__doc__ or "", options, words)
        return function

    return decorate


def refuse_unknown(function: str, chosen: Mapping[str, object], options: Sequence[Option]) -> None:
    """Refuse an argument that is none of the options, as Python does for other functions.

    Raises:
        TypeError: there is one.

    """
    known = [option.name for option in options]
    for name in chosen:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            msg = f"{function}() got an unexpected keyword argument {name!r}{hint}"
            raise TypeError(msg)


def _type(option: Option) -> Any:
    kind: Any = option.parse.kind
    if option.multiple:
        return Sequence[kind]
    return kind if option.default is not None else kind | None


def _documented(docstring: str, options: list[Option], words: dict[str, str]) -> str:
    """Return the docstring with a paragraph an option in place of ``**chosen``, as deep as that stands."""
    for name, said in words.items():
        docstring = docstring.replace(f"{{{name}}}", said)
    lines: list[str] = []
    for line in docstring.splitlines():
        deep = line.removesuffix(PLACE)
        if deep == line:
            lines.append(line)
        else:
            paragraphs = (f"{option.name}: {option.help()}" for option in options)
            lines += (
                part
                for paragraph in paragraphs
                for part in wrap(paragraph, WIDTH, initial_indent=deep, subsequent_indent=f"{deep}    ")
            )
    return "\n".join(lines)
