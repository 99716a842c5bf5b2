"""torch.compile, put out of action for a while: code that somebody watches cannot be compiled."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext

import torch

#: torch.compile's package, which takes seconds to import: what has not imported it compiles nothing.
COMPILER = "torch._dynamo"


def uses_compiler() -> bool:
    """Return whether anything of this process may be behind torch.compile."""
    return COMPILER in sys.modules


def uncompiled() -> AbstractContextManager[object]:
    """Run what is behind ``torch.compile`` as it was written."""
    return torch.compiler.set_stance("force_eager") if uses_compiler() else nullcontext()
