"""What every record is: frozen, compared by value, written and read by msgspec, without fields that are not known."""

from __future__ import annotations

import msgspec


class Record(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    # A field that this version does not know may change the meaning of those it knows.
    forbid_unknown_fields=True,
    # A field at its default is not written: one that is added later leaves the keys of stored cases as they are.
    omit_defaults=True,
    # A record is made once, of what was there before it, so it is never part of a cycle: the collector, which would
    # visit a hundred thousand of them over and over, need not know it.
    gc=False,
):
    """A fact. Units are in the names of its fields."""


class Versioned(Record, frozen=True, kw_only=True):
    """A record that is a file or a line by itself: it says by which version of the records it is to be read."""

    schema_version: int
