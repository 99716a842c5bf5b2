"""The table of a check's own options, and what it chooses where nothing is chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from suites.axes import AXES
from suites.option import option, options_of
from suites.parsers import Positive, Share

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """One row an option."""

    threshold: float = option(
        "--threshold",
        Share(),
        metavar="P",
        default=0.03,
        default_words="3%",
        words="The slowdown to look for; below half of it nothing is called slower.",
    )
    budget_s: float = option(
        "--budget",
        Positive(),
        metavar="S",
        default=10.0,
        words="Seconds of building and sampling a timed case on average.",
    )
    time_limit_s: float = option(
        "--time-limit", Positive(), metavar="S", default=300.0, words="A step of a case that takes longer is a hang."
    )


#: All of them, in the order of the table.
CHECK_OPTIONS = options_of(CheckOptions)

#: Of the axes: small enough that a build takes milliseconds, and large enough to train with batch norm. One thread:
#: with more, each call waits for the slowest, on a machine that others use too.
DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {"hosts": ("none",), "directions": ("forward", "both"), "batch_sizes": (2,), "dtypes": ("float32",), "threads": 1}
)
#: In place of a baseline's name: the one that is named after this machine.
THIS_MACHINE = "this machine"
#: Height and width of the feature map of an attention alone: a build of the largest branch then takes a tenth of a
#: second, and ten seconds have enough of them.
ALONE_SIZE = 16


def chosen_axes(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is chosen of the axes, with a check's own defaults where nothing is.

    Args:
        given: values by the names of axes, those alone that were given.

    """
    chosen = dict(DEFAULTS) | dict(given)
    alone = set(chosen["hosts"]) == {"none"}
    return ({"image_size": ALONE_SIZE} if alone else {}) | chosen


#: The axes that a check has, and what its help says of their defaults where they are its own.
DEFAULT_WORDS: Mapping[str, str | None] = MappingProxyType(
    {
        "impls": "what plug-ins bring; in attnbench's own tree, the PSK paper's variants",
        "hosts": "none",
        "devices": None,
        "batch_sizes": "2",
        "dtypes": "float32",
        "directions": "forward and both",
        "slots": None,
        "image_size": f"{ALONE_SIZE} for attentions alone, or the network's",
        "num_classes": None,
        "threads": "1",
        "memory_format": None,
        "plugins": None,
    }
)
CHECK_AXES = tuple(
    replace(row, default_words=DEFAULT_WORDS[row.name] or row.default_words)
    for row in AXES
    if row.name in DEFAULT_WORDS
)
