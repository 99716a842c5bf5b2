"""One line for every way in which what a plug-in describes cannot be built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attn_impls import builtin, plugins

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "import torch\nfrom attn_impls import Family, Spec, activation, branch, gate, normalizer\n"


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        pytest.param(
            "@gate('mine')\nclass Mine:\n    def __init__(self, channels): ...",
            3,
            "'mine': Mine is not a torch.nn.Module; derive it from one",
            id="no-module",
        ),
        pytest.param(
            "@gate('mine')\nclass Mine(torch.nn.Module):\n    def __init__(self): ...",
            3,
            "'mine' is built as every gate is, Mine(channels), and that fails: too many positional arguments; "
            "describe a function in its place: def build(channels): return Mine()",
            id="no-channels",
        ),
        pytest.param(
            "@gate('mine')\nclass Mine(torch.nn.Module):\n    def forward(self, x): ...",
            3,
            "'mine' is built as every gate is, Mine(channels), and that fails: too many positional arguments; "
            "describe a function in its place: def build(channels): return Mine()",
            id="no-init",
        ),
        pytest.param(
            "MINE = Spec(name='mine', family=Family.GATE, summary=None, factory='torch.nn:Identity')",
            3,
            "'mine': summary= is None; give text",
            id="no-summary",
        ),
        pytest.param(
            "from attn_impls import HostSpec\n"
            "MINE = HostSpec(name='mine', summary='', factory='torch.nn:Identity', slots=['pre'])",
            4,
            "'mine': slots= is ['pre']; give a dictionary",
            id="slots-in-a-list",
        ),
        pytest.param(
            "\n@gate('mine')\nclass Mine(torch.nn.Module):\n    def __init__(self, channels, reduction): ...",
            4,
            "'mine' is built as every gate is, Mine(channels), and that fails: missing a required argument: "
            "'reduction'; describe a function in its place: def build(channels): return Mine(channels, reduction=...)",
            id="needs-more",
        ),
        pytest.param(
            "@gate('mine', sized=True)\nclass Mine(torch.nn.Module):\n    def __init__(self, channels, height): ...",
            3,
            "'mine' is built as every gate is, Mine(channels, height=, width=), and that fails: got an unexpected "
            "keyword argument 'width'; describe a function in its place: "
            "def build(channels, height, width): return Mine(channels, height)",
            id="sized",
        ),
        pytest.param(
            "@branch('mine')\nclass Mine(torch.nn.Module):\n    def __init__(self, i, o, kernel_size, stride): ...",
            3,
            "'mine' is built as every branch is, Mine(in_channels, out_channels, kernel_size=, stride=, groups=), and "
            "that fails: got an unexpected keyword argument 'groups'; describe a function in its place: "
            "def build(in_channels, out_channels, kernel_size, stride, groups): "
            "return Mine(in_channels, out_channels, kernel_size, stride)",
            id="branch",
        ),
        pytest.param(
            "@normalizer('mine')\nclass Mine(torch.nn.ReLU):\n    def __init__(self): ...",
            3,
            "'mine' is built as every normalizer is, Mine(dim), and that fails: too many positional arguments; "
            "describe a function in its place: def build(dim): return Mine()",
            id="normalizer",
        ),
        pytest.param(
            "@gate('mine', reducton=4)\nclass Mine(torch.nn.Module):\n    def __init__(self, c, reduction=4): ...",
            3,
            "unknown option 'reducton' of 'mine'; did you mean 'reduction'? its options: reduction",
            id="unknown-option",
        ),
        pytest.param(
            "@activation('mine', slope=torch)\nclass Mine(torch.nn.ReLU): ...",
            3,
            "'mine': the option 'slope' is <module 'torch'",
            id="odd-option",
        ),
        pytest.param(
            "@gate('my attention')\nclass Mine(torch.nn.Identity): ...",
            3,
            "the name 'my attention' cannot be given on a command line; use letters, digits and _./+- alone",
            id="odd-name",
        ),
        pytest.param(
            "@gate\nclass Mine(torch.nn.Identity): ...",
            3,
            "TypeError: write @gate('my_name'), with a name in brackets; the file must import without errors",
            id="no-name",
        ),
        pytest.param(
            "S = Spec(\n    name='mine',\n    family=Family.GATE, summary='', factory='torch.nn:Nonesuch')",
            4,
            "'mine': the factory 'torch.nn:Nonesuch' is not there: module 'torch.nn' has no attribute 'Nonesuch'; "
            "write 'package.module:Class'",
            id="no-class",
        ),
        pytest.param(
            "S = Spec(name='mine', family=Family.GATE, summary='', factory='nonesuch:Mine')",
            3,
            "'mine': the factory 'nonesuch:Mine' is not there: No module named 'nonesuch'; "
            "write 'package.module:Class'",
            id="no-such-module",
        ),
        pytest.param(
            "S = Spec(name='mine', family='gates', summary='', factory='torch.nn:Identity')",
            3,
            "'mine': 'gates' is no family; use one of attn_impls.Family: normalizer, activation, gate, branch",
            id="family",
        ),
        pytest.param(
            "S = Spec(name='mine', family=Family.GATE, summary='', factory='torch.nn:__name__')",
            3,
            "'mine': the factory 'torch.nn:__name__' cannot be called; give a class",
            id="not-callable",
        ),
    ],
)
def test_a_broken_contract(tmp_path: Path, source: str, line: int, message: str) -> None:
    """The message names the file, the line of the name, what is wrong and what to do."""
    file = tmp_path / "mine.py"
    file.write_text(f"{HEAD}{source}\n")
    with pytest.raises(plugins.PluginError) as caught:
        plugins.load(builtin(), (str(file),))
    assert str(caught.value).startswith(f"{file}, line {line}: {message}")
    assert "\n" not in str(caught.value)


def test_a_class_is_not_built_to_be_checked(tmp_path: Path) -> None:
    """One that fails when it is built is a case that fails, beside others that do not."""
    file = tmp_path / "raises.py"
    file.write_text(
        f"{HEAD}@gate('mine')\nclass Mine(torch.nn.Module):\n    def __init__(self, channels): raise ValueError\n"
    )
    assert "mine" in plugins.load(builtin(), (str(file),)).specs
