"""A new suite, counter, output format and family of inputs touch as many files as CONTRIBUTING says, and no more.

Each is added to a copy of the product, and used there as a user would. A new axis has its own test (test_another_axis).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import attnbench

PACKAGES = ("attn_impls", "attnbench", "bench", "regression", "reporting", "results", "suites", "training")


class Product:
    """A copy of the product that can be edited; it counts the files that are."""

    def __init__(self, root: Path) -> None:
        installed = Path(attnbench.__file__).parents[1]
        for package in PACKAGES:
            shutil.copytree(installed / package, root / package, ignore=shutil.ignore_patterns("__pycache__", "runs"))
        self.root = root
        self.touched: set[str] = set()

    def new(self, name: str, text: str) -> None:
        """Add a file."""
        path = self.root / name
        assert not path.exists()
        path.write_text(text)
        self.touched.add(name)

    def edit(self, name: str, before: str, after: str) -> None:
        """Replace a piece of a file that stands in it once."""
        path = self.root / name
        text = path.read_text()
        assert text.count(before) == 1, f"{name}: {text.count(before)} times {before!r}"
        path.write_text(text.replace(before, after))
        self.touched.add(name)

    def run(self, program: str) -> str:
        """Run a program with this copy; return what it prints."""
        environment = {**os.environ, "PYTHONPATH": str(self.root)}
        done = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.root,
            env=environment,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def product(tmp_path: Path) -> Product:
    """Copy the product."""
    return Product(tmp_path)


def test_a_counter_touches_two_files(product: Product) -> None:
    """A rule that counts convolutions, one each: its column stands beside the others'."""
    product.new(
        "bench/complexity/convolutions.py",
        """
from torch import nn
from results.records import Count, OperatorCount, Unit


class ConvolutionCounter:
    rule = "convolutions"
    unit = Unit.MAC

    def count(self, module, inputs):
        total = sum(isinstance(each, nn.Conv2d) for each in module.modules())
        return Count(rule=self.rule, unit=self.unit, total=total, by_operator=(OperatorCount("conv", total),))
""",
    )
    product.edit(
        "suites/complexity.py",
        "    return (TorchstatCounter(), ",
        "    from bench.complexity.convolutions import ConvolutionCounter\n\n"
        "    return (ConvolutionCounter(), TorchstatCounter(), ",
    )
    printed = product.run(
        "from attn_impls import builtin; from suites import complexity\n"
        "from suites.selection import Selection\n"
        "case = complexity.cases(Selection(implementations=(), hosts=('resnet18_cifar',)), builtin())[0]\n"
        "print(complexity.count(case, builtin()).total('convolutions'))"
    )
    assert int(printed) == 20
    assert len(product.touched) <= 2


def test_a_suite_touches_two_files(product: Product) -> None:
    """One that answers with a kind of result that there is: it is listed, planned, and has its table and CSV."""
    product.new(
        "suites/parameters.py",
        '''
"""How many parameters? Counted without any rule of operations."""
from msgspec.structs import replace
from . import complexity

NAME = "parameters"


def cases(selection, registry):
    return [replace(case, suite=NAME) for case in complexity.cases(selection, registry)]


def prepare(case, registry):
    from dataclasses import replace as changed
    return changed(complexity.prepare(case, registry), counters=())
''',
    )
    product.edit(
        "suites/catalog.py",
        "    Suite(\n        name=latency.NAME,",
        "    Suite(\n"
        "        name=parameters.NAME, question='parameters', cases=parameters.cases, prepare=parameters.prepare\n"
        "    ),\n    Suite(\n        name=latency.NAME,",
    )
    product.edit("suites/catalog.py", "overflow, pareto, train\n", "overflow, parameters, pareto, train\n")
    folder = product.root / "run"
    product.run(
        "from attnbench.cli.main import main\n"
        "main(['run', 'parameters', '--impl', 'se', '--host', 'resnet18_cifar', '--device', 'cpu', '--quiet', "
        f"'--out', {str(folder)!r}])"
    )
    lines = (folder / "parameters.csv").read_text().splitlines()
    assert lines[0].split(",")[-2:] == ["status", "parameters"]
    assert len(lines) == 3
    assert "| se        |" in (folder / "report.md").read_text()
    assert len(product.touched) <= 4


def test_an_output_format_touches_two_files(product: Product) -> None:
    """The titles of the tables, a line each: each command that prints tables offers it."""
    product.new(
        "reporting/to_titles.py",
        '''
"""Report -> the titles of its tables."""


def titles(document):
    return "".join(f"{table.title}\\n" for table in document.all_tables())
''',
    )
    product.edit(
        "attnbench/documents.py",
        '        "md": "reporting',
        '        "titles": "reporting.to_titles:titles",\n        "md": "reporting',
    )
    folder = product.root / "run"
    printed = product.run(
        "from attnbench.cli.main import main\n"
        "try: main(['run', 'complexity', '--impl', 'se', '--host', 'resnet18_cifar', '--quiet', "
        f"'--out', {str(folder)!r}])\n"
        "except SystemExit as ended: assert not ended.code\n"
        f"try: main(['report', {str(folder)!r}, '--format', 'titles'])\n"
        "except SystemExit as ended: assert not ended.code\n"
        f"main(['compare', {str(folder)!r}, {str(folder)!r}, '--format', 'titles'])"
    )
    assert printed.splitlines()[0] == "resnet18_cifar"
    assert printed.splitlines()[-1] == "resnet18_cifar, forward, batch 1, float32, cpu"
    assert len(product.touched) <= 2
