"""Implementations from files of one's own: what is loaded, and one line for whatever is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
import torch

from attn_impls import Family, Site, builtin, plugins
from attn_impls.sources import digest
from bench.errors import UsageError
from results import load as load_run
from suites import choices

if TYPE_CHECKING:
    from collections.abc import Callable

    from attn_impls import Registry

SITE = Site(in_channels=8, out_channels=8, kernel_size=3, stride=1, groups=1, height=4, width=4)

GOOD = '''
    import torch
    from attn_impls import gate

    @gate("my_attention", paper="arXiv:2601.01234", power=2)
    class MyAttention(torch.nn.Module):
        """Scales each channel by its mean.

        [B, C, H, W] -> same.
        """

        def __init__(self, channels: int, *, power: int) -> None:
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(channels, 1, 1))
            self.power = power

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * torch.sigmoid(self.scale * x.mean((2, 3), keepdim=True)) ** self.power
'''


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Return what writes a plug-in: name of the file, source -> its path."""

    def to_file(name: str, source: str) -> Path:
        file = tmp_path / name
        file.write_text(dedent(source))
        return file

    return to_file


def load(*files: Path) -> Registry:
    """Add plug-ins to what comes with attnbench."""
    return plugins.load(builtin(), tuple(str(file) for file in files))


def refusal(*files: Path) -> str:
    """Return why these plug-ins cannot be used."""
    with pytest.raises(plugins.PluginError) as caught:
        load(*files)
    return str(caught.value)


def test_a_decorated_class_is_an_implementation(write: Callable[[str, str], Path]) -> None:
    """Its name, paper and options are those of the decorator, its summary the first line of its docstring."""
    registry = load(write("mine.py", GOOD))
    spec = registry.specs["my_attention"]
    assert list(registry.specs) == [*builtin().specs, "my_attention"]
    assert (spec.family, spec.paper, dict(spec.options)) == (Family.GATE, "arXiv:2601.01234", {"power": 2})
    assert spec.summary == "Scales each channel by its mean."


def test_an_implementation_of_ones_own_can_be_built(write: Callable[[str, str], Path]) -> None:
    """It takes its place in a network, with its options."""
    module = load(write("mine.py", GOOD)).specs["my_attention"].build(SITE)
    # A map of ones: sigmoid(1) squared.
    torch.testing.assert_close(module(torch.ones(1, 8, 2, 2)), torch.full((1, 8, 2, 2), 0.5344466))


def test_every_family_has_a_decorator(write: Callable[[str, str], Path]) -> None:
    """Normalisers, activations, gates and branches, in the order of the file; one class under two names is two."""
    file = write(
        "families.py",
        """
        import torch
        from attn_impls import activation, branch, gate, normalizer

        @normalizer("a")
        class A(torch.nn.Softmax): ...

        @activation("b/leaky", negative_slope=0.5)
        @activation("b", negative_slope=0.1)
        class B(torch.nn.LeakyReLU): ...

        @gate("c")
        class C(torch.nn.Identity): ...

        @branch("d")
        class D(torch.nn.Conv2d): ...
        """,
    )
    added = list(load(file).specs.values())[len(builtin().specs) :]
    assert [(spec.name, spec.family.value, dict(spec.options)) for spec in added] == [
        ("a", "normalizer", {}),
        ("b", "activation", {"negative_slope": 0.1}),
        ("b/leaky", "activation", {"negative_slope": 0.5}),
        ("c", "gate", {}),
        ("d", "branch", {}),
    ]


def test_several_files_add_up(write: Callable[[str, str], Path]) -> None:
    """Each file adds what it describes, in the order given."""
    other = "import torch, attn_impls\n@attn_impls.gate('other')\nclass Other(torch.nn.Identity): ..."
    registry = load(write("other.py", other), write("mine.py", GOOD))
    assert list(registry.specs)[-2:] == ["other", "my_attention"]


