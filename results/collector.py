"""The garbage collector of Python, while very many objects are made that stay."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def at_rest() -> Iterator[None]:
    """Let the collector rest meanwhile; also a decorator.

    A hundred thousand outcomes, and what is made of them, have no cycles that could be freed. The collector would look
    at all of them again and again, for a fifth of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
