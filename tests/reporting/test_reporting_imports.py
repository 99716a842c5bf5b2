from __future__ import annotations

import subprocess
import sys


def test_importing_reporting_is_cheap() -> None:
    """Neither torch nor pandas nor numpy is imported before a table needs it."""
    code = "import sys, reporting; print(sorted({'torch', 'pandas', 'numpy'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
