"""What importing a folder costs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PACKAGES = {"attn_impls", "attnbench", "bench", "regression", "reporting", "results", "suites"}


def modules_after(code: str) -> set[str]:
    """Run code in a fresh interpreter and return the modules that are loaded afterwards."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    printing = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", printing], capture_output=True, text=True, check=True, env=environment)
    # What was printed before is none of the modules.
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "module",
    ["attn_impls", "results", "reporting", "suites.catalog", "suites.request", "attnbench", "attnbench.cli.main"],
)
def test_importing_costs_neither_torch_nor_pandas(module: str) -> None:
    """What needs them imports them when it is used: ``attnbench --help`` does not wait seconds."""
    loaded = modules_after(f"import {module}")
    assert module in loaded
    assert loaded & {"torch", "pandas"} == set()


def test_the_front_door_leads_to_what_is_asked_for() -> None:
    """``import attnbench`` loads none of the other folders; its functions load what they need when they are used."""
    alone = modules_after("import attnbench")
    assert {name for name in alone if name.partition(".")[0] in PACKAGES} == {"attnbench"}
    asked = modules_after("import attnbench; attnbench.run")
    assert "suites.request" in asked
    assert asked & {"attnbench.cli", "torch", "pandas"} == set()


def test_the_help_waits_for_nothing() -> None:
    """The list of commands imports none of them, nor any other folder: it is there in a tenth of a second."""
    helping = "from attnbench.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    loaded = modules_after(helping)
    assert {name for name in loaded if name.partition(".")[0] in PACKAGES} == {
        *("attnbench", "attnbench.cli", "attnbench.cli.main"),
    }
    assert loaded & {"torch", "pandas", "numpy", "rich", "importlib.metadata"} == set()
