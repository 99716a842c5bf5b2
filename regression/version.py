"""What a check asks of a version of the implementations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from attn_impls import Registry


class Version(Protocol):
    """One of the two versions that are compared, loaded into this process."""

    @property
    def registry(self) -> Registry:
        """What it can measure."""

    def active(self) -> AbstractContextManager[object]:
        """Return a context in which whatever is imported by name, and its digests, are this version's."""