def test_a_plugin_may_define_other_things(write: Callable[[str, str], Path]) -> None:
    """Functions, constants, named tuples and slotted objects beside the attention are none of our business."""
    file = write(
        "others.py",
        """
        from dataclasses import dataclass
        from typing import NamedTuple
        import torch
        from attn_impls import gate

        class Row(NamedTuple):
            width: int

        @dataclass(slots=True)
        class Config:
            width: int = 3

        ROW, CONFIG, WIDTH = Row(3), Config(), 3

        def double(x): return 2 * x

        @gate("mine")
        class Mine(torch.nn.Identity): ...
        """,
    )
    assert list(load(file).specs)[-1] == "mine"


def test_an_imported_implementation_is_not_described_again(write: Callable[[str, str], Path]) -> None:
    """A subclass without a decorator of its own has no name, and its base's name is not taken twice."""
    file = write("derived.py", dedent(GOOD) + "\nclass Derived(MyAttention): ...\nAGAIN = MyAttention\n")
    assert list(load(file).specs)[-2:] == ["hilo", "my_attention"]


def test_a_missing_file(tmp_path: Path) -> None:
    """The message says what the option takes."""
    file = tmp_path / "missing.py"
    assert refusal(file) == f"{file}: no such file; --plugin takes the path of a Python file"


def test_a_file_given_twice_is_one(write: Callable[[str, str], Path]) -> None:
    """Its names are not taken by itself."""
    file = write("mine.py", GOOD)
    assert list(load(file, file).specs) == [*builtin().specs, "my_attention"]


def test_files_of_one_name_in_two_folders_are_two(write: Callable[[str, str], Path], tmp_path: Path) -> None:
    """Neither hides the other's source: a change of one is no change of the other."""
    (tmp_path / "other").mkdir()
    first = write("mine.py", GOOD)
    second = write("other/mine.py", GOOD.replace("my_attention", "other_attention"))
    known = load(first, second).specs
    before = digest(known["my_attention"].factory), digest(known["other_attention"].factory)
    second.write_text(second.read_text() + "# changed")
    assert digest(known["my_attention"].factory) == before[0]
    assert digest(known["other_attention"].factory) != before[1]


def test_a_file_that_is_not_python(write: Callable[[str, str], Path]) -> None:
    """A file of another kind is refused by its name."""
    file = write("notes.txt", "gate")
    assert refusal(file) == f"{file}: not a Python file; its name must end in .py"


@pytest.mark.parametrize(
    ("source", "line", "error"),
    [
        pytest.param("x = 1\n\ny = x / 0\n", 3, "ZeroDivisionError: division by zero", id="at the top"),
        pytest.param(
            "def f():\n    return 1 / 0\n\nf()\n", 2, "ZeroDivisionError: division by zero", id="in a function"
        ),
        pytest.param("import torch\ntorch.ones(2) @ torch.ones(3)\n", 2, "RuntimeError: ", id="inside a library"),
        pytest.param("x = 1\ndef f(:\n", 2, "SyntaxError: ", id="syntax"),
        pytest.param("import os\nos._exit(0)\n", 2, "SystemExit: 0", id="the end of the process"),
        pytest.param("import os\nos.abort()\n", 2, "SystemExit: os.abort() would end this process", id="abort"),
        pytest.param(
            "import os\nos.kill(os.getpid(), 9)\n",
            2,
            "SystemExit: os.kill sends SIGKILL to this process, which would end it",
            id="killed",
        ),
        pytest.param(
            "import signal\nsignal.raise_signal(2)\n",
            2,
            "SystemExit: signal.raise_signal sends SIGINT to this process, which would end it",
            id="interrupted",
        ),
    ],
)
def test_a_file_that_cannot_be_imported(write: Callable[[str, str], Path], source: str, line: int, error: str) -> None:
    """The message names the file, the line in that file, and the error."""
    file = write("broken.py", source)
    message = refusal(file)
    assert message.startswith(f"{file}, line {line}: {error}")
    assert message.endswith("; the file must import without errors")


def test_a_file_that_needs_what_is_not_there(write: Callable[[str, str], Path]) -> None:
    """The remedy names what is missing, not the file that is in order."""
    file = write("needs.py", "import nonesuch.part\n")
    assert refusal(file) == (
        f"{file}, line 1: ModuleNotFoundError: No module named 'nonesuch'; install nonesuch, or put its folder on "
        "PYTHONPATH"
    )


