"""Measure attention variants in PyTorch: what ``attnbench run`` does, from Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .measuring import run

__all__ = ["run"]


def __getattr__(name: str) -> Any:
    # Imported when it is first used: the command line's help must not wait for what a run needs.
    if name == "run":
        from .measuring import run

        return run
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
