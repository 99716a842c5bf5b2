"""Which folder may import which; how long a file may be; what importing a folder costs."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import attn_impls

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The folder that holds the packages: the checkout, or where they are installed.
ROOT = Path(attn_impls.__file__).parent.parent

#: Part -> the parts that it may import. The command line is a part of its own inside bench.
ALLOWED = {
    "attn_impls": {"attn_impls"},
    "results": {"results"},
    "bench": {"bench", "results"},
    "suites": {"suites", "attn_impls", "bench", "results"},
    "reporting": {"reporting", "results"},
    "bench.cli": {"attn_impls", "bench", "bench.cli", "reporting", "results", "suites"},
}
PACKAGES = ("attn_impls", "bench", "reporting", "results", "suites")

#: What implementations are made of, besides the standard library.
FOREIGN = {"attn_impls", "torch", "torchvision"}
#: The files that may import a package that need not be installed.
OPTIONAL = {
    "attn_impls/kernels/on_cuda.py": {"triton"},
    "attn_impls/kernels/triton_kernels.py": {"triton"},
    "attn_impls/kernels/triton_pieces.py": {"triton"},
    "attn_impls/kernels/triton_places.py": {"triton"},
    "attn_impls/kernels/triton_rules.py": {"triton"},
    "attn_impls/sparse_normalizers.py": {"entmax"},
    "attn_impls/adapters/timm_attentions.py": {"timm"},
    "attn_impls/adapters/timm_hosts.py": {"timm"},
}

#: The two doors to the command line: ``bench.run``, imported when it is used, and ``python -m bench``.
MAY_NAME_THE_COMMAND_LINE = {"bench/__init__.py", "bench/__main__.py"}

#: Lines that a file may have.
LONGEST = 300


class Import(NamedTuple):
    """One module that a file names in an import."""

    line: int
    module: str
    """In full, whether the import is relative or not."""
    relative: bool


def imports(file: Path, root: Path) -> Iterator[Import]:
    """Find all imports of a file: at the top, inside functions and under TYPE_CHECKING."""
    package = file.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(node.lineno, alias.name, relative=False)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*above, *((node.module,) if node.module else ())))
            yield Import(node.lineno, module, relative=node.level > 0)
            # ``from bench import cli`` names bench.cli; for what is no module the longer name does no harm.
            for alias in node.names:
                yield Import(node.lineno, f"{module}.{alias.name}", relative=node.level > 0)


def part_of(module: str) -> str:
    """Name the part of the project to which a module belongs; of a foreign one, its top package."""
    return "bench.cli" if f"{module}.".startswith("bench.cli.") else module.partition(".")[0]


def source_files(root: Path) -> list[Path]:
    """List the Python files of the five packages below ``root``."""
    return sorted(file for package in PACKAGES for file in (root / package).rglob("*.py"))


def violations(root: Path) -> list[str]:
    """List every import that goes against the directions, as ``file:line: what is wrong``."""
    found = []
    for file in source_files(root):
        name = file.relative_to(root).as_posix()
        optional = OPTIONAL.get(name, set())
        importing = part_of(".".join(file.relative_to(root).with_suffix("").parts))
        for line, module, relative in imports(file, root):
            imported = part_of(module)
            if name in MAY_NAME_THE_COMMAND_LINE and imported == "bench.cli":
                continue
            if imported in ALLOWED and imported not in ALLOWED[importing]:
                found.append(f"{name}:{line}: {importing} imports {imported}")
            elif importing == imported == "attn_impls" and not relative:
                found.append(f"{name}:{line}: attn_impls imports itself by name")
            elif importing == "attn_impls" and imported not in {*FOREIGN, *optional, *sys.stdlib_module_names}:
                found.append(f"{name}:{line}: attn_impls imports {imported}")
    return sorted(set(found))


def modules_after(code: str) -> set[str]:
    """Run code in a fresh interpreter and return the modules that are loaded afterwards."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    printing = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", printing], capture_output=True, text=True, check=True, env=environment)
    return set(done.stdout.split())


def test_imports_go_in_the_allowed_directions() -> None:
    """attn_impls and results know nothing of the others, bench nothing of attention, reporting only results."""
    assert violations(ROOT) == []


