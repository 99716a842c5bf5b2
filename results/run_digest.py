"""The digest of a run: what a citation names, so that a reader can tell whether a folder is the run that was cited.

It is of all that was recorded: plan, environment, noise floors, findings and every outcome, in whatever order outcomes
were recorded. A run has the same digest in memory and read from its folder; one that is gone on with gets another. As
with the seals of a folder, it guards against slips, not against forgers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from .codec import decode, encode
from .outcomes import Outcome, with_short_words
from .record import Record
from .seals import digest_of

if TYPE_CHECKING:
    from .records import Run


class _Recorded(Record, frozen=True, kw_only=True):
    """An outcome: it is read by the type of the field."""

    outcome: Outcome


def run_digest(run: Run) -> str:
    """Return the digest of a run, 16 hexadecimal digits.

    Raises:
        CodecError: the run has a value that cannot be stored, such as NaN.

    """
    # As a folder keeps them: long messages are cut there.
    outcomes = sorted(_as_read(_Recorded(outcome=with_short_words(outcome))) for outcome in run.outcomes)
    return digest_of(b"\n".join((_as_read(replace(run, outcomes=())), *outcomes)))


def _as_read(record: Record) -> bytes:
    """Return the JSON of a record as it is read: there a whole number that was given for a float has its ``.0``."""
    return msgspec.json.encode(decode(type(record), encode(record)), order="sorted")
