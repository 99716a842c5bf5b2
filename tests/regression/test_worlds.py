"""Two versions of the same modules in one process, each with its own files."""

from __future__ import annotations

import importlib
import importlib.util
import os
import py_compile
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

import attn_impls
from regression.worlds import World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

Trees = tuple[Path, Path]


def written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def both(trees: Trees, **options: Any) -> tuple[World, World]:
    first, second = trees
    return World(first, others=[second], **options), World(second, others=[first], **options)


def imported(world: World, name: str) -> ModuleType:
    with world.active():
        return importlib.import_module(name)


def product(world: World, kind: str) -> tuple[float, float]:
    """Return what a module makes of 1, and the gradient there."""
    with world.active():
        module = getattr(importlib.import_module("pkg.attentions"), kind)(1)
        x = torch.ones((), requires_grad=True)
        y = module(x)
        y.backward()
        assert x.grad is not None
        return y.item(), x.grad.item()


@pytest.mark.parametrize("kind", ["Mine", "Other"])
@pytest.mark.parametrize("below", ["", "src/"])
def test_each_has_its_own_files(tmp_path: Path, tree: Callable[..., dict[str, str]], kind: str, below: str) -> None:
    """By absolute and relative imports, by their text, from functions, in backward passes, in turns."""
    worlds = both((written(tmp_path / "two", tree(2, below)), written(tmp_path / "three", tree(3, below))))
    assert [product(world, kind) for world in (*worlds, *worlds)] == [(2, 2), (3, 3), (2, 2), (3, 3)]
    assert not {"pkg", "pkg.factor", "helper"} & set(sys.modules)


def test_first_calls_after_both_are_loaded(trees: Trees) -> None:
    """What is imported late is looked up in the world that is active then."""
    worlds = both(trees)
    kinds = [imported(world, "pkg.attentions").Other for world in worlds]
    results = []
    for world, kind in zip(worlds, kinds, strict=True):
        with world.active():
            results.append(kind(1)(torch.ones(())).item())
    assert results == [2, 3]


def test_leaving_restores_what_was_there(trees: Trees) -> None:
    """Modules, path, finders and the habit of writing bytecode; also after an exception."""
    world = both(trees)[0]
    before = dict(sys.modules), sys.path[:], sys.meta_path[:], sys.dont_write_bytecode
    written(trees[0], {"pkg/fails.py": "import pkg.attentions\n1 / 0\n"})
    with pytest.raises(ZeroDivisionError):
        imported(world, "pkg.fails")
    assert "pkg.attentions" in world.modules
    after = dict(sys.modules), sys.path[:], sys.meta_path[:], sys.dont_write_bytecode
    assert after == before
    assert "load_library" not in vars(torch.ops)


def test_it_may_be_entered_again_inside(trees: Trees) -> None:
    """It is left with the outermost context."""
    world = both(trees)[0]
    with world.active():
        with world.active():
            pass
        assert importlib.import_module("pkg.factor").FACTOR == 2
    assert "pkg" not in sys.modules


def test_modules_that_were_there_before_do_not_leak(
    trees: Trees, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tree: Callable[..., dict[str, str]]
) -> None:
    """They are put aside, and are the same afterwards; what is loaded outside later too."""
    monkeypatch.syspath_prepend(written(tmp_path / "outside", tree(5)))
    worlds = both(trees)
    try:
        outside = importlib.import_module("pkg.factor")
        assert [product(world, "Other") for world in worlds] == [(2, 2), (3, 3)]
        assert sys.modules["pkg.factor"] is outside
        late = importlib.import_module("pkg.late")
        assert [imported(world, "pkg.late").late() for world in worlds] == [2, 3]
        assert sys.modules["pkg.late"] is late
        assert late.late() == 5
    finally:
        for name in ("pkg", "pkg.factor", "pkg.late"):
            sys.modules.pop(name, None)


def test_an_installed_copy_is_not_taken(
    trees: Trees, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tree: Callable[..., dict[str, str]]
) -> None:
    """The tree's files win over those of a wheel, first on the path as it may be."""
    monkeypatch.syspath_prepend(written(tmp_path / "site-packages", tree(7)))
    assert [product(world, "Other") for world in both(trees)] == [(2, 2), (3, 3)]


