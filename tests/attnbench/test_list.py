"""Promises of ``attnbench list`` and of what a shell completes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from attnbench.cli import completion
from attnbench.cli.list_command import fitting

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Finished

NOTHING: Any = None


def test_patterns_choose_by_name(attnbench: Callable[..., Finished]) -> None:
    """As globs, or as parts of names; sections without a match are left out."""
    lines = attnbench("list", "sk/s*", "resnet18").out.splitlines()
    names = [line.split()[0] for line in lines if line.startswith("  ")]
    assert "sk/softmax" in names
    assert "resnet18" in names
    assert "se" not in names
    assert "Suites" not in lines
    refused = attnbench("list", "sk/sofmax")
    assert refused.status == 2
    assert "did you mean 'sk/softmax'?" in refused.err


@pytest.mark.parametrize("columns", [80, 100, 160])
def test_a_list_fits_the_terminal(
    attnbench: Callable[..., Finished], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """No line wraps, and no name is cut."""
    whole = attnbench("list").out
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("attnbench.cli.list_command.on_terminal", lambda: True)
    shown = attnbench("list").out
    assert max(map(len, shown.splitlines())) <= columns
    assert max(map(len, whole.splitlines())) > 160
    assert [line[:20].split()[:1] for line in shown.splitlines()] == [
        line[:20].split()[:1] for line in whole.splitlines()
    ]


def test_the_widest_column_gives_way() -> None:
    """But not the names, and not beyond what can be read."""
    assert fitting([10, 50, 30], 64) == [10, 25, 25]
    assert fitting([40, 5, 90], 30) == [40, 5, 12]
    assert fitting([10, 20], 80) == [10, 20]


@pytest.mark.parametrize(
    ("complete", "incomplete", "first"),
    [
        (completion.suites_or_files, "comp", "complexity"),
        (completion.suites_or_files, "sweep.to", "sweep.to"),
        (completion.implementations, "se,sk/o", "se,sk/official"),
        (completion.backbones, "resnet50_c", "resnet50_cifar"),
        (completion.names, "resnet50_c", "resnet50_cifar"),
        (completion.completions()["dtypes"], "bf", "bfloat16"),
    ],
)
def test_names_are_completed(complete: completion.Complete, incomplete: str, first: str) -> None:
    """Suites, implementations behind a comma too, backbones; what begins like no suite is a file."""
    assert complete(NOTHING, NOTHING, incomplete)[0].value == first
