"""The digest by which a changed implementation is another case."""

from __future__ import annotations

import importlib
import shutil
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import attn_impls
from attn_impls import builtin, plugins
from attn_impls.sources import digest

if TYPE_CHECKING:
    from collections.abc import Callable

SE = "attn_impls.gates.squeeze_excite:SqueezeExcite"
SIMAM = "attn_impls.gates.simam:SimAM"
SPLIT = "attn_impls.branches.split:SplitAttention"
FUSED = "attn_impls.kernels.modules:FusedHardSoftmax"

PLUGIN = '''
import torch
from attn_impls import gate

@gate("digested")
class Digested(torch.nn.Identity):
    """Passes through."""
'''


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Callable[..., str]]:
    """Return a copy of the package that may be changed, and what gives the digest of the copy of one of ours."""
    name = f"attn_impls_copied_{len(sys.modules)}"
    shutil.copytree(Path(attn_impls.__file__).parent, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module(name)
    return tmp_path / name, lambda factory: digest(factory.replace("attn_impls", name, 1))


def append(file: Path, text: str) -> None:
    """Write at the end of a file."""
    file.write_text(f"{file.read_text()}{text}\n")


def test_twelve_hexadecimal_digits() -> None:
    """Short enough for a table, long enough to tell implementations apart."""
    assert len(digest(SE)) == 12
    assert int(digest(SE), 16) >= 0


def test_a_change_of_the_file_is_seen(copied: tuple[Path, Callable[..., str]]) -> None:
    """A changed implementation has another digest, and one in another file has not."""
    package, digest_of = copied
    before = digest_of(SE), digest_of(SPLIT)
    append(package / "gates/squeeze_excite.py", "# changed")
    assert digest_of(SE) != before[0]
    assert digest_of(SPLIT) == before[1]


def test_a_change_of_what_it_imports_is_seen(copied: tuple[Path, Callable[..., str]]) -> None:
    """At any depth: split attention uses the shared selection, which uses the normalisers and their base."""
    package, digest_of = copied
    before = digest_of(SIMAM), digest_of(SPLIT)
    append(package / "along_dim.py", "# changed")
    assert digest_of(SPLIT) != before[1]
    assert digest_of(SIMAM) == before[0]


def test_an_imported_submodule_is_followed(copied: tuple[Path, Callable[..., str]]) -> None:
    """``from . import helper`` is a relative import like any other."""
    package, digest_of = copied
    helper = package / "gates/helper.py"
    helper.write_text("RATIO = 16\n")
    append(package / "gates/squeeze_excite.py", "from . import helper")
    before = digest_of(SE)
    helper.write_text("RATIO = 4\n")
    assert digest_of(SE) != before


def test_a_copy_elsewhere_has_the_same_digests(copied: tuple[Path, Callable[..., str]]) -> None:
    """What counts is the source, not where it is installed: runs of two machines can be compared."""
    _, digest_of = copied
    factories = [spec.factory for spec in builtin().specs.values()]
    factories += [host.factory for host in builtin().hosts.values()]
    assert [digest_of(factory) for factory in factories] == [digest(factory) for factory in factories]


def test_a_change_of_a_native_source_is_seen(copied: tuple[Path, Callable[..., str]]) -> None:
    """What a module compiles is part of it."""
    package, digest_of = copied
    before = digest_of(FUSED)
    append(package / "kernels/native/kernels.cpp", "// changed")
    assert digest_of(FUSED) != before


def test_of_all_normalisers_the_chosen_one_counts(copied: tuple[Path, Callable[..., str]]) -> None:
    """A change of sparsemax, or of fused kernels, is none of a module that has another normaliser."""
    package, _ = copied
    names = ("sk/softmax", "sk/softmax:normalizer=sparsemax", "sk/softmax:normalizer=hard_softmax/fused")

    def digests() -> list[str]:
        known = sys.modules[package.name].builtin()
        return [digest(*known.find(name).factories) for name in names]

    before = digests()
    append(package / "sparse_normalizers.py", "# changed")
    sparse = digests()
    append(package / "kernels/native/kernels.cpp", "// changed")
    assert [one == other for one, other in zip(before, sparse, strict=True)] == [True, False, True]
    assert [one == other for one, other in zip(sparse, digests(), strict=True)] == [True, True, False]


def test_two_classes_of_one_file_differ() -> None:
    """The name counts too."""
    assert digest("attn_impls.normalizers:HardSoftmax") != digest("attn_impls.normalizers:StableSoftmax")


def test_an_implementation_of_another_package_counts_by_name() -> None:
    """Its version is in the environment's record."""
    assert digest("torch.nn:Softmax") == digest("torch.nn:Softmax")
    assert digest("torch.nn:Softmax") != digest("torch.nn:Softmin")


def test_a_change_of_a_plugin_is_seen(tmp_path: Path) -> None:
    """An implementation of one's own that was changed is measured anew."""
    file = tmp_path / "digested.py"
    file.write_text(PLUGIN)
    before = digest(plugins.load(builtin(), (str(file),)).specs["digested"].factory)
    append(file, "# changed")
    assert digest(plugins.load(builtin(), (str(file),)).specs["digested"].factory) != before


def test_what_a_plugin_imports_from_beside_it_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the top, in a function, by its text, from a package; not what it does not import, nor what is installed."""
    monkeypatch.syspath_prepend(tmp_path)
    files = {name: tmp_path / f"beside_{name}.py" for name in ("top", "late", "text", "unused")}
    files["package"] = tmp_path / "beside_package/part.py"
    files["around"] = tmp_path / "beside_package/__init__.py"
    files["installed"] = tmp_path / "site-packages/beside_installed.py"
    monkeypatch.syspath_prepend(tmp_path / "site-packages")
    for file in files.values():
        file.parent.mkdir(exist_ok=True)
        file.write_text("X = 1\n")
    plugin = tmp_path / "with_helpers.py"
    plugin.write_text(
        f"import importlib\nimport beside_top, beside_installed\n{PLUGIN}\n"
        "    def forward(self, x):\n        import beside_late\n        importlib.import_module('beside_text')\n"
        "        from beside_package import part\n        return x\n"
    )
    factory = plugins.load(builtin(), (str(plugin),)).specs["digested"].factory
    seen = {}
    for name, file in files.items():
        before = digest(factory)
        append(file, "# changed")
        seen[name] = digest(factory) != before
    assert {name for name, changed in seen.items() if changed} == {"top", "late", "text", "package", "around"}


def test_a_compiled_part_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it imports is not known, and is no error."""
    monkeypatch.syspath_prepend(tmp_path)
    compiled = tmp_path / f"compiled_beside{EXTENSION_SUFFIXES[0]}"
    compiled.write_bytes(b"\0one")
    (tmp_path / "uses_compiled.py").write_text("def f():\n    import compiled_beside\n")
    before = digest("uses_compiled:f")
    compiled.write_bytes(b"\0two")
    assert digest("uses_compiled:f") != before


WRAPPING = '''
import importlib.util
import sys
from pathlib import Path
import torch
from attn_impls import Family, Spec

HERE = Path(__file__).parent

def by_path(name):
    """Load a file that no import statement names."""
    file = HERE.joinpath(name).with_suffix("." + "py")
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

sys.path.insert(0, str(HERE))
import reached_adapter
sys.path.remove(str(HERE))

class Derived(by_path("reached_base").Base):
    def __init__(self, channels):
        super().__init__(channels)
        self.inner = KINDS["inner"](channels)

KINDS = {"inner": by_path("reached_inner").Inner}
KERNEL = HERE / "reached_csrc" / "reached_kernel.cu"
SPECS = [
    Spec(name="reached/derived", family=Family.GATE, summary="", factory=Derived),
    Spec(name="reached/wrapped", family=Family.GATE, summary="", factory=reached_adapter.adapt(Derived, 4)),
]
'''
ADAPTER = """
import functools

def adapt(kind, groups):
    @functools.wraps(functools.partial)
    def make(channels):
        return kind(channels)
    def counted(channels):
        return (make(channels), groups)[0]
    return counted
"""
INNER = "import torch\nimport importlib\nclass {0}(torch.nn.Identity):\n    def part(self, name):\n"
PARTS = "        return importlib.import_module(f'reached_parts.{name}')\n"


def test_every_file_of_ones_own_that_a_plugin_reaches_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Base classes and members loaded by path, what an adapter wraps, a package by its name's start, a kernel."""
    files = {
        "reached_adapter.py": ADAPTER,
        "reached_base.py": INNER.format("Base") + PARTS,
        "reached_inner.py": "from reached_deep import Inner\n",
        "reached_deep.py": INNER.format("Inner") + PARTS,
        "reached_parts/__init__.py": "",
        "reached_parts/one.py": "X = 1\n",
        "reached_csrc/reached_kernel.cu": "// kernel\n",
        "reached_unused.py": "X = 1\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    plugin = tmp_path / "reaching.py"
    plugin.write_text(WRAPPING)
    specs = plugins.load(builtin(), (str(plugin),)).specs
    for name in ("reached/derived", "reached/wrapped"):
        seen = set()
        for file in (*files, "reaching.py"):
            before = digest(*specs[name].factories)
            append(tmp_path / file, "#" if file.endswith(".py") else "//")
            if digest(*specs[name].factories) != before:
                seen.add(file)
        expected = {*files, "reaching.py"} - {"reached_unused.py"}
        # The plug-in's file imports the adapter for both.
        assert seen == expected, name


def test_what_a_closure_holds_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same adapter around the same class with another number makes another module; a count of calls does not."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "holding.py").write_text(
        "def adapt(groups):\n    calls = 0\n    def make(channels):\n        nonlocal calls\n        calls += 1\n"
        "        return groups\n    return make\n"
    )
    adapt = importlib.import_module("holding").adapt
    four, other, eight = adapt(4), adapt(4), adapt(8)
    other(1)
    assert digest(four) == digest(other) != digest(eight)