def test_all_five_packages_are_looked_at() -> None:
    """The check above is not passed by finding no files."""
    assert {file.relative_to(ROOT).parts[0] for file in source_files(ROOT)} == set(PACKAGES)


@pytest.mark.parametrize(
    ("file", "source", "violation"),
    [
        pytest.param("attn_impls/a.py", "import results", "1: attn_impls imports results", id="attn_impls-results"),
        pytest.param(
            "attn_impls/gates/a.py",
            "from attn_impls.spec import Spec",
            "1: attn_impls imports itself by name",
            id="attn_impls-absolute",
        ),
        pytest.param("attn_impls/a.py", "import numpy.linalg", "1: attn_impls imports numpy", id="attn_impls-numpy"),
        pytest.param("results/a.py", "import bench.clocks", "1: results imports bench", id="results-bench"),
        pytest.param(
            "bench/a.py", "def f():\n    import attn_impls.spec", "2: bench imports attn_impls", id="in-a-function"
        ),
        pytest.param(
            "bench/a.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from suites.selection import Selection",
            "3: bench imports suites",
            id="under-TYPE_CHECKING",
        ),
        pytest.param("bench/a.py", "from . import cli", "1: bench imports bench.cli", id="relative-name"),
        pytest.param(
            "bench/executors/a.py", "from ..cli.api import run", "1: bench imports bench.cli", id="relative-module"
        ),
        pytest.param("suites/a.py", "from bench import cli", "1: suites imports bench.cli", id="suites-cli"),
        pytest.param("suites/papers/a.py", "import reporting", "1: suites imports reporting", id="suites-reporting"),
        pytest.param("reporting/a.py", "import suites", "1: reporting imports suites", id="reporting-suites"),
        pytest.param("reporting/a.py", "from bench import errors", "1: reporting imports bench", id="reporting-bench"),
    ],
)
def test_a_planted_import_is_found(tmp_path: Path, file: str, source: str, violation: str) -> None:
    """The checker names the file, the line and both parts, wherever in the file the import stands."""
    planted = tmp_path / file
    planted.parent.mkdir(parents=True)
    planted.write_text(source)
    assert violations(tmp_path) == [f"{file}:{violation}"]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("attn_impls/gates/a.py", "import math\nimport torch.nn\nfrom ..spec import Spec"),
        ("bench/a.py", "import torch, results.records\nfrom .complexity import counter"),
        ("bench/__init__.py", "from .cli.api import run"),
        ("bench/cli/a.py", "import attn_impls, reporting, results, suites\nfrom ..clocks import Clock"),
        ("suites/papers/a.py", "import attn_impls, results\nfrom bench.prepared import Timed\nfrom .. import latency"),
        ("reporting/published/a.py", "import pandas, results.records\nfrom ..conventions import Metric"),
    ],
)
def test_an_allowed_import_is_left_alone(tmp_path: Path, file: str, source: str) -> None:
    """The checker does not cry wolf: what each part is for it may import."""
    planted = tmp_path / file
    planted.parent.mkdir(parents=True)
    planted.write_text(source)
    assert violations(tmp_path) == []


def test_files_fit_in_a_head() -> None:
    """No file of the packages is longer than 300 lines."""
    long = {
        file.relative_to(ROOT).as_posix()
        for file in source_files(ROOT)
        if len(file.read_text(encoding="utf-8").splitlines()) > LONGEST
    }
    assert long == set()


@pytest.mark.parametrize(
    "module", ["attn_impls", "results", "reporting", "suites.catalog", "suites.request", "bench.cli.main"]
)
def test_importing_costs_neither_torch_nor_pandas(module: str) -> None:
    """What needs them imports them when it is used: ``attnbench --help`` does not wait seconds."""
    loaded = modules_after(f"import {module}")
    assert module in loaded
    assert loaded & {"torch", "pandas"} == set()


def test_importing_bench_leaves_the_command_line_alone() -> None:
    """``bench.run`` is there, but a library that uses bench does not load the command line."""
    assert "bench.cli" not in modules_after("import bench")
    assert "bench.cli.api" in modules_after("import bench; bench.run")
