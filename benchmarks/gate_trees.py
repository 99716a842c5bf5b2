"""Copies of the implementations with planted changes, as folders that a check compares."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import attn_impls

if TYPE_CHECKING:
    from collections.abc import Mapping

PLANT = """

from . import planted, planted_shares

Spec.build = planted.slowed(Spec.build, planted_shares.SHARES)
Spec.build_op = planted.slowed(Spec.build_op, planted_shares.SHARES)
"""


def plant(folder: Path, shares: Mapping[str, float]) -> Path:
    """Make a copy of attn_impls in which implementations are slower by these shares; return its root."""
    package = folder / "attn_impls"
    shutil.copytree(Path(attn_impls.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(Path(__file__).with_name("planted.py"), package / "planted.py")
    (package / "planted_shares.py").write_text(f"SHARES = {dict(shares)!r}\n", encoding="utf-8")
    spec = package / "spec.py"
    spec.write_text(spec.read_text(encoding="utf-8") + PLANT, encoding="utf-8")
    return folder