def test_an_error_of_several_lines_is_one(write: Callable[[str, str], Path]) -> None:
    """All of its first paragraph is said, because the first line alone may be empty of meaning."""
    file = write("lines.py", "raise ValueError('\\n cannot split:\\n  64 channels in 3 heads\\n\\nadvice')\n")
    assert refusal(file) == (
        f"{file}, line 1: ValueError: cannot split: 64 channels in 3 heads; the file must import without errors"
    )


def test_a_broken_file_can_be_mended(write: Callable[[str, str], Path]) -> None:
    """Nothing of it stays behind: mended, the same file loads."""
    refusal(write("mended.py", "1 / 0"))
    assert not any("mended" in name for name in sys.modules)
    assert "my_attention" in load(write("mended.py", GOOD)).specs


def test_a_file_that_describes_nothing(write: Callable[[str, str], Path]) -> None:
    """A class without a decorator is no implementation; the message shows the decorator."""
    file = write("bare.py", "import torch\nclass Mine(torch.nn.Identity): ...\n")
    assert refusal(file) == (
        f"{file}: describes no implementation; decorate a class, e.g. @attn_impls.gate('my_attention')"
    )


@pytest.mark.parametrize("name", ["se", "none"])
def test_a_taken_name(write: Callable[[str, str], Path], name: str) -> None:
    """A plug-in replaces nothing that is there, the plain backbone included."""
    file = write("taken.py", f"import torch, attn_impls\n@attn_impls.gate({name!r})\nclass M(torch.nn.Identity): ...")
    assert refusal(file) == f"{file}, line 2: the implementation name {name!r} is taken; choose another"


def test_two_files_cannot_share_a_name(write: Callable[[str, str], Path]) -> None:
    """The second file is named, not the first."""
    first, second = write("first.py", GOOD), write("second.py", GOOD)
    assert refusal(first, second) == (
        f"{second}, line 5: the implementation name 'my_attention' is taken; choose another"
    )


def test_a_bad_plugin_is_a_usage_error(tmp_path: Path) -> None:
    """On the command line it is bad input: one line, no traceback."""
    file = tmp_path / "missing.py"
    with pytest.raises(UsageError) as caught:
        choices.registry([str(file)])
    assert str(caught.value) == f"{file}: no such file; --plugin takes the path of a Python file"


@pytest.fixture(scope="module")
def readme_example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the README's example to the file that it names."""
    text = (Path(__file__).parents[2] / "README.md").read_text()
    source = text.partition("## Add your own attention")[2].partition("```python\n")[2].partition("```")[0]
    file = tmp_path_factory.mktemp("readme") / source.splitlines()[0].removeprefix("# ")
    file.write_text(source)
    return file


def test_the_readmes_example_is_short(readme_example: Path) -> None:
    """At most 15 lines make an implementation, imports and blank lines included."""
    assert readme_example.name == "my_attention.py"
    assert len(readme_example.read_text().splitlines()) <= 15


def test_the_readmes_example_is_in_every_table(readme_example: Path, tmp_path: Path) -> None:
    """A run with it alone puts it into each table of the report, beside the plain network and a built-in one."""
    options = "--impl se --impl my_attention --host mobilenet_v3_small --device cpu --batch-size 2 --direction forward"
    command = [sys.executable, "-m", "attnbench", "run", "complexity", "latency", *options.split(), "--budget", "0.01"]
    command += ["--threads", "1", "--plugin", readme_example.name, "--out", str(tmp_path / "run")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run(command, check=True, capture_output=True, cwd=readme_example.parent, env=environment)
    report = (tmp_path / "run/report.md").read_text()
    # A table of implementations begins with their column; those about counters and the machine do not.
    found = [block.splitlines() for block in report.split("\n\n") if block.startswith("| attention ")]
    # One lists operators, and those of an implementation only where the counters disagree about them.
    tables = [table for table in found if "| operator " not in table[0]]
    assert len(tables) >= 2
    mine = [sum(line.startswith("| my_attention ") for line in table) for table in tables]
    assert min(mine) >= 1
    # As often as a built-in one.
    assert mine == [sum(line.startswith("| se ") for line in table) for table in tables]
    assert load_run(tmp_path / "run").plan.plugins == (str(readme_example),)
