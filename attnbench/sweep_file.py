"""A TOML file that says what ``attnbench run`` shall measure: its options, matrices of axes, and exclusions.

suites = ["latency"]
impl = ["se", "cbam"]          # any option of attnbench run, without its dashes
budget = 3

[[matrix]]                     # each table is measured; the options above hold for all of them
host = ["resnet50_cifar"]
batch-size = [1, 8]

[[matrix]]
host = ["none"]
batch-size = [64]

[[exclude]]                    # cases that match all of it are left out
impl = "cbam"
batch-size = 8
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.errors import UsageError, refuse
from results.durable import replace_file
from suites.axes import AXES
from suites.option import is_given
from suites.sweep import FACTS, Exclusion

from .limits import LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from suites.option import Option

SUFFIX = ".toml"
SUITES, MATRIX, EXCLUDE = "suites", "matrix", "exclude"
#: One choice for all cases of a run: no matrix may have its own.
ONE_FOR_ALL = frozenset({"plugins", "data", "download", "threads"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepFile:
    """What a file says; values by the names of axes and limits, as on a command line."""

    suites: tuple[str, ...] = ()
    chosen: Mapping[str, object]
    matrices: tuple[Mapping[str, object], ...] = ()
    """Each in place of, or beside, what is chosen; with ``suites``, if it has its own."""
    exclusions: tuple[Exclusion, ...] = ()


def read_sweep(path: Path) -> SweepFile:
    """Read a file.

    Raises:
        UsageError: it cannot be read, is no TOML, or says what no option is called; the message names the file.

    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no UTF-8"
        msg = f"cannot read {path}: {why}; a file for a sweep is written by: attnbench run ... --save-config {path}"
        raise UsageError(msg) from error
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: no TOML: {error}"
        raise UsageError(msg) from error
    matrices, exclusions = (_tables(told.pop(name, []), name, path) for name in (MATRIX, EXCLUDE))
    suites, chosen = _options(told, (*AXES, *LIMITS), path, "")
    axes = tuple(axis for axis in AXES if axis.name not in ONE_FOR_ALL)
    found = []
    for number, table in enumerate(matrices, 1):
        own, values = _options(table, axes, path, f" of {MATRIX} {number}")
        found.append({**values, SUITES: own} if own else values)
    return SweepFile(
        suites=suites,
        chosen=chosen,
        matrices=tuple(found),
        exclusions=tuple(_exclusion(table, path, number) for number, table in enumerate(exclusions, 1)),
    )


def write_sweep(path: Path, suites: Sequence[str], chosen: Mapping[str, object]) -> None:
    """Write what was chosen on a command line, so that reading the file chooses the same.

    Args:
        path: of the file; one that is there is left alone.
        suites: their names.
        chosen: values or their texts by the names of axes and limits.

    Raises:
        UsageError: there is such a file, or it cannot be written.

    """
    if path.exists():
        msg = f"{path} exists; choose another file"
        raise UsageError(msg)
    lines = [f"# attnbench run {path.name}", *([f"{SUITES} = {_toml(list(suites))}"] if suites else [])]
    for option in (*AXES, *LIMITS):
        value = chosen.get(option.name)
        if is_given(value):
            lines.append(f"{_key(option)} = {_toml(_plain(option.take(value)))}")
    try:
        replace_file(path, "\n".join(lines) + "\n")
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}; choose another file"
        raise UsageError(msg) from error


def _key(option: Option) -> str:
    return option.flag.removeprefix("--")


def _tables(told: object, name: str, path: Path) -> Sequence[dict[str, Any]]:
    if isinstance(told, list) and all(isinstance(each, dict) for each in told):
        return told
    msg = f"{path}: {name} is a list of tables; write [[{name}]]"
    raise UsageError(msg)


def _options(
    table: Mapping[str, object], options: Iterable[Option], path: Path, where: str
) -> tuple[tuple[str, ...], dict[str, object]]:
    """Return the suites, and the values by the names of options.

    Raises:
        UsageError: there is no such option, or its value is not possible.

    """
    known = {_key(option): option for option in options}
    suites: tuple[str, ...] = ()
    values: dict[str, object] = {}
    for key, value in table.items():
        if key == SUITES:
            suites = _texts(value, path, key)
        elif key in known:
            option = known[key]
            try:
                option.take(value)
            except UsageError as error:
                msg = f"{path}: {error}"
                raise UsageError(msg) from None
            values[option.name] = value
        else:
            refuse(f"key{where} in {path}:", key, [SUITES, *known], more="any option of attnbench run can be a key")
    return suites, values


def _exclusion(table: Mapping[str, object], path: Path, number: int) -> Exclusion:
    names = {_key(option): option.name for option in AXES if option.name in FACTS} | {SUITES: SUITES}
    for key in table:
        if key not in names:
            refuse(f"key of {EXCLUDE} {number} in {path}:", key, names)
    if not table:
        msg = f"{path}: {EXCLUDE} {number} names nothing; give it one or more of {', '.join(names)}"
        raise UsageError(msg)
    words = ", ".join(f"{key} = {_toml(value)}" for key, value in table.items())
    return Exclusion(
        patterns={names[key]: _texts(value, path, key) for key, value in table.items()},
        words=f"[[{EXCLUDE}]] {words} ({path})",
    )


def _texts(value: object, path: Path, key: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if all(isinstance(each, str | int) and not isinstance(each, bool) for each in values):
        return tuple(map(str, values))
    msg = f"{path}: {key} is a name, or a list of names"
    raise UsageError(msg)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _toml(value: object) -> str:
    """Return a value of an option in TOML, whose texts, numbers and lists of them are written as JSON's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
