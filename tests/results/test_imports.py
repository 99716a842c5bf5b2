"""Promise of the package: reading a run costs no heavy import."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "pandas", "numpy")


def test_the_package_is_light() -> None:
    """Importing results, and what writes and derives, loads neither torch nor pandas nor numpy."""
    code = f"""
import sys
import results, results.codec, results.folder, results.frame, results.keys, results.ledger, results.stats, results.store
print([name for name in {HEAVY} if name in sys.modules])
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"
