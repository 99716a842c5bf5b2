"""The names by which resume, compare and gate find a case again, in another process and another version."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from .records import Case

#: 64 bits: among a million cases, two share a key with a probability of 3 in 100 million.
HEX_DIGITS = 16


def content_key(case: Case) -> str:
    """Return a key of all that a case is: the same key, the same measurement.

    Fields at their default do not enter it, so that a field added later leaves the keys of stored cases as they are.
    """
    canonical = msgspec.json.encode(case, order="sorted")
    return hashlib.sha256(canonical).hexdigest()[:HEX_DIGITS]


def identity_key(case: Case) -> str:
    """Return the key of a case whatever its source: tells a changed implementation from one that is not there."""
    return content_key(msgspec.structs.replace(case, source=""))
