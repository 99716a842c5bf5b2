"""The table of places: on which machines a run is measured. No axes: a plan is the same wherever it is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import UsageError
from suites.option import option, options_of, parsed
from suites.parsers import Flag, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCAL, RAY = "local", "ray"


@dataclass(frozen=True, slots=True)
class _Place:
    """``local``, ``ray``, or ``ray:`` and a part of the name of a kind of machine."""

    kind: type = str
    metavar: str = f"{LOCAL}|{RAY}|{RAY}:KIND"
    range: str = ""

    def __call__(self, value: object) -> str:
        """Return the text."""
        if isinstance(value, str) and (value in {LOCAL, RAY} or value.removeprefix(f"{RAY}:") not in {value, ""}):
            return value
        msg = f"{value!r} is no place; choose from {LOCAL}, {RAY}, {RAY}:KIND (such as {RAY}:H100)."
        raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """On which machines a run is measured.

    Raises:
        UsageError: choices that exclude each other.

    """

    on: str = option(
        "--on",
        _Place(),
        default=LOCAL,
        words="This machine, a Ray cluster, or its machines of a KIND: a part of the name of processor, GPU or label.",
        default_words=LOCAL,
    )
    address: str | None = option(
        "--address",
        Text(),
        metavar="auto|HOST:PORT|ray://HOST:PORT",
        words="Of the Ray cluster.",
        default_words="that of the Ray job, else this machine as a cluster of one",
    )
    each_kind: bool | None = option("--each-kind", Flag(), words="Measure the plan once on each kind of machine.")
    spread: bool | None = option("--spread", Flag(), words="Measure each block on whatever kind of machine is free.")

    def __post_init__(self) -> None:
        """Refuse what makes no sense together."""
        if self.is_local:
            given = {"--address": self.address, "--each-kind": self.each_kind, "--spread": self.spread}
            for flag, value in given.items():
                if value:
                    msg = f"{flag} is for a cluster; add --on {RAY}, or leave it out"
                    raise UsageError(msg)
        if self.each_kind and self.spread:
            msg = "--each-kind measures all on each kind of machine, --spread each block on one; choose one of them"
            raise UsageError(msg)

    @property
    def is_local(self) -> bool:
        """Whether this machine alone measures, without a cluster."""
        return self.on == LOCAL

    @property
    def pattern(self) -> str:
        """A part of the name of the kind that is wanted; empty: any."""
        return self.on.partition(":")[2]


#: All of them, in the order of the table.
WHERE = options_of(Where)


def where_of(chosen: Mapping[str, object]) -> Where:
    """Return where a run is to be measured, as a user has chosen it (UsageError: not possible)."""
    return Where(**parsed(WHERE, chosen))
