"""The table ``[tool.attnbench.check]`` of a pyproject.toml -> options and limits. What it does not know, it refuses.

[tool.attnbench.check]
threshold = "3%"            # or 0.03
budget = 10.0               # seconds a case
impl = ["se", "mine/*"]     # one text is a list of one; so are host, dtype, device and plugin
plugin = "mine.py"          # relative to the file
against = "main"
strict = true

[[tool.attnbench.check.limit]]
impl = "mine/*"             # a pattern of names; of limits that set the same quantity, the last one wins
parameters = 10_000
overflow = 1e4

[[tool.attnbench.check.limit]]
impl = "mine/large"
host = "resnet50"           # these three narrow it down: host, dtype, direction
dtype = "float32"
direction = "forward"
threshold = "5%"
ratio = 1.2
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.errors import UsageError

from .limits import QUANTITIES, Limit, Limits
from .toml_tables import Table

if TYPE_CHECKING:
    from pathlib import Path

KEYS = ("threshold", "budget", "impl", "host", "dtype", "device", "plugin", "against", "strict", "limit")
LIMIT_KEYS = ("impl", "host", "dtype", "direction", *QUANTITIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What a project says of its checks. None, or nothing: the file does not say."""

    threshold: float | None = None
    """Relative: 0.03 is 3%."""
    budget_s: float | None = None
    """Seconds a case."""
    impls: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    """Files with their folder: they are relative to the pyproject.toml, not to where the command is given."""
    against: str | None = None
    strict: bool | None = None
    limits: Limits = field(default_factory=Limits)


def read_options(file: Path) -> CheckOptions:
    """Read the options and limits of a pyproject.toml; without the file, or the table in it, there are none.

    Raises:
        UsageError: the file is no TOML, or a key or a value is wrong; the message is one line with file and key.

    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return CheckOptions()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{file}: cannot be read: {' '.join(str(error).split())}"
        raise UsageError(msg) from None
    tool = Table(file=file, name="", values=document).child("tool")
    ours = None if tool is None else tool.child("attnbench")
    if ours is None:
        return CheckOptions()
    ours.only(("check",))
    check = ours.child("check")
    return CheckOptions() if check is None else _options(check, file.parent)


def _options(check: Table, folder: Path) -> CheckOptions:
    from attn_impls.plugins import is_file

    check.only(KEYS)
    plugins = check.texts("plugin")
    return CheckOptions(
        threshold=check.relative("threshold"),
        budget_s=check.positive("budget"),
        impls=check.texts("impl"),
        hosts=check.texts("host"),
        dtypes=check.words("dtype", _dtypes()),
        devices=check.texts("device"),
        plugins=tuple(str(folder / plugin) if is_file(plugin) else plugin for plugin in plugins),
        against=check.text("against"),
        strict=check.boolean("strict"),
        limits=Limits(tuple(map(_limit, check.children("limit")))),
    )


def _limit(table: Table) -> Limit:
    from suites.choices import DIRECTIONS

    table.only(LIMIT_KEYS)
    direction = table.word("direction", tuple(DIRECTIONS))
    return Limit(
        impl=table.required("impl"),
        host=table.text("host"),
        dtype=table.word("dtype", _dtypes()),
        direction=None if direction is None else DIRECTIONS[direction],
        threshold=table.relative("threshold"),
        parameters=table.number("parameters"),
        macs=table.number("macs"),
        saved_bytes=table.number("saved_bytes"),
        overflow=table.positive("overflow"),
        ratio=table.positive("ratio"),
    )


def _dtypes() -> tuple[str, ...]:
    from suites.choices import DTYPES

    return DTYPES
