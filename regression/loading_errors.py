"""A version that cannot be imported, by its side: a fault of head is a regression, a fault of base is none.

In a file of their own: to know them, nothing of what a check does need be imported.
"""

from __future__ import annotations

from bench.errors import UsageError


class BaseLoadError(UsageError):
    """Base cannot be imported: there is nothing to compare with."""


class HeadError(UsageError):
    """Head cannot be imported."""
