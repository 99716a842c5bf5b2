"""A version of what is compared: base, head, or the twin of base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from attn_impls import Registry


class Version(Protocol):
    """Implementations as one version of the source has them."""

    @property
    def registry(self) -> Registry:
        """What can be built."""

    def active(self) -> AbstractContextManager[None]:
        """Make imports find this version's modules inside the ``with`` block, in which its code is built and run."""
