"""What an implementation raised, and at which line of its own source."""

from __future__ import annotations

import inspect
import sys
import sysconfig
import traceback
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import torch

from .. import spec as building
from ..one_line import one_line
from ..spec import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..spec import Spec

P = ParamSpec("P")
T = TypeVar("T")

#: Frames of these files call an implementation, or are called by it; they are not the implementation.
_AROUND = (str(Path(torch.__file__).parent), str(Path(__file__).parent), building.__file__, "<")
#: Nor are those of libraries, but for the one that an implementation may be part of.
_LIBRARIES = (sysconfig.get_paths()["stdlib"], sysconfig.get_paths()["purelib"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An exception in place of a result."""

    error: BaseException

    def words(self, spec: Spec) -> str:
        """Return type, message and line, as in ``NameError: name 'x' is not defined (gate.py, line 12)``."""
        return f"{type(self.error).__name__}: {one_line(self.error)} ({where(self.error, spec)})"


def attempt(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Raised:
    """Return what the call returns, or what it raised."""
    try:
        return call(*args, **kwargs)
    except KeyboardInterrupt:
        # Whoever waits for the audit has had enough of it.
        raise
    except BaseException as error:  # noqa: BLE001 - whatever an implementation raises is a finding
        return Raised(error=error)


def where(error: BaseException, spec: Spec) -> str:
    """Return file and line of the innermost frame of the implementation, or else where it is defined."""
    # torch.compile raises far from the line that it could not trace, but keeps the stack of it.
    traced: Iterable[traceback.FrameSummary] = getattr(error, "real_stack", None) or ()
    raised = traceback.extract_tb(error.__traceback__)
    for frame in (*reversed(tuple(traced)), *reversed(raised)):
        if is_own(frame.filename, spec):
            return file_and_line(frame)
    return _definition(spec)


def file_and_line(frame: traceback.FrameSummary) -> str:
    """Return where a frame stands, as in ``gate.py, line 12``."""
    return f"{Path(frame.filename).name}, line {frame.lineno}"


def is_own(file: str, spec: Spec) -> bool:
    """Return whether a file is the implementation's, and not one that calls it or that it calls."""
    if file.startswith(_AROUND):
        return False
    return not file.startswith(_LIBRARIES) or file.startswith(_package_of(spec))


def module_of(spec: Spec) -> str:
    """Return the name of the module that the factory belongs to."""
    factory = spec.factory
    return factory.partition(":")[0] if isinstance(factory, str) else _described(factory).__module__


def _package_of(spec: Spec) -> str:
    """Return the folder of the package, or the file of the module, that the factory belongs to."""
    top = module_of(spec).partition(".")[0]
    file = getattr(sys.modules.get(top), "__file__", None) or "?"
    return str(Path(file).parent) if Path(file).name == "__init__.py" else file


def _described(factory: Callable[..., object]) -> Callable[..., object]:
    """Return what a partial call is about: the class that it hands over, as an adapter does, or else its function."""
    while isinstance(factory, partial):
        factory = next((given for given in factory.args if isinstance(given, type)), factory.func)
    return factory


def _definition(spec: Spec) -> str:
    try:
        factory = _described(resolve(spec.factory))
        file, line = inspect.getsourcefile(factory), inspect.getsourcelines(factory)[1]
    except (ImportError, AttributeError, TypeError, OSError):
        return f"factory of {spec.name}"
    return f"{Path(file or '?').name}, line {line}"
