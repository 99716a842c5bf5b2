"""Which folder may import which; how long a file may be."""

from __future__ import annotations

import ast
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import attn_impls

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The folder that holds the packages: the checkout, or where they are installed.
ROOT = Path(attn_impls.__file__).parent.parent

#: Part -> the parts that it may import. The command line is a part of its own: the Python API does without it.
ALLOWED = {
    "attn_impls": {"attn_impls"},
    "results": {"results"},
    "bench": {"bench", "results"},
    "training": {"training", "attn_impls", "bench", "results"},
    "suites": {"suites", "attn_impls", "bench", "results", "training"},
    "reporting": {"reporting", "results"},
    "regression": {"regression", "attn_impls", "bench", "results", "suites"},
    "attnbench": {"attnbench", "attn_impls", "bench", "regression", "reporting", "results", "suites", "training"},
    "attnbench.cli": {
        "attnbench",
        "attnbench.cli",
        "attn_impls",
        "bench",
        "regression",
        "reporting",
        "results",
        "suites",
        "training",
    },
}
PACKAGES = ("attn_impls", "attnbench", "bench", "regression", "reporting", "results", "suites", "training")
#: ``python -m attnbench``.
MAY_NAME_THE_COMMAND_LINE = {"attnbench/__main__.py"}

#: What draws on a terminal; the other packages return text.
TERMINAL = {"click", "rich"}
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
    "attn_impls/adapters/flash_attn_attentions.py": {"flash_attn"},
    "attn_impls/adapters/natten_attentions.py": {"natten"},
    "attn_impls/adapters/xformers_attentions.py": {"xformers"},
    "attn_impls/adapters/timm_attentions.py": {"timm"},
    "attn_impls/adapters/timm_hosts.py": {"timm"},
}

#: Lines that a file may have.
LONGEST = 300


class Import(NamedTuple):
    """One module that a file names in an import."""

    line: int
    module: str
    """In full, whether the import is relative or not."""
    relative: bool


def imports(file: Path, root: Path, *, for_types: bool = True) -> Iterator[Import]:
    """Find all imports of a file: at the top, inside functions and, if wanted, under TYPE_CHECKING."""
    package = file.relative_to(root).parent.parts
    for node in walk(ast.parse(file.read_text(encoding="utf-8")), for_types=for_types):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(node.lineno, alias.name, relative=False)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*above, *((node.module,) if node.module else ())))
            yield Import(node.lineno, module, relative=node.level > 0)
            # ``from attnbench import cli`` names attnbench.cli; for what is no module the longer name does no harm.
            for alias in node.names:
                yield Import(node.lineno, f"{module}.{alias.name}", relative=node.level > 0)


def walk(node: ast.AST, *, for_types: bool) -> Iterator[ast.AST]:
    """Yield everything below a node, what stands under TYPE_CHECKING only if wanted."""
    for child in ast.iter_child_nodes(node):
        if not for_types and isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from walk(child, for_types=for_types)


def part_of(module: str) -> str:
    """Name the part of the project to which a module belongs; of a foreign one, its top package."""
    return "attnbench.cli" if f"{module}.".startswith("attnbench.cli.") else module.partition(".")[0]


def source_files(root: Path) -> list[Path]:
    """List the Python files of the packages below ``root``."""
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
            if name in MAY_NAME_THE_COMMAND_LINE and imported == "attnbench.cli":
                continue
            if imported in ALLOWED and imported not in ALLOWED[importing]:
                found.append(f"{name}:{line}: {importing} imports {imported}")
            elif importing == imported == "attn_impls" and not relative:
                found.append(f"{name}:{line}: attn_impls imports itself by name")
            elif importing == "attn_impls" and imported not in {*FOREIGN, *optional, *sys.stdlib_module_names}:
                found.append(f"{name}:{line}: attn_impls imports {imported}")
            elif imported in TERMINAL and not importing.startswith("attnbench"):
                found.append(f"{name}:{line}: {importing} imports {imported}")
    return sorted(set(found))


def circle(root: Path) -> list[str]:
    """Return files that import each other in a circle, the first one twice; nothing where there is no circle."""
    files = {file.relative_to(root).as_posix(): file for file in source_files(root)}
    # Whoever imports a module passes its package's __init__ on the way: that is no arrow of its own.
    modules = {name.removesuffix(".py").replace("/", "."): name for name in files if not name.endswith("__init__.py")}
    arrows = {
        name: {modules[found.module] for found in imports(file, root, for_types=False) if found.module in modules}
        for name, file in files.items()
    }
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_imports_go_in_the_allowed_directions() -> None:
    """attn_impls and results know nothing of the others, bench nothing of attention, only attnbench of all."""
    assert violations(ROOT) == []


def test_all_packages_are_looked_at() -> None:
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
        pytest.param("bench/a.py", "import attnbench", "1: bench imports attnbench", id="bench-attnbench"),
        pytest.param("attnbench/a.py", "from . import cli", "1: attnbench imports attnbench.cli", id="relative-name"),
        pytest.param(
            "attnbench/a/b.py",
            "from ..cli.main import main",
            "1: attnbench imports attnbench.cli",
            id="relative-module",
        ),
        pytest.param("suites/a.py", "import click", "1: suites imports click", id="suites-click"),
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
        ("attnbench/__main__.py", "from .cli.main import main"),
        ("attnbench/a.py", "import attn_impls, click, reporting, results, suites\nfrom bench.clocks import Clock"),
        (
            "attnbench/cli/a.py",
            "import click, reporting\nfrom ..recording import record_run\nfrom .options import axes",
        ),
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


def test_no_files_import_each_other_in_a_circle() -> None:
    """What a file is made of can be read before it."""
    assert circle(ROOT) == []


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        (
            {"bench/a.py": "from . import b", "bench/b.py": "def f():\n    from .a import g"},
            {"bench/a.py", "bench/b.py"},
        ),
        ({"bench/a.py": "from .b import f", "bench/b.py": "from .c import f", "bench/c.py": "import results.d"}, set()),
        ({"bench/a.py": "from .b import f", "bench/b.py": "if TYPE_CHECKING:\n    from .a import g"}, set()),
    ],
)
def test_a_planted_circle_is_found(tmp_path: Path, sources: dict[str, str], found: set[str]) -> None:
    """Also where an import stands in a function, but not where it is for type checkers alone."""
    for file, source in sources.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(source)
    assert set(circle(tmp_path)) == found


def test_files_fit_in_a_head() -> None:
    """No file of the packages is longer than 300 lines."""
    long = {
        file.relative_to(ROOT).as_posix()
        for file in source_files(ROOT)
        if len(file.read_text(encoding="utf-8").splitlines()) > LONGEST
    }
    assert long == set()
