"""Modules as they are written, where they have compiled parts of their own."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def uncompiled() -> Iterator[None]:
    """Run what is behind ``torch.compile`` as it is written.

    Compiled code shows no operators, and compiling has more. And for each of the many shapes that an audit tries, it
    would be compiled anew: for minutes, and after eight of them no more.
    """
    if "torch._dynamo" not in sys.modules:
        # Nothing is compiled where nobody has imported the compiler, which takes seconds.
        yield
        return
    with torch.compiler.set_stance("force_eager"):
        yield
