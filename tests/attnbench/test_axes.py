"""One table of axes, and three ways in that are made from it: the command line, Python, pytest."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from attnbench import run
from attnbench.cli.main import COMMANDS, cli
from attnbench.cli.run_command import run_command
from attnbench.limits import LIMITS, QUICK, QUICK_WORDS, Limits
from attnbench.under_pytest import options
from attnbench.where import WHERE
from bench.errors import UsageError
from suites.axes import AXES, Axes
from suites.catalog import QUESTIONS
from suites.request import Request
from suites.selection import Selection

if TYPE_CHECKING:
    from suites.option import Option

    from .conftest import Finished

OPTIONS = (*AXES, *LIMITS, *WHERE)


def types(option: Option) -> Any:
    """Return what Python is told of an option's values."""
    kind: Any = option.parse.kind
    if option.multiple:
        return Sequence[kind]
    return kind if option.default is not None else kind | None


def test_the_command_line_has_every_axis_and_limit() -> None:
    """In the order of the tables, with their words; values are texts, which the table parses."""
    found = [each for each in run_command.params if each.name in {option.name for option in OPTIONS}]
    assert [(each.name, each.opts, each.metavar or "", each.multiple, each.type.name, each.help) for each in found] == [
        (option.name, [option.flag], option.metavar, option.multiple, kind(option), option.help()) for option in OPTIONS
    ]


def kind(option: Option) -> str:
    """Return what click calls an option: what is given or not has no text."""
    return "boolean" if option.parse.kind is bool else "text"


def test_python_has_every_axis_and_limit() -> None:
    """As keyword arguments with their types and defaults, each with its words in the docstring."""
    parameters = inspect.signature(run).parameters
    assert list(parameters) == [
        *("suites", *(option.name for option in OPTIONS), "quick", "out", "resume", "trust", "progress"),
    ]
    for option in OPTIONS:
        parameter = parameters[option.name]
        assert (parameter.kind, parameter.default) == (parameter.KEYWORD_ONLY, option.default)
        assert parameter.annotation == types(option)
    documented = " ".join((run.__doc__ or "").split())
    assert all(" ".join(f"{option.name}: {option.help()}".split()) in documented for option in OPTIONS)
    assert f"quick: {QUICK_WORDS}" in documented
    assert "{" not in documented


def test_pytest_has_every_axis_that_it_can_measure_by() -> None:
    """All but how a GPU's calls are timed: pytest-benchmark has a clock of its own."""
    added: dict[str, dict[str, Any]] = {}
    parser = SimpleNamespace(
        getgroup=lambda _: SimpleNamespace(addoption=lambda flag, **how: added.update({flag: how})),
        # Nothing else has an option of that name.
        parse_known_and_unknown_args=lambda arguments: (None, arguments),
    )
    options.add(SimpleNamespace(stash={}), parser)  # type: ignore[arg-type] # all that it asks for
    assert [axis.flag for axis in AXES if axis.flag not in added] == ["--timing"]
    for axis in AXES:
        if axis.flag in added:
            how = added[axis.flag]
            assert (how["action"] == "store_true") == (axis.parse.kind is bool)
            assert (how["action"] == "append", how.get("metavar", ""), how["help"]) == (
                axis.multiple,
                axis.metavar,
                axis.help(),
            )


def test_requests_and_selections_have_every_axis() -> None:
    """A suite finds what was chosen under the name of the axis."""
    names = [axis.name for axis in AXES]
    assert list(Axes.__dataclass_fields__) == names
    assert set(names) < set(Request.__dataclass_fields__)
    assert set(names) < set(Selection.__dataclass_fields__)


def test_axes_name_suites_that_exist() -> None:
    """The table comes before the catalog, and names suites as text."""
    assert {suite for axis in AXES for suite in axis.suites} <= set(QUESTIONS)


