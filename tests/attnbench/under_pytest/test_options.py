"""Options of the plug-in beside those of pytest, of other plug-ins and of a user's own conftest.py."""

from __future__ import annotations

import pytest

from attnbench.under_pytest import limits, options
from suites.request import Request

pytest_plugins = ["pytester"]

IMPLS, HOSTS, DEVICES = "attnbench_impls", "attnbench_hosts", "attnbench_devices"

CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--device", default="none")
    parser.addoption("--host", action="store_true")
"""


def test_options_are_those_of_attnbench_run(pytester: pytest.Pytester) -> None:
    """They are there with ``--attnbench``; ``-p`` is still pytest's own."""
    config = pytester.parseconfig("--attnbench", "--impl", "se", "--impl=eca", "--host", "none", "--plugin", "mine.py")
    assert options.asked(config) == Request(
        suites=("complexity", "latency", "memory", "overflow", "accuracy"),
        impls=("se", "eca"),
        hosts=("none",),
        plugins=("mine.py",),
    )
    assert options.header(config) == []


def test_without_attnbench_they_are_not_there(pytester: pytest.Pytester) -> None:
    """So they clash with nobody's."""
    with pytest.raises(pytest.UsageError, match="unrecognized arguments: --impl"):
        pytester.parseconfig("--impl", "se")


def test_without_implementations_numerics_are_left_out(pytester: pytest.Pytester) -> None:
    """Of all functions they would be hundreds of tests; whoever names a suite gets that."""
    assert options.asked(pytester.parseconfig("--attnbench")).suites == ("complexity", "latency", "memory")
    named = pytester.parseconfig("--attnbench", "--suite", "accuracy", "--suite", "operators")
    assert options.asked(named).suites == ("accuracy", "operators")


def test_an_option_that_somebody_has_gets_a_prefix(pytester: pytest.Pytester) -> None:
    """A conftest.py keeps its own, of whatever kind; a line at the top says what ours is called."""
    pytester.makeconftest(CONFTEST)
    config = pytester.parseconfig(
        "--attnbench", "--impl=se", "--device", "theirs", "--host", "--attnbench-device", "cpu", "--attnbench-host=none"
    )
    assert (config.getoption("--device"), config.getoption("--host")) == ("theirs", True)
    asked = options.asked(config)
    assert (asked.impls, asked.devices, asked.hosts) == (("se",), ("cpu",), ("none",))
    assert options.header(config) == [
        "attnbench: --host is another's here; use --attnbench-host",
        "attnbench: --device is another's here; use --attnbench-device",
    ]


def test_values_are_not_taken_for_paths(pytester: pytest.Pytester) -> None:
    """conftest.py files are looked for in ``testpaths``, though ``se`` and ``none`` stand on the command line."""
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\ntestpaths = ["checks"]')
    (pytester.mkdir("checks") / "conftest.py").write_text(CONFTEST.replace("--device", "--theirs"))
    config = pytester.parseconfig("--attnbench", "--impl", "se", "--threads", "1", "--theirs=there")
    assert config.getoption("--theirs") == "there"


def test_where_tests_run_side_by_side_nothing_is_timed(pytester: pytest.Pytester) -> None:
    """pytest-benchmark switches itself off there; a line at the top says so."""
    pytester.makeconftest('def pytest_addoption(parser): parser.addoption("--spread", dest="dist", default="no")')
    arguments = ("-p", "no:xdist", "-p", "no:benchmark", "--attnbench")
    assert options.header(pytester.parseconfig(*arguments)) == []
    assert options.header(pytester.parseconfig(*arguments, "--spread", "load")) == [
        "attnbench: what is timed is called once and not timed: tests run side by side (pytest-xdist)"
    ]


def test_what_cannot_be_planned_is_an_error_of_usage(pytester: pytest.Pytester) -> None:
    """In the words of attnbench run."""
    config = pytester.parseconfig("--attnbench", "--suite", "speed")
    with pytest.raises(pytest.UsageError, match="unknown suite 'speed'; choose from complexity, latency, memory"):
        options.planned(config)


def test_a_warning_that_is_an_error_is_one_of_usage(pytester: pytest.Pytester) -> None:
    """An attention that fits nowhere is left out with a warning, or ends the session."""
    axes = ("--impl=se", "--impl=sk/softmax", "--host=resnet18", "--slot=block_output")
    arguments = ("--attnbench", "--suite=complexity", *axes)
    message = "left out: no place at --slot block_output for sk/softmax"
    with pytest.warns(UserWarning, match=message):
        assert options.planned(pytester.parseconfig(*arguments))
    with pytest.raises(pytest.UsageError, match=message):
        options.planned(pytester.parseconfig(*arguments))


def test_limits_are_those_of_the_root_folder(pytester: pytest.Pytester) -> None:
    """A wrong key is refused with its file."""
    config = pytester.parseconfig("--attnbench")
    assert limits.limits(config).limits == ()
    pytester.makepyprojecttoml("[[tool.attnbench.check.limit]]\nimpl = 'se'\nparams = 1")
    with pytest.raises(pytest.UsageError, match=r"params"):
        limits.limits(pytester.parseconfig("--attnbench"))
