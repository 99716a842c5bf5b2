"""The limits that a project sets in ``[tool.attnbench.check]`` of the pyproject.toml in pytest's root folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.errors import UsageError
from regression.limits import Limits, beyond
from regression.pyproject import read_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.checks import Difference
    from results.records import Measured

_LIMITS = pytest.StashKey[Limits]()


def limits(config: pytest.Config) -> Limits:
    """Return the limits; the file is read once a session.

    Raises:
        pytest.UsageError: the file cannot be read, or a key or value in it is wrong.

    """
    if _LIMITS not in config.stash:
        try:
            config.stash[_LIMITS] = read_options(config.rootpath / "pyproject.toml").limits
        except UsageError as error:
            raise pytest.UsageError(str(error)) from error
    return config.stash[_LIMITS]


def broken(limits: Limits, measured: Measured) -> str:
    """Return which limits a case is beyond, in one line; nothing, if it keeps to all."""
    return "; ".join(_words(beyond(limits, measured.case, measured.result)))


def _words(differences: tuple[Difference, ...]) -> Iterator[str]:
    for difference in differences:
        yield f"{difference.quantity}: {_number(difference.head)}, beyond the limit of {_number(difference.limit)}"


def _number(value: float | str | None) -> str:
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4g}"
    return f"{int(value):,}" if isinstance(value, int | float) else str(value)
