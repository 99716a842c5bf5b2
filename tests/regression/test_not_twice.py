"""What cannot be loaded for two versions in one process is said, with the remedy."""

from __future__ import annotations

import importlib
import importlib.util
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from regression.twice import NotTwiceError
from regression.worlds import World

if TYPE_CHECKING:
    from types import ModuleType

CUSTOM = """
import torch

@torch.library.custom_op("worlds_c::f", mutates_args=())
def f(x: torch.Tensor) -> torch.Tensor:
    return x.clone()
"""
#: A registry of an installed library's, which both versions share.
REGISTERED = """
import torch
from fvcore.common.registry import Registry

registry = vars(torch).setdefault("a_registry_of_somebody", Registry("R"))

@registry.register()
class Net:
    pass
"""


def both(trees: tuple[Path, Path]) -> tuple[World, World]:
    first, second = trees
    return World(first, others=[second]), World(second, others=[first])


def imported(world: World, name: str) -> ModuleType:
    with world.active():
        return importlib.import_module(name)


def test_a_compiled_module_is_loaded_for_one_version_alone(trees: tuple[Path, Path]) -> None:
    """A tree that would do without it must not do so in one version."""
    original = importlib.util.find_spec("msgspec._core")
    assert original is not None
    assert original.origin is not None
    for root in trees:
        (root / f"pkg/_core{EXTENSION_SUFFIXES[0]}").write_bytes(Path(original.origin).read_bytes())
        (root / "pkg/fast.py").write_text("try:\n    import pkg._core\nexcept Exception:\n    pass\n")
    base, head = both(trees)
    imported(base, "pkg.fast")
    with pytest.raises(NotTwiceError, match=r"^pkg\._core is compiled \(_core\..+\), and another"):
        imported(head, "pkg.fast")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "import torch\nlibrary = torch.library.Library('worlds_a', 'DEF')\n",
            "RuntimeError: Only a single TORCH_LIBRARY can be used to register the namespace worlds_a",
        ),
        (
            "import torch\ntorch.library.define('worlds_b::f', '(Tensor x) -> Tensor')\n",
            "RuntimeError: Tried to register an operator",
        ),
        (
            CUSTOM,
            "worlds_c::f is an operator by torch.library.custom_op, and another version's is loaded",
        ),
        (
            REGISTERED,
            "AssertionError: An object named 'Net' was already registered in 'R' registry!",
        ),
    ],
    ids=["namespace", "define", "custom_op", "registry"],
)
def test_what_registers_itself_is_loaded_for_one_version_alone(
    trees: tuple[Path, Path], source: str, said: str
) -> None:
    """Operators and names in registries of others, also where a second one would replace the first unasked."""
    for root in trees:
        (root / "pkg/ops.py").write_text(source)
    base, head = both(trees)
    imported(base, "pkg.ops")
    with pytest.raises(NotTwiceError) as caught:
        imported(head, "pkg.ops")
    assert str(caught.value).startswith(said)
    assert str(caught.value).endswith("; measure the two versions in two processes")
    assert len(str(caught.value).splitlines()) == 1


def test_a_library_of_operators_is_loaded_for_one_version_alone(
    trees: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second one is refused before it is loaded: it may end the process."""
    loaded: list[str] = []
    monkeypatch.setattr(type(torch.ops), "load_library", lambda _, path: loaded.append(path))
    for root in trees:
        (root / "pkg/native.py").write_text(f"import torch\ntorch.ops.load_library({str(root / 'pkg/worlds.so')!r})\n")
    base, head = both(trees)
    imported(base, "pkg.native")
    with pytest.raises(NotTwiceError, match=r"^worlds\.so is a library of operators, and another version's is loaded"):
        imported(head, "pkg.native")
    assert loaded == [str(trees[0] / "pkg/worlds.so")]


def test_another_error_stays_what_it_is(trees: tuple[Path, Path]) -> None:
    """Nothing is said of two processes where they would not help."""
    (trees[0] / "pkg/broken.py").write_text("raise RuntimeError('broken')\n")
    with pytest.raises(RuntimeError, match=r"^broken$"):
        imported(both(trees)[0], "pkg.broken")
