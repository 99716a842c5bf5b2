"""A version's implementations: of a user's repository."""

from __future__ import annotations

import importlib.metadata
import sys
from typing import TYPE_CHECKING

import pytest
import torch

import attn_impls
from regression.loading import Loaded, LoadError, load
from regression.twice import NotTwiceError
from regression.worktrees import base, head
from results.records import Case, FeatureMap
from suites.build import build_module
from suites.selection import as_it_is_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.regression.conftest import Repository

MAP = Case(suite="latency", implementation="mine", source="", input=FeatureMap(batch=1, channels=2, height=2, width=2))


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


def pair(base: Path, head: Path, *plugins: str) -> tuple[Loaded, Loaded]:
    return load(base, plugins, own_tree=False, others=[head]), load(head, plugins, own_tree=False, others=[base])


def installed(folder: Path, entry: str, files: dict[str, str]) -> Path:
    """Return the folder of an installed package, one of whose modules is an entry point."""
    place = folder / "site-packages"
    files |= {
        "pkg-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: pkg\nVersion: 1\n",
        "pkg-1.dist-info/entry_points.txt": f"[attnbench.attention]\nmine = {entry}\n",
    }
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    return place


@pytest.mark.parametrize("plugin", ["pkg.attentions", "pkg.wrapped", "at_root.py", "src/beside.py"])
@pytest.mark.parametrize("below", ["", "src/"])
def test_a_branch_beside_the_working_tree(
    repository: Repository,
    tree: Callable[..., dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    plugin: str,
    below: str,
) -> None:
    """Of a user's repository, by a module or a file: outputs differ where a module far behind was edited."""
    wrapped = {
        f"{below}pkg/wrapped.py": "import importlib\nMine = importlib.import_module('.attentions', __package__).Mine\n"
        "SPECS = Mine.__attnbench_specs__\n",
        "at_root.py": "from pkg.attentions import Mine\nSPECS = Mine.__attnbench_specs__\n",
        "src/beside.py": "from pkg.attentions import Mine\nSPECS = Mine.__attnbench_specs__\n",
    }
    repository.commit(tree(2, below) | wrapped)
    repository.write({f"{below}pkg/factor.py": "FACTOR = 3\n"})
    monkeypatch.chdir(repository.root)
    with base("main", repository.root) as old:
        first, second = pair(old.root, head(repository.root).root, plugin)
        assert torch.equal(output(second, MAP), output(first, MAP) / 2 * 3)
        assert source(first, MAP) != source(second, MAP)
        assert first.registry.specs.keys() == second.registry.specs.keys()
        assert first.registry.specs["se"] is attn_impls.builtin().specs["se"]
    assert not {name for name in sys.modules if name.partition(".")[0] in {"pkg", "helper"}}
    assert list(repository.root.rglob("__pycache__")) == []


def test_sources_are_equal_where_files_are(repository: Repository, tree: Callable[..., dict[str, str]]) -> None:
    """A file that the implementation does not import is none of its; one beside its package is."""
    repository.commit(tree(2) | {"pkg/unused.py": "X = 1\n"})
    repository.write({"pkg/unused.py": "X = 2\n"})
    with base("main", repository.root) as old:
        first, second = pair(old.root, repository.root, "pkg.attentions")
        assert source(first, MAP) == source(second, MAP)
        repository.write({"helper.py": "from pkg.factor import FACTOR  # changed\n"})
        assert source(first, MAP) != source(second, MAP)


def test_a_part_that_is_imported_late_counts(repository: Repository, tree: Callable[..., dict[str, str]]) -> None:
    """Also one that only the backward pass imports."""
    repository.commit(tree(2))
    repository.write({"pkg/late.py": "def late():\n    return 5\n"})
    with base("main", repository.root) as old:
        first, second = pair(old.root, repository.root, "pkg.attentions")
        assert source(first, MAP) != source(second, MAP)


def test_a_file_is_found_from_the_current_folder(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the base's is the one at the same place."""
    simple = "import torch\nfrom attn_impls import gate\n@gate('mine')\nclass Mine(torch.nn.Identity): V = {}\n"
    repository.commit({"sub/mine.py": simple.format(1)})
    repository.write({"sub/mine.py": simple.format(2)})
    monkeypatch.chdir(repository.root / "sub")
    with base("main", repository.root) as old:
        for plugin in ("mine.py", "sub/mine.py", str(repository.root / "sub/mine.py")):
            both = pair(old.root, repository.root, plugin)
            factories = [each.registry.specs["mine"].factory for each in both]
            assert [getattr(factory, "V", None) for factory in factories] == [1, 2]


def test_a_file_outside_the_versions_imports_from_each(
    repository: Repository, tree: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    """It is one file, loaded once for each of them; its source counts what it imports."""
    (tmp_path / "outside.py").write_text("from pkg.attentions import Mine\nSPECS = Mine.__attnbench_specs__\n")
    repository.commit(tree(2))
    repository.write({"pkg/factor.py": "FACTOR = 3\n"})
    with base("main", repository.root) as old:
        first, second = pair(old.root, repository.root, str(tmp_path / "outside.py"))
        assert torch.equal(output(second, MAP), output(first, MAP) / 2 * 3)


@pytest.mark.parametrize("plugin", ["pkg.attentions", "attentions.py"])
def test_what_only_one_has_is_missing_in_the_other(
    repository: Repository, tree: Callable[..., dict[str, str]], monkeypatch: pytest.MonkeyPatch, plugin: str
) -> None:
    """New in head, or gone from it: no error, and nothing of it in the registry; what none has is an error."""
    repository.commit({"a.py": ""})
    simple = "import torch\nfrom attn_impls import gate\n@gate('mine')\nclass Mine(torch.nn.Identity): ...\n"
    repository.write(tree(3) | {"attentions.py": simple})
    monkeypatch.chdir(repository.root)
    monkeypatch.syspath_prepend(repository.root)
    with base("main", repository.root) as old:
        first, second = pair(old.root, repository.root, plugin)
    assert (first.missing, second.missing) == ((plugin,), ())
    assert ("mine" in first.registry.specs, "mine" in second.registry.specs) == (False, True)
    with pytest.raises(LoadError, match="no_such"):
        load(repository.root, ["no_such.py"], own_tree=False)
    with pytest.raises(LoadError, match="no_such: no module of this name"):
        load(repository.root, ["no_such"], own_tree=False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("X = 1\nimport pkg.gone\n", "pkg/attentions.py, line 2: ModuleNotFoundError: No module named 'pkg.gone'"),
        ("def f(:\n", "pkg/attentions.py, line 1: SyntaxError: invalid syntax"),
        ("raise SystemExit('a\\nb')\n", "pkg/attentions.py, line 1: SystemExit: a b"),
    ],
)
def test_a_base_that_does_not_import(
    repository: Repository, tree: Callable[..., dict[str, str]], text: str, said: str
) -> None:
    """One line: the file from the root on, the line and the exception."""
    repository.commit(tree(2) | {"pkg/attentions.py": text})
    with base("main", repository.root) as old, pytest.raises(LoadError) as caught:
        load(old.root, ["pkg.attentions"], own_tree=False, others=[repository.root])
    assert str(caught.value) == f"{said}; the file must import without errors"
    assert "pkg" not in sys.modules


def test_a_package_that_is_called_like_one_of_attnbenchs(
    repository: Repository, tree: Callable[..., dict[str, str]]
) -> None:
    """The running one is kept; the message says why the user's is not found."""
    repository.commit(tree(2) | {"results/__init__.py": "", "results/mine.py": ""})
    repository.write({"pkg/attentions.py": "import results.mine\n"})
    with pytest.raises(
        LoadError, match=r"No module named 'results\.mine'.*attnbench has a package 'results' of its own"
    ):
        load(repository.root, ["pkg.attentions"], own_tree=False)


def test_what_an_installed_copy_brings_comes_from_each_tree(
    repository: Repository, tree: Callable[..., dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry point of the repository's own package names a module, which each version has."""
    monkeypatch.syspath_prepend(installed(tmp_path, "pkg.attentions", tree(9)))
    assert importlib.metadata.version("pkg") == "1"
    repository.commit(tree(2))
    repository.write({"pkg/factor.py": "FACTOR = 3\n"})
    with base("main", repository.root) as old:
        for plugins in ((), ("pkg.attentions",)):
            first, second = pair(old.root, repository.root, *plugins)
            assert torch.equal(output(second, MAP), output(first, MAP) / 2 * 3)
            assert source(first, MAP) != source(second, MAP)


@pytest.mark.parametrize("plugins", [(), ("around",)])
def test_an_installed_package_that_imports_the_trees_is_loaded_for_each(
    repository: Repository,
    tree: Callable[..., dict[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    plugins: tuple[str, ...],
) -> None:
    """Whether it is named or there unasked; it would give both versions the modules of the first."""
    around = "from pkg.attentions import Mine\nSPECS = Mine.__attnbench_specs__\n"
    monkeypatch.syspath_prepend(installed(tmp_path, "around", {"around.py": around}))
    repository.commit(tree(2))
    repository.write({"pkg/factor.py": "FACTOR = 3\n"})
    with base("main", repository.root) as old:
        first, second = pair(old.root, repository.root, *plugins)
        assert torch.equal(output(second, MAP), output(first, MAP) / 2 * 3)
    assert "around" not in sys.modules


def test_a_registry_of_somebodys_hands_out_a_stranger(
    repository: Repository, tree: Callable[..., dict[str, str]]
) -> None:
    """Where names lead to whoever came last, the parts of a module tell whose they are."""
    taken = (
        "import torch\nfrom attn_impls import gate\n"
        "class Net(torch.nn.Module):\n    def forward(self, x): return x\n"
        "torch.__dict__.setdefault('names_of_somebody', {})['net'] = Net\n"
        "@gate('mine')\nclass Mine(torch.nn.Module):\n"
        "    def __init__(self, channels):\n        super().__init__()\n"
        "        self.net = torch.names_of_somebody['net']()\n"
        "    def forward(self, x): return self.net(x)\n"
    )
    repository.commit(tree(2) | {"pkg/attentions.py": taken})
    with base("main", repository.root) as old:
        first, second = pair(old.root, repository.root, "pkg.attentions")
        modules = []
        for loaded in (first, second):
            with loaded.active():
                modules.append(build_module(MAP, loaded.registry))
        assert first.strangers(modules[0]) == ("net",)
        assert second.strangers(modules[1]) == ()
    del torch.names_of_somebody  # type: ignore[attr-defined]


def test_what_cannot_be_loaded_twice_is_said(repository: Repository, tree: Callable[..., dict[str, str]]) -> None:
    """Not as a base that does not import: two processes can measure it."""
    operators = tree(2)["pkg/attentions.py"] + "\ntorch.library.define('loading_a::f', '(Tensor x) -> Tensor')\n"
    repository.commit(tree(2) | {"pkg/attentions.py": operators})
    with base("main", repository.root) as old:
        load(old.root, ["pkg.attentions"], own_tree=False, others=[repository.root])
        with pytest.raises(NotTwiceError, match="two processes"):
            load(repository.root, ["pkg.attentions"], own_tree=False, others=[old.root])