@pytest.fixture
def under_pytest() -> Callable[..., str]:
    """Return what ``pytest --attnbench --suite latency`` says of wrong options."""

    def refuse(**given: object) -> str:
        values = {f"attnbench_{name}": value for name, value in (given | {"suites": ["latency"]}).items()}
        config = SimpleNamespace(stash={}, getoption=lambda name, default=None: values.get(name, default))
        with pytest.raises(pytest.UsageError) as caught:
            options.planned(config)  # type: ignore[arg-type] # all that it asks for
        return str(caught.value)

    return refuse


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "impls",
            "nope",
            (
                "unknown implementation 'nope'; what attnbench does not have comes with --plugin FILE.py. "
                "All: attnbench list"
            ),
        ),
        ("hosts", "resnet", "unknown backbone 'resnet'; did you mean 'resnet50'? All: attnbench list"),
        ("devices", "gpu", "unknown device 'gpu'; did you mean 'cuda'? choose from cpu, cuda, cuda:N"),
        ("impls", "se,cbamm", "unknown implementation 'cbamm'; did you mean 'cbam'? All: attnbench list"),
        ("batch_sizes", "x", "Invalid value for '--batch-size': 'x' is not a valid integer."),
        ("batch_sizes", "1,x", "Invalid value for '--batch-size': 'x' is not a valid integer."),
        ("batch_sizes", "0", "batch size 0 is not possible; give a whole number from 1 to 1000000"),
        ("dtypes", "fp12", "unknown dtype 'fp12'; choose from float32, bfloat16, float16, float64"),
        (
            "directions",
            "sideways",
            "unknown direction 'sideways'; choose from forward, backward, both, forward+backward",
        ),
        ("image_size", "4", "Invalid value for '--image-size': 4 is not in the range 8<=x<=65536."),
        ("num_classes", "x", "Invalid value for '--num-classes': 'x' is not a valid integer range."),
        (
            "modes",
            "fast",
            "Invalid value for '--mode': 'fast' is not one of 'eager', 'compiled', 'compiled-normalizer'.",
        ),
        ("modes", "compiled", "latency does not run its cases compiled; leave out --mode compiled"),
        ("logits", "4x10", "--logits is for logit functions: attnbench run operators --logits 4x10"),
        (
            "memory_format",
            "last",
            "Invalid value for '--memory-format': 'last' is not one of 'channels_first', 'channels_last'.",
        ),
    ],
)
def test_every_way_in_refuses_in_the_same_words(
    attnbench: Callable[..., Finished], under_pytest: Callable[..., str], name: str, text: str, message: str
) -> None:
    """One line on the command line, the message of an error from Python and under pytest."""
    (axis,) = (each for each in AXES if each.name == name)
    given: dict[str, Any] = {name: [text] if axis.multiple else text}
    finished = attnbench("run", "latency", axis.flag, text)
    assert (finished.status, finished.err) == (2, f"attnbench: {message}\n")
    with pytest.raises(UsageError) as caught:
        run("latency", **given)
    assert str(caught.value) == message
    assert under_pytest(**given) == message


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("budget_s", "0", "Invalid value for '--budget': 0.0 is not in the range x>0."),
        ("budget_s", "inf", "a budget of inf is not possible; give a number above 0"),
        ("precision", "nan", "a precision of nan is not possible; give a number above 0"),
        ("time_limit_s", "x", "Invalid value for '--time-limit': 'x' is not a valid float range."),
    ],
)
def test_limits_are_refused_in_the_same_words(
    attnbench: Callable[..., Finished], name: str, text: str, message: str
) -> None:
    """On the command line and in Python."""
    (limit,) = (each for each in LIMITS if each.name == name)
    given: dict[str, Any] = {"impls": ["none"], name: text}
    finished = attnbench("run", "complexity", "--impl", "none", limit.flag, text)
    assert (finished.status, finished.err) == (2, f"attnbench: {message}\n")
    with pytest.raises(UsageError) as caught:
        run("complexity", **given)
    assert str(caught.value) == message


def test_limits_of_ones_own_are_refused_too() -> None:
    """Whoever plans without the command line cannot plan without an end."""
    with pytest.raises(UsageError, match=r"a time limit of -1\.0 is not possible"):
        Limits(time_limit_s=-1.0)


def test_a_first_look_is_what_its_help_says() -> None:
    """All that it chooses is an axis or a limit."""
    assert QUICK == {"budget_s": 0.1, "batch_sizes": (2,), "directions": ("forward", "both")}
    assert QUICK_WORDS == "A first look: --budget 0.1, batch 2, forward and both."


def test_the_help_lists_every_command_with_its_own_words() -> None:
    """The list is written by hand, so that it waits for none of them."""
    context = cli.make_context("attnbench", ["list"])
    commands = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    assert {name: each and each.get_short_help_str(limit=100) for name, each in commands.items()} == COMMANDS
