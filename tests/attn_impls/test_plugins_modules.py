"""Plug-ins by the name of a module: packages of one's own, Spec and HostSpec objects, and their source."""

from __future__ import annotations

import itertools
from functools import partial
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from torch import nn

from attn_impls import builtin, plugins
from attn_impls.sources import digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from attn_impls import Registry

COUNTER = itertools.count()

GATE = '''
    import torch
    from attn_impls import gate

    @gate("mine/one")
    class One(torch.nn.Identity):
        """Passes through."""
'''


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return what writes a package into the current folder: files and their sources -> its name, never used before."""
    monkeypatch.chdir(tmp_path)
    # What a plug-in adds to it is taken away again.
    monkeypatch.syspath_prepend(tmp_path / "nothing")

    def to_package(**files: str) -> str:
        name = f"plugin_package_{next(COUNTER)}"
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        for file, source in files.items():
            (tmp_path / name / f"{file}.py").write_text(dedent(source))
        return name

    return to_package


def load(*names: str) -> Registry:
    """Add plug-ins to what comes with attnbench."""
    return plugins.load(builtin(), names)


def added(*names: str) -> list[str]:
    """Return the names that plug-ins add."""
    return list(load(*names).specs)[len(builtin().specs) :]


def refusal(*names: str) -> str:
    """Return why plug-ins cannot be used."""
    with pytest.raises(plugins.PluginError) as caught:
        load(*names)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("plugin", "file"),
    [("mine.py", True), ("folder/mine", True), ("./timm", True), ("mine", False), ("package.mine", False)],
)
def test_what_is_a_file(plugin: str, *, file: bool) -> None:
    """What ends in .py or names a folder is a file, everything else a module."""
    assert plugins.is_file(plugin) is file


def test_a_module_of_the_current_folder(write: Callable[..., str]) -> None:
    """A dotted name is imported, from where attnbench was started too."""
    assert added(f"{write(gates=GATE)}.gates") == ["mine/one"]


def test_a_package_counts_what_it_imports_from_itself(write: Callable[..., str]) -> None:
    """One name stands for all modules of a package; classes from elsewhere are not described again."""
    package = write(__init__="from .gates import One\nfrom torch.nn import Identity\n", gates=GATE)
    assert added(package) == ["mine/one"]


def test_another_process_finds_it_by_the_same_name(write: Callable[..., str]) -> None:
    """A file's path is made absolute, the name of a module stays."""
    module = f"{write(gates=GATE)}.gates"
    assert plugins.absolute(module) == module
    assert plugins.absolute("mine.py").endswith("/mine.py")
    assert plugins.absolute("mine.py") != "mine.py"


def test_specs_are_implementations(write: Callable[..., str]) -> None:
    """One object each, by itself or in SPECS; an object that is in both is one."""
    source = """
        from attn_impls import Family, Spec

        def row(name): return Spec(name=name, family=Family.GATE, summary="passes", factory="torch.nn:Identity")

        ALONE = row("alone")
        SPECS = (ALONE, row("listed"))
        OTHER = (row("of another use"),)
    """
    assert added(f"{write(rows=source)}.rows") == ["alone", "listed"]


def test_hosts_of_ones_own(write: Callable[..., str]) -> None:
    """A HostSpec is a network like the built-in ones, beside them."""
    source = """
        from torch import nn
        from attn_impls import Family, HostSpec, Site

        def build(placement, *, num_classes, image_size):
            size = {"kernel_size": 1, "stride": 1, "groups": 1, "height": image_size, "width": image_size}
            gate = placement.gate_at("here", Site(in_channels=3, out_channels=3, **size))
            return nn.Sequential(gate, nn.Flatten(), nn.Linear(3 * image_size**2, num_classes))

        HOST = HostSpec(name="tiny", summary="one layer", factory=build, slots={"here": Family.GATE}, image_size=8)
    """
    registry = load(f"{write(host=source)}.host")
    assert list(registry.hosts) == [*builtin().hosts, "tiny"]
    network = registry.hosts["tiny"].build(registry.specs["se"])
    assert type(network.get_submodule("0")).__name__ == "SqueezeExcite"


def test_a_hosts_name_may_be_taken(write: Callable[..., str]) -> None:
    """No network is replaced; the message has the line of the second one."""
    source = """
        from attn_impls import Family, HostSpec
        HOST = HostSpec(
            name="resnet50", summary="mine", factory="torch.nn:Identity", slots={"here": Family.GATE}
        )
    """
    package = write(host=source)
    message = refusal(f"{package}.host")
    assert message.endswith(f"{package}/host.py, line 4: the backbone name 'resnet50' is taken; choose another")


