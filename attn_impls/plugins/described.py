"""What a module describes: decorated classes and functions, ``Spec`` and ``HostSpec`` objects, and tuples of them."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TypeGuard

from ..decorators import DESCRIBED, SPECS_ATTRIBUTE
from ..host import HostSpec
from ..spec import Spec

#: A module's tuples or lists of rows have these names; under other names they may be anybody's data.
LISTS = ("SPECS", "HOSTS")

Row = Spec | HostSpec


def is_row(value: object) -> TypeGuard[Row]:
    """Return whether a value is a row, of this version of the package or of another."""
    return getattr(type(value), "attnbench_row", None) in {Spec.attnbench_row, HostSpec.attnbench_row}


def collect(described: object) -> list[Row]:
    """Return the rows of a module, in its order, or of one object, each once."""
    found: list[Row] = []
    values = _values(described) if isinstance(described, ModuleType) else [described]
    for value in values:
        # Compared by identity: a row that is in SPECS too is one row, but two equal ones take a name twice.
        found += [row for row in _rows(value) if not any(row is other for other in found)]
    return found


def _values(module: ModuleType) -> list[object]:
    """Return what may be described: classes of the module's own, and those from elsewhere that it has decorated.

    A package counts what it imports from its own modules, also where these have decorated what is from elsewhere.
    """
    own: list[object] = []
    for name, value in vars(module).items():
        origin = getattr(value, "__module__", None)
        if is_row(value):
            own.append(value)
        elif isinstance(value, list | tuple):
            own += [value] if name in {*LISTS, DESCRIBED} else []
        elif isinstance(origin, str) and f"{origin}.".startswith(f"{module.__name__}."):
            own.append(value)
        elif callable(value):
            own += [spec for spec in _inside(module) if spec.factory is value]
    return own


def _inside(package: ModuleType) -> list[Spec]:
    """Return what the modules of a package have described that is from elsewhere."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith(f"{package.__name__}.")]
    return [spec for module in modules for spec in _described_by(module)]


def elsewhere(module: ModuleType) -> dict[str, str]:
    """Return the names that classes have which the module only imports, each with the file or module describing it."""
    describers = [(spec, other) for other in list(sys.modules.values()) for spec in _described_by(other)]
    found: dict[str, str] = {}
    for value in vars(module).values():
        for spec in getattr(value, "__dict__", {}).get(SPECS_ATTRIBUTE, ()):
            of_class = str(getattr(value, "__module__", "another module"))
            by = next((other for each, other in describers if each is spec), sys.modules.get(of_class))
            found[spec.name] = getattr(by, "__file__", None) or of_class
    return found


def _described_by(module: ModuleType) -> list[Spec]:
    """Return what a module has described that is from elsewhere."""
    described: list[Spec] = getattr(module, "__dict__", {}).get(DESCRIBED, [])
    return described


def _rows(value: object) -> list[Row]:
    if is_row(value):
        return [value]
    if isinstance(value, list | tuple):
        return [row for each in value for row in _rows(each)]
    # Read from __dict__: a subclass does not inherit the names of its base.
    return list(getattr(value, "__dict__", {}).get(SPECS_ATTRIBUTE, ()))
