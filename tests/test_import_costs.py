"""What an import costs, by what it loads. Which folder may import which is in test_architecture.py."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PACKAGES = {"attn_impls", "attnbench", "bench", "regression", "reporting", "results", "suites", "training"}


def modules_after(code: str) -> set[str]:
    """Run code in a fresh interpreter and return the modules that are loaded afterwards."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    printing = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", printing], capture_output=True, text=True, check=True, env=environment)
    # What was printed before is none of the modules.
    return set(done.stdout.splitlines()[-1].split())


#: Digests of all that comes with attnbench: a plan holds one a case.
DIGESTS = """
from attn_impls import builtin, sources
known = builtin()
for each in (*known.specs.values(), *known.hosts.values()): sources.digest(each.factory)
"""


def command(*arguments: str) -> str:
    """Return the program of a command that measures nothing."""
    return f"from attnbench.cli.main import main\ntry: main({list(arguments)!r})\nexcept SystemExit: pass"


@pytest.mark.parametrize(
    ("code", "too_heavy"),
    [
        ("import attn_impls; attn_impls.builtin()", {"torch", "pandas"}),
        ("from attn_impls import builtin, plugins; plugins.load(plugins.with_installed(builtin()), ())", {"timm"}),
        (DIGESTS, {"torch", "pandas"}),
        ("import results, results.codec, results.folder, results.frame", {"torch", "pandas", "numpy"}),
        ("import results.keys, results.ledger, results.stats, results.store", {"torch", "pandas", "numpy"}),
        ("import reporting", {"torch", "pandas", "numpy"}),
        ("import suites.catalog, suites.request", {"torch", "pandas"}),
        ("import attnbench, attnbench.cli.main", {"torch", "pandas"}),
        (command("list"), {"torch", "pandas"}),
        (command("run", "--help"), {"torch", "pandas"}),
        (command("run", "--impl", "nothing"), {"torch", "pandas"}),
        (command("check", "--against", "nothing", "--plugin", "nothing"), {"torch", "pandas"}),
        (command("data", "--help"), {"torch", "pandas"}),
    ],
    ids=[
        *("registry", "plug-ins", "digests", "records", "statistics", "reporting", "suites", "attnbench"),
        *("list", "help of run", "refusal", "refusal of a check", "help of data"),
    ],
)
def test_what_is_heavy_is_imported_late(code: str, too_heavy: set[str]) -> None:
    """What needs torch or pandas imports it when it is used: ``attnbench list`` does not wait seconds."""
    loaded = modules_after(code)
    assert loaded & PACKAGES
    assert loaded & too_heavy == set()


def test_the_front_door_leads_to_what_is_asked_for() -> None:
    """``import attnbench`` loads none of the other folders; its functions load what they need when they are used."""
    alone = modules_after("import attnbench")
    assert {name for name in alone if name.partition(".")[0] in PACKAGES} == {"attnbench"}
    asked = modules_after("import attnbench; attnbench.run")
    assert "suites.request" in asked
    assert asked & {"attnbench.cli", "torch", "pandas"} == set()


def test_the_help_waits_for_nothing() -> None:
    """The list of commands imports none of them, and nothing of size: it is there in a tenth of a second."""
    loaded = modules_after(command("--help"))
    assert {name for name in loaded if name.partition(".")[0] in PACKAGES} == {
        *("attnbench", "attnbench.cli", "attnbench.cli.main", "attnbench.cli.streams"),
        # Ctrl-C is arranged for before anything else.
        *("bench", "bench.termination"),
    }
    assert loaded & {"torch", "pandas", "numpy", "rich", "importlib.metadata"} == set()
