"""Files that define what an object reaches in memory, however it was imported."""

from __future__ import annotations

import dis
import sys
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from .ownership import found, is_own

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Longer collections are data.
LONGEST = 1000
#: Values whose text says all of them.
_PLAIN = (str, bytes, int, float, complex, bool, type(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What was found."""

    modules: frozenset[str]
    """The user's own, by names that lead to their files."""
    files: frozenset[Path]
    """Of definitions of the user's own whose module's name does not lead to them."""
    values: tuple[bytes, ...]
    """Plain values that functions keep in closures, with their names."""


def reached(*starts: object) -> Reached:
    """Follow objects to everything that defines what they do.

    Followed are base classes, methods, what functions refer to by name, keep as defaults, in closures or as what they
    wrap, and what is inside collections of these. What is not the user's own is followed only as far as it holds
    something of the user's.
    """
    walk = _Walk()
    waiting = [start for start in reversed(starts) if start is not None]
    while waiting:
        thing = waiting.pop()
        if id(thing) not in walk.seen:
            # Kept: the address of what is gone would be another's.
            walk.seen[id(thing)] = thing
            waiting += reversed(list(walk.behind(thing)))
    return Reached(modules=frozenset(walk.modules), files=frozenset(walk.files), values=tuple(walk.values))


@dataclass(slots=True)
class _Walk:
    seen: dict[int, object] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    files: set[Path] = field(default_factory=set)
    values: list[bytes] = field(default_factory=list)

    def behind(self, thing: object) -> Iterator[object]:  # noqa: C901, PLR0911, PLR0912 - a line a kind
        """Note where something is defined, and give what it leads to."""
        match thing:
            case None | str() | bytes() | int() | float() | complex():
                return iter(())
            case partial(func=called, args=given, keywords=named):
                return iter((called, *given, *named.values()))
            case MethodType():
                return iter((thing.__func__, thing.__self__))
            case FunctionType():
                return self._behind_function(thing)
            case type():
                return self._behind_class(thing)
            case ModuleType():
                self._note(thing.__name__, getattr(thing, "__file__", None))
                return iter(())
            case staticmethod() | classmethod():
                return iter((thing.__func__,))
            case property():
                return iter((thing.fget, thing.fset, thing.fdel))
            case cached_property():
                return iter((thing.func,))
            case dict():
                return iter(thing.values()) if len(thing) <= LONGEST else iter(())
            case list() | tuple():
                return iter(thing) if len(thing) <= LONGEST else iter(())
            case set() | frozenset():
                # In an order that is the same in every process.
                return iter(sorted(thing, key=_name_of)) if len(thing) <= LONGEST else iter(())
            case _:
                return self._behind_object(thing)

    def _note(self, module: str, file: str | None) -> bool:
        """Note where a definition stands; return whether it is the user's own."""
        if file is None or not is_own(module, file):
            return False
        spec = found(module) if module else None
        if spec is not None and spec.origin == file:
            self.modules.add(module)
        else:
            self.files.add(Path(file))
        return True

    def _behind_function(self, function: FunctionType) -> Iterator[object]:
        code = function.__code__
        own = self._note(function.__module__ or "", code.co_filename)
        # What it assigns itself is a state, such as a count of calls.
        assigned = {each.argval for each in dis.get_instructions(code) if each.opname == "STORE_DEREF"}
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            try:
                value = cell.cell_contents
            except ValueError:
                # Not assigned yet.
                continue
            if isinstance(value, _PLAIN) and name not in assigned:
                self.values.append(f"{name}={value!r}".encode())
            yield value
        yield from (function.__defaults__, function.__kwdefaults__)
        # What it wraps is there, and what somebody has hung on it.
        yield from vars(function).values()
        if own:
            yield from _globals_of(code, function.__globals__)

    def _behind_class(self, kind: type) -> Iterator[object]:
        yield from kind.__mro__[1:]
        members = vars(kind).values()
        file = getattr(sys.modules.get(kind.__module__), "__file__", None)
        if file is None:
            # Of a module that nobody can look up: its methods know their file.
            codes = [each.__code__.co_filename for each in members if isinstance(each, FunctionType)]
            file = codes[0] if codes else None
        if self._note(kind.__module__, file):
            yield from members

    def _behind_object(self, thing: object) -> Iterator[object]:
        kind = type(thing)
        file = getattr(sys.modules.get(kind.__module__), "__file__", None)
        yield kind
        # What is cached, compiled or decorated keeps what it is made from.
        yield getattr(thing, "__wrapped__", None) if callable(thing) else None
        held: Mapping[str, Any] = getattr(thing, "__dict__", {})
        if file is not None and is_own(kind.__module__, file):
            yield from held.values()
        elif isinstance(held.get("_modules"), dict):
            # A container of torch.nn.
            yield held["_modules"]


def _globals_of(code: CodeType, names: Mapping[str, object]) -> Iterator[object]:
    """Give the globals that a code refers to, and what it may take from modules among them."""
    words = dict.fromkeys(_words(code))
    values = [names[word] for word in words if word in names]
    yield from values
    for value in values:
        if isinstance(value, ModuleType) and is_own(value.__name__, getattr(value, "__file__", None) or ""):
            yield from (vars(value)[word] for word in words if word in vars(value))


def _words(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _words(constant)


def _name_of(thing: object) -> str:
    return getattr(thing, "__qualname__", None) or f"{type(thing).__qualname__}"
