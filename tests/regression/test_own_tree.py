"""Two versions of attnbench's own implementations, measured by the running harness."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from msgspec.structs import replace

import attn_impls
from regression.finding import HARNESS
from regression.loading import Loaded, LoadError, is_own_tree, load
from regression.worktrees import base
from results.records import Case, FeatureMap
from suites.build import build_module
from suites.selection import as_it_is_now

if TYPE_CHECKING:
    from tests.regression.conftest import Repository

SE = Case(suite="latency", implementation="se", source="", input=FeatureMap(batch=1, channels=32, height=4, width=4))
SIMAM = replace(SE, implementation="simam")


def source(loaded: Loaded, case: Case) -> str:
    with loaded.active():
        return as_it_is_now(case, loaded.registry).source


def output(loaded: Loaded, case: Case) -> torch.Tensor:
    with loaded.active():
        module = build_module(case, loaded.registry)
        assert loaded.strangers(module) == ()
        (x,) = case.input.draw(case.dtype, case.device)
        result: torch.Tensor = module.eval()(x)
        return result.detach()


def pair(base: Path, head: Path) -> tuple[Loaded, Loaded]:
    return load(base, (), own_tree=True, others=[head]), load(head, (), own_tree=True, others=[base])


@pytest.fixture
def own(repository: Repository) -> Repository:
    """Return a repository of attnbench's own, where the working tree has another SE than the commit."""
    package = Path(attn_impls.__file__).parent
    shutil.copytree(package, repository.root / "attn_impls", ignore=shutil.ignore_patterns("__pycache__"))
    for name in HARNESS - {"attn_impls"}:
        repository.write({f"{name}/__init__.py": "raise RuntimeError('the harness is the running one')\n"})
    repository.commit({})
    file = repository.root / "attn_impls/gates/squeeze_excite.py"
    text = file.read_text()
    assert text.count("return x * ") == 1
    file.write_text(text.replace("return x * ", "return 2 * x * "))
    return repository


def test_attnbenchs_own_tree(own: Repository) -> None:
    """The base and the working tree have their own SE; the harness and its attn_impls stay the running ones."""
    assert is_own_tree(own.root)
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in HARNESS}
    with base("main", own.root) as old:
        first, second = pair(old.root, own.root)
        assert torch.equal(output(second, SE), output(first, SE) * 2)
        assert torch.equal(output(second, SIMAM), output(first, SIMAM))
        assert source(first, SE) != source(second, SE)
        assert source(first, SIMAM) == source(second, SIMAM)
        assert source(first, SE) == as_it_is_now(SE, attn_impls.builtin()).source
        for loaded in (first, second):
            with loaded.active():
                assert loaded.registry.specs["se"].__class__.__module__ == "attn_impls.spec"
                assert type(loaded.registry) is not attn_impls.Registry
                assert Path(sys.modules["attn_impls"].__file__ or "").is_relative_to(loaded.world.root)
    assert {name: sys.modules[name] for name in before} == before


def test_a_fused_kernel_of_each_version(own: Repository) -> None:
    """Operators of two versions are registered beside each other, by design: they fit into one process."""
    with base("main", own.root) as old:
        spaces = []
        for loaded in pair(old.root, own.root):
            with loaded.active():
                loaded.registry.find("hard_softmax/fused").maker()
                spaces.append(sys.modules["attn_impls.kernels.operators"].NAMESPACE)
    assert len(set(spaces)) == 2
    assert all(space.startswith("attnbench") for space in spaces)


def test_a_version_without_the_package_is_refused(own: Repository) -> None:
    """What is installed does not stand in for it."""
    own.git("rm", "-r", "--quiet", "--cached", "attn_impls")
    own.git("commit", "--quiet", "--message", "gone")
    with base("main", own.root) as old, pytest.raises(LoadError, match="has no attn_impls"):
        load(old.root, (), own_tree=True, others=[own.root])


def test_an_own_tree_that_does_not_import(own: Repository) -> None:
    """One line, as of a user's."""
    own.write({"attn_impls/host.py": "\nimport attn_impls.gone\n"})
    with pytest.raises(LoadError) as caught:
        load(own.root, (), own_tree=True)
    assert str(caught.value) == ("attn_impls/host.py, line 2: ModuleNotFoundError: No module named 'attn_impls.gone'")