def test_a_module_that_is_not_there() -> None:
    """The message has the three kinds of plug-ins."""
    assert refusal("nonesuch_package.mine") == (
        "nonesuch_package.mine: no module of this name; --plugin takes a FILE.py, a module that can be imported from "
        "here, or one of timm, flash_attn, xformers, natten"
    )


def test_a_module_that_cannot_be_imported(write: Callable[..., str]) -> None:
    """The message names the file of the package that is at fault, and its line."""
    package = write(gates="from .helper import x", helper="\n\nx = 1 / 0")
    message = refusal(f"{package}.gates")
    assert message.endswith(
        f"{package}/helper.py, line 3: ZeroDivisionError: division by zero; the file must import without errors"
    )


def test_a_module_that_needs_what_is_not_there(write: Callable[..., str]) -> None:
    """That a module imports what is missing is not said to be a missing plug-in."""
    package = write(gates="import nonesuch")
    message = refusal(f"{package}.gates")
    assert message.endswith(
        f"{package}/gates.py, line 1: ModuleNotFoundError: No module named 'nonesuch'; "
        "install nonesuch, or put its folder on PYTHONPATH"
    )


@pytest.mark.parametrize("factory", ["text", "class"])
def test_a_change_of_the_module_is_seen(write: Callable[..., str], tmp_path: Path, factory: str) -> None:
    """Of its file and of what that imports from its package, relatively or not; nothing else of it counts."""
    package = write(gates=GATE + "    from .helper import A\n", helper="A = 1\n", other="B = 1\n")
    (tmp_path / package / "helper.py").write_text(f"from {package}.deep import C as A\n")
    (tmp_path / package / "deep.py").write_text("C = 1\n")
    loaded = load(f"{package}.gates").specs["mine/one"].factory
    made = loaded if factory == "class" else f"{package}.gates:One"
    digests = [digest(made)]
    for name in ("gates", "helper", "deep", "other"):
        file = tmp_path / package / f"{name}.py"
        file.write_text(file.read_text() + "# changed\n")
        digests.append(digest(made))
    assert len(set(digests)) == 4
    assert digests[3] == digests[4]


def test_an_installed_package_counts_by_name_and_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files may differ by platform; the same version is the same implementation."""
    digests = []
    for name, version, source in (("a", "1", "X = 1"), ("b", "1", "X = 2"), ("c", "2", "X = 2")):
        root = tmp_path / name / "site-packages"
        package, distribution = root / f"installed_{name}", root / f"installed_{name}-{version}.dist-info"
        package.mkdir(parents=True)
        distribution.mkdir()
        (package / "__init__.py").write_text(source)
        (distribution / "METADATA").write_text(f"Metadata-Version: 2.1\nName: installed_{name}\nVersion: {version}\n")
        monkeypatch.syspath_prepend(root)
        digests.append(digest(f"installed_{name}:Gate"))
    assert len(set(digests)) == 3
    (tmp_path / "a/site-packages/installed_a/__init__.py").write_text("X = 3")
    assert digest("installed_a:Gate") == digests[0]


def test_a_partial_counts_what_it_holds() -> None:
    """Arguments are part of an implementation, addresses in memory are not."""

    def made(inplace: bool) -> str:  # noqa: FBT001 - the argument's own name
        return digest(partial(nn.ReLU, inplace=inplace))

    assert made(inplace=True) == made(inplace=True) != made(inplace=False)
    assert digest(partial(make_with, nn.ReLU)) != digest(partial(make_with, nn.GELU))


def make_with(layer: Callable[[], nn.Module], channels: int) -> nn.Module:
    """Stand for an adapter's function."""
    return nn.Sequential(layer(), nn.LazyLinear(channels))


@pytest.mark.parametrize("name", ["", "..", "mine.", "mine-2"])
def test_what_cannot_be_a_module_is_refused_as_one_that_is_not_there(name: str) -> None:
    """Not with the words of the import machinery."""
    with pytest.raises(plugins.PluginError, match="no module of this name; --plugin takes a FILE"):
        load(name)


@pytest.mark.parametrize("raised", ["SystemExit(3)", "GeneratorExit('gone')"])
def test_no_exception_of_a_module_gets_through(write: Callable[..., str], raised: str) -> None:
    """What is no Exception is said in a line too."""
    name = write(one=f"\nraise {raised}")
    with pytest.raises(plugins.PluginError, match=r"one\.py, line 2: (SystemExit|GeneratorExit): "):
        load(f"{name}.one")
