"""The cases of two versions, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attnbench.check_options import DEFAULTS
from bench.errors import UsageError
from regression.loading import Loaded, load
from regression.order import AUDIT, Order
from regression.pairs import Pair, pairs_of
from suites.request import requested

if TYPE_CHECKING:
    from pathlib import Path

PLUGINS = ("pkg.attentions",)


def order(roots: tuple[Path, Path], *impls: str) -> Order:
    return Order(
        base=roots[0],
        head=roots[1],
        plugins=PLUGINS,
        request=requested((), {**DEFAULTS, "impls": impls, "directions": ("forward",)}),
        threshold=0.03,
        error_rate=0.01,
        budget_s=1.0,
    )


def loaded(roots: tuple[Path, Path]) -> tuple[Loaded, Loaded]:
    base, head = (load(root, PLUGINS, own_tree=False, others=roots) for root in roots)
    return base, head


def names(pairs: list[Pair]) -> dict[str, tuple[bool, bool, bool]]:
    """Return whether base has an implementation, whether head has it, and whether its source is the same."""
    return {p.either.implementation: (p.base is not None, p.head is not None, p.unchanged) for p in pairs}


def test_a_plugin_s_own_implementations_are_the_default(trees: tuple[Path, Path]) -> None:
    """Those of attnbench cannot change with the user's repository. The two versions differ in what they import."""
    pairs, threads = pairs_of(order(trees), *loaded(trees))
    assert names(pairs) == {"mine": (True, True, False), "other": (True, True, False)}
    assert threads == 1


def test_each_implementation_is_audited_once_and_timed_last(trees: tuple[Path, Path]) -> None:
    pairs, _ = pairs_of(order(trees), *loaded(trees))
    suites = [pair.either.suite for pair in pairs]
    assert suites.count(AUDIT) == 2
    assert suites[-2:] == ["latency", "latency"]
    assert "latency" not in suites[:-2]


def test_what_one_version_lacks_is_new_or_gone(trees: tuple[Path, Path]) -> None:
    with (trees[0] / "pkg/attentions.py").open("a") as file:
        file.write("\n\n@gate('old')\nclass Old(Mine):\n    pass\n")
    with (trees[1] / "pkg/attentions.py").open("a") as file:
        file.write("\n\n@gate('young')\nclass Young(Mine):\n    pass\n")
    found = names(pairs_of(order(trees), *loaded(trees))[0])
    assert found["old"] == (True, False, False)
    assert found["young"] == (False, True, False)


def test_what_only_head_knows_can_be_asked_for(trees: tuple[Path, Path]) -> None:
    """Base has no case of it, which is no mistake of the user's."""
    with (trees[1] / "pkg/attentions.py").open("a") as file:
        file.write("\n\n@gate('young')\nclass Young(Mine):\n    pass\n")
    assert names(pairs_of(order(trees, "young"), *loaded(trees))[0]) == {"young": (False, True, False)}


def test_what_neither_knows_is_refused(trees: tuple[Path, Path]) -> None:
    with pytest.raises(UsageError, match="unknown implementation 'mien'; did you mean 'mine'"):
        pairs_of(order(trees, "mien"), *loaded(trees))


def test_equal_files_are_unchanged(trees: tuple[Path, Path]) -> None:
    (trees[1] / "pkg/factor.py").write_text((trees[0] / "pkg/factor.py").read_text())
    assert all(pair.unchanged for pair in pairs_of(order(trees), *loaded(trees))[0])
