"""How many graphs and breaks dynamo makes of a call."""

from __future__ import annotations

import logging

import pytest
import torch
from torch import Tensor, nn

from attn_impls.audit.graphs import Graphs, Untraced, count_graphs

X = torch.ones(2, 3)


class Whole(nn.Module):
    """Is one graph."""

    def forward(self, x: Tensor) -> Tensor:
        return x.relu() + 1


class Breaks(nn.Module):
    """Breaks the graph before, between or after its operators."""

    def __init__(self, *where: int) -> None:
        super().__init__()
        self.where = where

    def forward(self, x: Tensor) -> Tensor:
        if 0 in self.where:
            torch._dynamo.graph_break()
        x = x + 1
        if 1 in self.where:
            torch._dynamo.graph_break()
        x = x * 2
        if 2 in self.where:
            torch._dynamo.graph_break()
        return x


class InLoop(nn.Module):
    """Dynamo gives up a whole frame that has a break in a loop."""

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(2):
            x = x + 1
            torch._dynamo.graph_break()
        return x


class Scales(nn.Module):
    """Dynamo warns of every ``item()``."""

    def forward(self, x: Tensor) -> Tensor:
        return x * x.mean().item()


class Branches(nn.Module):
    """Looks at a value to know what to do."""

    def forward(self, x: Tensor) -> Tensor:
        return x * 2 if x.sum() > 0 else x * 3


class Refuses(nn.Module):
    """Cannot be traced."""

    def forward(self, x: Tensor) -> Tensor:
        if torch.compiler.is_compiling():
            msg = "not under torch.compile"
            raise RuntimeError(msg)
        return x + 1


@pytest.mark.parametrize(
    ("where", "graphs", "breaks"), [((), 1, 0), ((0,), 1, 1), ((1,), 2, 1), ((2,), 1, 1), ((0, 1, 2), 2, 3)]
)
def test_every_break_counts(where: tuple[int, ...], graphs: int, breaks: int) -> None:
    """Also a break that has no operator before it, or none after it."""
    found = count_graphs(Breaks(*where), X)
    assert isinstance(found, Graphs)
    assert (found.graphs, found.breaks) == (graphs, breaks)


@pytest.mark.parametrize(
    ("module", "breaks"), [(Branches(), 1), (Scales(), 1), (nn.Sequential(Whole(), Branches()), 2)]
)
def test_breaks_of_other_kinds_count(module: nn.Module, breaks: int) -> None:
    """A branch on a value is one, as is a number taken out of a tensor; inside another module both are broken."""
    found = count_graphs(module, X)
    assert isinstance(found, Graphs)
    assert found.breaks == breaks


def test_the_count_is_the_same_every_time() -> None:
    """What was compiled before is forgotten, and not counted again."""
    assert [count_graphs(Breaks(1), X) for _ in range(3)] == [count_graphs(Breaks(1), X)] * 3
    assert count_graphs(Whole(), X) == Graphs(graphs=1, breaks=0, reasons=())


@pytest.mark.parametrize("module", [InLoop(), Refuses()])
def test_what_leaves_no_graph_is_untraced(module: nn.Module) -> None:
    """There is a reason in one line, and no exception."""
    found = count_graphs(module, X)
    assert isinstance(found, Untraced)
    assert found.reason
    assert "\n" not in found.reason


def test_breaks_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """They are counted instead, and the log is as before."""
    level = logging.getLogger("torch._dynamo").level
    found = count_graphs(Scales(), X)
    assert isinstance(found, Graphs)
    assert found.breaks == 1
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert logging.getLogger("torch._dynamo").level == level
