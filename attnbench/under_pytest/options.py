"""The table of axes as options of pytest, and the plan that they ask for."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import pytest

from bench.errors import UsageError
from suites import accuracy, complexity, latency, memory, overflow
from suites.axes import AXES
from suites.catalog import SUITES
from suites.request import plan, requested

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from results.records import Case
    from suites.request import Request

#: What is collected if no suite is named.
DEFAULT = (complexity.NAME, latency.NAME, memory.NAME)
#: Joins it if implementations are named: of all functions these would be hundreds of tests, which take an hour.
DEFAULT_OF_FEW = (overflow.NAME, accuracy.NAME)
#: Begins the name of an option, where something else has the plain one.
PREFIX = "--attnbench-"

_RENAMED = pytest.StashKey[tuple[str, ...]]()
_PLANNED = pytest.StashKey[tuple["Case", ...]]()


def _rows() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each option's flag, and what argparse has to know of it."""
    default = f"{', '.join(DEFAULT)}; with --impl also {', '.join(DEFAULT_OF_FEW)}"
    words = f"Suite of cases: {', '.join(SUITES)}. Default: {default}."
    yield "--suite", {"dest": _dest("suites"), "action": "append", "metavar": "SUITE", "help": words}
    for axis in AXES:
        if axis.under_pytest:
            action = "append" if axis.multiple else "store"
            # The percent sign is argparse's.
            words = axis.help().replace("%", "%%")
            how = {"action": "store_true"} if axis.parse.kind is bool else {"action": action, "metavar": axis.metavar}
            yield axis.flag, {"dest": _dest(axis.name), **how, "help": words}


def _dest(name: str) -> str:
    """Return under which name pytest keeps an option: its own ``-p`` is ``plugins`` already."""
    return f"attnbench_{name}"


def _prefixed(flag: str) -> str:
    return PREFIX + flag.removeprefix("--")


def without(arguments: Sequence[str]) -> list[str]:
    """Return the arguments of a command line without these options and their values."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for flag, _ in _rows():
        # Another's option of that name may have no value.
        parser.add_argument(flag, _prefixed(flag), nargs="?")
    return parser.parse_known_args(arguments)[1]


def add(config: pytest.Config, parser: pytest.Parser) -> None:
    """Add the options after all others; where a name is taken, ``--attnbench-`` stands before it."""
    group = parser.getgroup("attnbench")
    renamed = []
    for flag, row in _rows():
        if not _is_free(flag, parser):
            renamed.append(flag)
        group.addoption(_prefixed(flag) if flag in renamed else flag, **row)
    config.stash[_RENAMED] = tuple(renamed)


def _is_free(flag: str, parser: pytest.Parser) -> bool:
    try:
        _, unknown = parser.parse_known_and_unknown_args([f"{flag}=1"])
    except pytest.UsageError:
        # It is there, and takes another value, or none.
        return False
    return bool(unknown)


def header(config: pytest.Config) -> list[str]:
    """Return what a user has to know before the first test, a line each."""
    lines = [f"attnbench: {flag} is another's here; use {_prefixed(flag)}" for flag in config.stash[_RENAMED]]
    if config.getoption("dist", "no") != "no":
        lines.append("attnbench: what is timed is called once and not timed: tests run side by side (pytest-xdist)")
    return lines


def asked(config: pytest.Config) -> Request:
    """Return what the options ask for; without ``--attnbench`` the defaults.

    Raises:
        UsageError: a value that is not possible.

    """
    given = {axis.name: config.getoption(_dest(axis.name), default=None) for axis in AXES}
    default = (*DEFAULT, *DEFAULT_OF_FEW) if given["impls"] else DEFAULT
    return requested(config.getoption(_dest("suites"), default=None) or default, given)


def planned(config: pytest.Config) -> tuple[Case, ...]:
    """Return the cases that the options ask for; they are planned once a session.

    Raises:
        pytest.UsageError: there is none, or something that is asked for does not exist.

    """
    if _PLANNED not in config.stash:
        try:
            _, config.stash[_PLANNED], _ = plan(asked(config))
        except (UsageError, Warning) as error:
            # A warning is an error where a user has made it one.
            raise pytest.UsageError(str(error)) from error
    return config.stash[_PLANNED]
