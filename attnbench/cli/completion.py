"""What a shell offers behind an option: suites, implementations and backbones by name.

Switch it on with ``eval "$(_ATTNBENCH_COMPLETE=bash_source attnbench)"``, or with ``zsh_source`` or ``fish_source``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import click

    Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def suites_or_files(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the suites that begin so, and let the shell add files."""
    del context, parameter
    from suites.catalog import QUESTIONS

    found = [
        CompletionItem(name, help=question.question)
        for name, question in QUESTIONS.items()
        if name.startswith(incomplete)
    ]
    return found or [CompletionItem(incomplete, type="file")]


def implementations(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the implementations that begin so; of several between commas, the last is completed."""
    del context, parameter
    from attn_impls import builtin

    return _items(incomplete, ((spec.name, spec.summary) for spec in builtin().specs.values()))


def backbones(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the backbones that begin so, and what stands for none."""
    del context, parameter
    from attn_impls import builtin
    from suites.selection import NO_HOST

    named = ((host.name, host.summary) for host in builtin().hosts.values())
    return _items(incomplete, (*named, (NO_HOST, "the attention alone")))


def names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the implementations and backbones that begin so."""
    return [*implementations(context, parameter, incomplete), *backbones(context, parameter, incomplete)]


def values(of: Iterable[str]) -> Complete:
    """Return what completes an option that has these values."""
    possible = tuple(of)

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        del context, parameter
        return _items(incomplete, ((value, "") for value in possible))

    return complete


def completions() -> Mapping[str, Complete]:
    """Return by the names of axes what completes their options."""
    from suites.choices import DIRECTIONS, DTYPES

    return {
        "impls": implementations,
        "hosts": backbones,
        "dtypes": values(DTYPES),
        "directions": values(DIRECTIONS),
        "devices": values(("cpu", "cuda")),
    }


def _items(incomplete: str, named: Iterable[tuple[str, str]]) -> list[CompletionItem]:
    before, comma, last = incomplete.rpartition(",")
    return [CompletionItem(f"{before}{comma}{name}", help=summary) for name, summary in named if name.startswith(last)]
