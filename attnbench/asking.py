"""What a user has chosen, on a command line, in Python or in a file -> what is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.errors import UsageError
from suites.option import is_given, parsed
from suites.request import requested
from suites.sweep import Sweep

from .limits import LIMITS, QUICK, Limits
from .sweep_file import SUFFIX, SUITES, SweepFile, read_sweep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Asked(NamedTuple):
    """What is to be measured, and how long it may take."""

    sweep: Sweep
    limits: Limits


def asked(suites: Sequence[str], chosen: Mapping[str, object], *, quick: bool) -> Asked:
    """Return what was chosen, parsed. What is chosen beside a file takes the place of what the file says.

    Args:
        suites: their names; one may be a file, whose name ends in ``.toml``.
        chosen: values or their texts, by the names of axes and limits.
        quick: whether this is to be a first look.

    Raises:
        UsageError: a value that is not possible, or a file that cannot be used.

    """
    files = [name for name in suites if name.endswith(SUFFIX)]
    names = tuple(name for name in suites if name not in files)
    if len(files) > 1:
        msg = f"one file at a time: {files[0]} and {files[1]} are two runs"
        raise UsageError(msg)
    told = read_sweep(Path(files[0])) if files else SweepFile(chosen={})
    given = {name: value for name, value in chosen.items() if is_given(value)}
    common = (dict(QUICK) if quick else {}) | dict(told.chosen)
    requests = []
    for matrix in told.matrices or ({},):
        own = dict(matrix)
        of_matrix = own.pop(SUITES, ())
        wanted = names or (tuple(of_matrix) if isinstance(of_matrix, tuple) else ()) or told.suites
        requests.append(requested(wanted, common | own | given))
    limits = Limits(**parsed(LIMITS, common | given))
    return Asked(Sweep(requests=tuple(requests), exclusions=told.exclusions), limits)
