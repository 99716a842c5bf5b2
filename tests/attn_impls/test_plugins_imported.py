"""Classes that a plug-in imports and decorates."""

from __future__ import annotations

import itertools
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from torch import nn

from attn_impls import Site, builtin, plugins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNTER = itertools.count()
SITE = Site(in_channels=8, out_channels=8, kernel_size=3, stride=1, groups=1, height=4, width=4)
THEIRS = """
    from torch import nn

    class Theirs(nn.Module):
        def __init__(self, channel=512):
            super().__init__()
            self.fc = nn.Conv2d(channel, channel, 1)

        def forward(self, x):
            return x * self.fc(x).sigmoid()
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return what writes a package of a library and of a plug-in, and gives its name, never used before."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def to_package(**files: str) -> str:
        name = f"imported_package_{next(COUNTER)}"
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        for file, source in files.items():
            (tmp_path / name / f"{file}.py").write_text(dedent(source).replace("PACKAGE", name))
        return name

    return to_package


def added(*names: str) -> list[str]:
    """Return the names that plug-ins add."""
    return list(plugins.load(builtin(), names).specs)[len(builtin().specs) :]


def test_a_librarys_class_is_described_by_who_decorates_it(write: Callable[..., str], tmp_path: Path) -> None:
    """In a file beside the library; the class is built with the number of channels."""
    package = write(library=THEIRS)
    file = tmp_path / "mine.py"
    file.write_text(
        f"from attn_impls import gate\nfrom {package}.library import Theirs\nmine = gate('case/theirs')(Theirs)\n"
    )
    registry = plugins.load(builtin(), (str(file),))
    assert type(registry.specs["case/theirs"].build(SITE)).__name__ == "Theirs"
    assert added(str(file)) == ["case/theirs"]


def test_nobody_else_describes_it(write: Callable[..., str], tmp_path: Path) -> None:
    """Two files that decorate one class have a name each."""
    package = write(library=THEIRS)
    files = [tmp_path / "first.py", tmp_path / "second.py"]
    for file in files:
        source = f"from attn_impls import gate\nfrom {package}.library import Theirs\n"
        file.write_text(f"{source}gate('case/{file.stem}')(Theirs)\n")
    assert added(str(files[0])) == ["case/first"]
    assert added(str(files[1])) == ["case/second"]


def test_an_edited_file_describes_it_once(write: Callable[..., str], tmp_path: Path) -> None:
    """What an earlier version of the file said of a library's class is gone with it."""
    package, file = write(library=THEIRS), tmp_path / "edited.py"
    for name in ("case/before", "case/after"):
        file.write_text(f"from attn_impls import gate\nfrom {package}.library import Theirs\ngate('{name}')(Theirs)\n")
        assert added(str(file)) == [name]


def test_a_partial_is_described(tmp_path: Path) -> None:
    """It has no module of its own, but somebody who decorates it."""
    file = tmp_path / "partly.py"
    file.write_text(
        "from functools import partial\nfrom torch import nn\nfrom attn_impls import gate\n"
        "gate('case/partial')(partial(nn.GroupNorm, 4))\n"
    )
    module = plugins.load(builtin(), (str(file),)).specs["case/partial"].build(SITE)
    assert isinstance(module, nn.GroupNorm)
    assert (module.num_groups, module.num_channels) == (4, 8)


def test_a_package_has_what_its_modules_describe(write: Callable[..., str]) -> None:
    """Also of a class of torch that it hands on."""
    package = write(gates="from torch import nn\nfrom attn_impls import gate\nnorm = gate('case/same')(nn.Identity)\n")
    with open(f"{package}/__init__.py", "w", encoding="utf-8") as file:  # noqa: PTH123 - the current folder is ours
        file.write("from .gates import norm\n")
    assert added(package) == ["case/same"]


def test_a_file_that_only_imports_what_is_described(write: Callable[..., str]) -> None:
    """The message names the file to give in its place."""
    described = "import torch\nfrom attn_impls import gate\n@gate('case/x')\nclass X(torch.nn.Identity): ...\n"
    package = write(described=described, other="from PACKAGE.described import X\n")
    with pytest.raises(plugins.PluginError) as caught:
        plugins.load(builtin(), (f"{package}.other",))
    message = str(caught.value)
    assert message.startswith(f"{package}.other: describes no implementation; 'case/x' is described in ")
    assert message.endswith("described.py; name that with --plugin")


def test_a_file_that_only_imports_a_librarys_class(write: Callable[..., str]) -> None:
    """Who describes it is not the library that it is from, but who decorated it."""
    gates = "from attn_impls import gate\nfrom PACKAGE.library import Theirs\nmine = gate('case/y')(Theirs)\n"
    package = write(library=THEIRS, gates=gates, other="from PACKAGE.gates import mine\n")
    with pytest.raises(plugins.PluginError) as caught:
        plugins.load(builtin(), (f"{package}.other",))
    message = str(caught.value)
    assert message.startswith(f"{package}.other: describes no implementation; 'case/y' is described in ")
    assert message.endswith("gates.py; name that with --plugin")


def test_a_helper_decorates_a_class_of_the_file(write: Callable[..., str], tmp_path: Path) -> None:
    """The class is the file's own, whoever calls the decorator."""
    helper = "from attn_impls import gate\ndef register(factory):\n    return gate('case/helped')(factory)\n"
    package, file = write(helper=helper), tmp_path / "helped.py"
    file.write_text(
        f"from torch import nn\nfrom {package}.helper import register\n@register\nclass Mine(nn.Identity): ...\n"
    )
    assert added(str(file)) == ["case/helped"]
