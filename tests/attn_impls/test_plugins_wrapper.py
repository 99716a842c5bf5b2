"""A class that is not built as its family is: the message has the function to write, and that works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from attn_impls import Site, builtin, plugins

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """import torch
from torch import nn
from attn_impls import Family, Spec, gate
class Base(nn.Module):
    def forward(self, x): return x
"""
SITE = Site(in_channels=8, out_channels=8, kernel_size=3, stride=1, groups=1, height=4, width=4)


def function_in(tmp_path: Path, source: str) -> str:
    """Load a plug-in and return the function that its refusal has."""
    file = tmp_path / "mine.py"
    file.write_text(f"{HEAD}{source}\n")
    with pytest.raises(plugins.PluginError) as caught:
        plugins.load(builtin(), (str(file),))
    message = str(caught.value)
    assert "\n" not in message
    return message.rpartition("describe a function in its place: ")[2]


@pytest.mark.parametrize(
    ("init", "function"),
    [
        ("*, dim, block_size=2", "def build(channels): return Mine(dim=channels)"),
        ("*, block_size=2, dim", "def build(channels): return Mine(dim=channels)"),
        ("*, heads, dim", "def build(channels): return Mine(heads=..., dim=channels)"),
        ("inplanes, ratio", "def build(channels): return Mine(inplanes, ratio=...)"),
        ("in_planes, out_planes", "def build(channels): return Mine(channels, channels)"),
        ("", "def build(channels): return Mine()"),
    ],
)
def test_the_function_to_write(tmp_path: Path, init: str, function: str) -> None:
    """Channels go where the name speaks of a width; dots stand for what only the user knows."""
    source = f"@gate('mine')\nclass Mine(Base):\n    def __init__(self, {init}): super().__init__()"
    expected = function.replace("Mine(inplanes,", "Mine(channels,")
    assert function_in(tmp_path, source) == expected


def test_the_function_works(tmp_path: Path) -> None:
    """Written into the file, under a decorator, it is an implementation."""
    mine = "class Mine(Base):\n    def __init__(self, *, dim):\n        super().__init__()\n        self.dim = dim\n"
    function = function_in(tmp_path, f"{mine}SPECS = [Spec(name='m', family=Family.GATE, summary='', factory=Mine)]")
    file = tmp_path / "written_as_told.py"
    file.write_text(f"{HEAD}{mine}@gate('m')\n{function}\n")
    module = plugins.load(builtin(), (str(file),)).specs["m"].build(SITE)
    assert module.dim == 8
    assert module(torch.ones(1, 8, 4, 4)).shape == (1, 8, 4, 4)


def test_keyword_alone_is_said(tmp_path: Path) -> None:
    """Python says that there are too many arguments, which is half of the truth."""
    source = "@gate('mine')\nclass Mine(Base):\n    def __init__(self, *, dim, block_size=2): ..."
    file = tmp_path / "mine.py"
    file.write_text(f"{HEAD}{source}\n")
    with pytest.raises(plugins.PluginError, match="fails: it takes dim, block_size by keyword alone; describe a fun"):
        plugins.load(builtin(), (str(file),))


def test_a_list_as_an_option(tmp_path: Path) -> None:
    """No name can hold it; the function does."""
    source = (
        "class Kernels(Base):\n    def __init__(self, channels, kernels=(3, 5)): super().__init__()\n"
        "SPECS = [Spec(name='k', family=Family.GATE, summary='', factory=Kernels, options={'kernels': [3, 5]})]"
    )
    assert function_in(tmp_path, source) == "def build(channels): return Kernels(channels, [3, 5])"