class Editable(MetaPathFinder):
    """Maps names to files of one tree, as editable installations do."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        file = self._root / fullname.replace(".", "/")
        if (file / "__init__.py").exists():
            return importlib.util.spec_from_file_location(
                fullname, file / "__init__.py", submodule_search_locations=[str(file)]
            )
        file = file.with_suffix(".py")
        return importlib.util.spec_from_file_location(fullname, file) if file.exists() else None


@pytest.mark.parametrize("way", ["path", "finder"])
def test_an_editable_installation_does_not_lead_to_the_other(
    trees: Trees, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """By a path or by a finder before all others; nor to what only the other has."""
    base, head = trees
    written(head, {"pkg/new.py": "", "newer.py": "", "newest/__init__.py": ""})
    if way == "path":
        monkeypatch.syspath_prepend(head)
    else:
        monkeypatch.setattr(sys, "meta_path", [Editable(head), *sys.meta_path])
    worlds = both((base, head))
    assert [product(world, "Other") for world in worlds] == [(2, 2), (3, 3)]
    for name in ("pkg.new", "newer", "newest"):
        with pytest.raises(ModuleNotFoundError, match=f"No module named '{name}'"):
            imported(worlds[0], name)
        assert imported(worlds[1], name).__name__ == name


def test_the_current_folder_does_not_lead_to_the_other(trees: Trees, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is head's, and is on the path of ``python -m``."""
    base, head = trees
    written(head, {"newer.py": ""})
    monkeypatch.chdir(head)
    monkeypatch.syspath_prepend("")
    with pytest.raises(ModuleNotFoundError):
        imported(both((base, head))[0], "newer")


def test_what_the_code_does_to_the_path_is_its_own(trees: Trees) -> None:
    """A module that adds its folder to the path does so for its world."""
    for root in trees:
        line = "import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parent))\nimport factor\n"
        written(root, {"pkg/hack.py": line})
    worlds = both(trees)
    before = sys.path[:]
    assert [imported(world, "pkg.hack").factor.FACTOR for world in worlds] == [2, 3]
    assert [imported(world, "late").late() for world in worlds] == [2, 3]
    assert sys.path == before
    assert not {"factor", "late"} & set(sys.modules)


def test_a_package_without_init_is_each_ones_own(tmp_path: Path) -> None:
    """Also where an installed package shares its name; what lies there can be imported."""
    roots = [written(tmp_path / f"v{each}", {"space/one.py": f"V = {each}\n"}) for each in (1, 2)]
    installed = written(tmp_path / "site-packages", {"space/two.py": "V = 9\n"})
    sys.path.append(str(installed))
    try:
        for world in both((roots[0], roots[1])):
            assert Path(imported(world, "space.one").__file__ or "") == world.root / "space/one.py"
            assert imported(world, "space.two").V == 9
    finally:
        sys.path.remove(str(installed))
    assert not {name for name in sys.modules if name.startswith("space")}


def test_a_file_under_another_name_is_each_ones_own(trees: Trees) -> None:
    """As of a program that loads its files by their paths."""
    loader = """
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
spec = spec_from_file_location("odd_name", Path(__file__).with_name("factor.py"))
sys.modules["odd_name"] = module_from_spec(spec)
spec.loader.exec_module(sys.modules["odd_name"])
"""
    for root in trees:
        written(root, {"pkg/odd.py": loader})
    worlds = both(trees)
    for world in worlds:
        imported(world, "pkg.odd")
    assert "odd_name" not in sys.modules
    assert [imported(world, "odd_name").FACTOR for world in worlds] == [2, 3]


def test_a_tree_stands_in_for_nothing_of_the_harness(tmp_path: Path) -> None:
    """A folder or a file that is called like PyTorch, a standard module or a package of attnbench hides nothing."""
    files = {"torch/__init__.py": "", "this.py": "", "results/__init__.py": "", "attn_impls.py": "", "random/a.py": ""}
    world = World(written(tmp_path / "tree", {**files, "pkg/__init__.py": ""}))
    assert world.names == {"pkg"}
    assert imported(world, "torch") is torch
    assert imported(world, "attn_impls") is attn_impls
    with world.active():
        found = importlib.util.find_spec("this")
    assert found is not None
    assert found.origin == importlib.util.find_spec("this").origin  # type: ignore[union-attr]
    assert found.origin != str(world.root / "this.py")


def test_a_virtual_environment_inside_is_not_the_trees(tmp_path: Path) -> None:
    """What is installed there is shared."""
    root = written(tmp_path / "tree", {".venv/lib/site-packages/shared_by_worlds.py": "", "pkg/__init__.py": ""})
    sys.path.append(str(root / ".venv/lib/site-packages"))
    try:
        shared = imported(World(root), "shared_by_worlds")
        assert sys.modules["shared_by_worlds"] is shared
    finally:
        sys.path.pop()
        del sys.modules["shared_by_worlds"]


def test_a_copy_of_the_same_version_is_apart(trees: Trees) -> None:
    """Two worlds of one tree have modules of their own."""
    first, second = World(trees[0]), World(trees[0])
    assert imported(first, "pkg.factor") is not imported(second, "pkg.factor")
    assert imported(second, "pkg.factor").FACTOR == 2


def test_no_bytecode_is_written_or_read(trees: Trees) -> None:
    """A change in the same second that leaves the size is seen."""
    file = trees[0] / "pkg/factor.py"
    stamp = file.stat().st_mtime_ns
    py_compile.compile(str(file), doraise=True)
    compiled = sorted(trees[0].rglob("*.pyc"))
    file.write_text("FACTOR = 4\n")
    os.utime(file, ns=(stamp, stamp))
    assert product(World(trees[0]), "Other") == (4, 4)
    assert sorted(trees[0].rglob("*.pyc")) == compiled
    assert len(compiled) == 1
