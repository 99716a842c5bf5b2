"""The pytest plug-in: ``pytest --attnbench``, and the fixture ``attention_benchmark``.

pytest imports this file in every session of an environment that has attnbench. So it imports the standard library and
pytest alone; what plans and measures is imported when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_benchmark.fixture import BenchmarkFixture

    from .under_pytest.own import AttentionBenchmark


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one option that every session has; it brings the others."""
    words = "Collect attnbench's cases as tests. Brings the options of attnbench run: pytest --attnbench --help."
    parser.getgroup("attnbench").addoption("--attnbench", action="store_true", help=words)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, object, object]:
    """Add the axes, if they are asked for, where no other plug-in and no conftest.py has an option of that name."""
    if not early_config.known_args_namespace.attnbench:
        return (yield)
    from .under_pytest import options

    # pytest takes what follows an option that it does not know for a path, and looks there for conftest.py.
    early_config.known_args_namespace.file_or_dir = parser.parse_known_args(options.without(args)).file_or_dir
    result = yield
    options.add(early_config, parser)
    return result


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker that the cases have."""
    config.addinivalue_line("markers", "attnbench: a case of attnbench, collected by pytest --attnbench.")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which options have other names here, and what is not timed."""
    if not config.option.attnbench:
        return []
    from .under_pytest import options

    return options.header(config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Plan, also in a process that leaves collecting to others: what cannot be planned ends the session in a line."""
    if session.config.option.attnbench:
        from .under_pytest import limits, options

        options.planned(session.config)
        limits.limits(session.config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Put the cases behind the user's own tests, before others select from all."""
    if session.config.option.attnbench:
        from .under_pytest import collecting

        items.extend(collecting.collected(session))


@pytest.fixture
def attention_benchmark(benchmark: BenchmarkFixture, pytestconfig: pytest.Config) -> AttentionBenchmark:
    """Time an attention of your own, or one that attnbench knows, with pytest-benchmark.

    ``attention_benchmark(MyAttention(64), batch=8)`` times the forward pass of a module on a feature map of
    8×64×32×32. ``attention_benchmark("se:reduction=8", host="resnet50", direction="both")`` times a training step of
    a network. Benchmarks with the same input, dtype, device and direction stand in one table. A NaN in the first result
    fails the test. The call returns what the attention returned last; a test calls it once.

    Arguments: batch (4), channels (64) and size (32; of a network its own), or logits and dim for functions on logits;
    host and slot for a network; direction (forward, backward, both); dtype and device (a module's own, or float32 on
    the CPU); channels_last.
    """
    from .under_pytest.own import AttentionBenchmark

    return AttentionBenchmark(benchmark, pytestconfig)
