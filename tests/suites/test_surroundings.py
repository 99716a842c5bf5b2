"""One process, many strangers: what a plug-in changes of it reaches nobody else's figures, and is said."""

from __future__ import annotations

import sys
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
import torch

from attn_impls import plugins
from bench.events import Disturbed
from bench.instruments import instruments
from bench.measure import Settings, measure_block
from results.blocks import blocks_of
from results.records import Failed, Frontiers, Latency, Measured, StopReason, Subject
from suites.prepare import Preparer
from suites.request import Request, plan
from suites.surroundings import kept

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.events import Event
    from results.stats import Series

#: A softmax that changes the process at one of three places.
SOFTMAX = """
    import torch
    from attn_impls import normalizer

    {at_import}

    @normalizer("stranger")
    class Stranger(torch.nn.Module):
        def __init__(self, dim: int) -> None:
            super().__init__()
            self.dim = dim
            {at_build}

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            {at_call}
            return x.softmax(self.dim)
"""
#: A gate that changes the process, and one that notes how many threads it runs on.
GATES = """
    import torch
    from attn_impls import gate

    SEEN: set[int] = set()

    @gate("a_stranger")
    class Stranger(torch.nn.Module):
        def __init__(self, channels: int) -> None:
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(channels, 1, 1))
            {at_build}

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            {at_call}
            return x * torch.sigmoid(self.scale * x.mean((2, 3), keepdim=True))

    @gate("witness")
    class Witness(torch.nn.Module):
        def __init__(self, channels: int) -> None:
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(channels, 1, 1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            SEEN.add(torch.get_num_threads())
            assert torch.empty(0).dtype is torch.float32
            return x * torch.sigmoid(self.scale * x.mean((2, 3), keepdim=True))
"""


class _Rounds:
    """Stops each case after four samples."""

    precision = 0.25

    def reason(self, samples: Series, spent_s: float, baseline: Series | None) -> StopReason | None:
        """Return the budget as reason after four samples."""
        del spent_s, baseline
        return StopReason.BUDGET if len(samples.seconds) >= 4 else None


@pytest.fixture
def measure(tmp_path: Path) -> Callable[..., list[Event]]:
    """Return what measures a suite with a plug-in, block by block, in this process: source, request -> events."""

    def events(source: str, **asked: Any) -> list[Event]:
        file = tmp_path / "stranger.py"
        file.write_text(dedent(source))
        names = (str(file),)
        with kept():
            _, cases, _ = plan(Request(plugins=names, devices=("cpu",), **asked))
        # Of logit functions, the shortest rows.
        cases = tuple(case for case in cases if case.subject is not Subject.OP or case.shape == (1, 2))
        settings = Settings(stop=_Rounds(), budget_s=0.05, seed=0, alone=False)
        return [
            event
            for block in blocks_of(cases)
            for event in measure_block(block, instruments(Preparer(names), kept), settings)
        ]

    return events


def limits(events: list[Event], name: str) -> set[float | None]:
    """Return where an implementation fails on logits that are all equally negative."""
    return {
        None if found.threshold is None else round(found.threshold, 3)
        for event in events
        if isinstance(event, Measured) and event.case.implementation == name and isinstance(event.result, Frontiers)
        for found in event.result.patterns
        if found.pattern == "all negative"
    }


@pytest.mark.parametrize("at", ["at_import", "at_build", "at_call"])
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("torch.set_flush_denormal(True)", "sets flushing of denormals to True"),
        ("torch.set_default_dtype(torch.float64)", "sets the default dtype to torch.float64"),
    ],
    ids=["denormals", "dtype"],
)
def test_a_neighbour_fails_exactly_where_it_fails_alone(
    measure: Callable[..., list[Event]], at: str, code: str, said: str
) -> None:
    """The exponential underflows to 0 below -103.972; where denormals are flushed, below -87.337."""
    places = dict.fromkeys(("at_import", "at_build", "at_call"), "pass") | {at: code}
    events = measure(
        SOFTMAX.format(**places),
        suites=("overflow",),
        impls=("stranger", "softmax/naive"),
        dtypes=("float32",),
        directions=("forward",),
    )
    assert limits(events, "softmax/naive") == {-103.972}
    doing = {"at_import": "its import", "at_build": "building it", "at_call": "a call"}[at]
    lines = [event.line for event in events if isinstance(event, Disturbed)]
    assert any(f"{doing} {said}; leave it to the program" in line for line in lines) or at == "at_import"
    assert torch.get_default_dtype() is torch.float32
    assert torch.tensor([1e-40]).mul(1).item() != 0


@pytest.mark.parametrize("at", ["at_build", "at_call"])
def test_a_block_runs_on_the_threads_of_its_label(measure: Callable[..., list[Event]], tmp_path: Path, at: str) -> None:
    """Under "2 threads" a neighbour has two, although the first module sets one."""
    places = dict.fromkeys(("at_build", "at_call"), "pass") | {at: "torch.set_num_threads(1)"}
    events = measure(
        GATES.format(**places), suites=("latency",), impls=("a_stranger", "witness"), hosts=("none",), threads=2
    )
    timed = [event for event in events if isinstance(event, Measured) and isinstance(event.result, Latency)]
    assert {event.case.threads for event in timed} == {2}
    assert {event.case.implementation for event in timed} >= {"a_stranger", "witness"}
    assert {2} == sys.modules[plugins.module_name(tmp_path / "stranger.py")].SEEN
    doing = "building it" if at == "at_build" else "a call"
    told = [event.line for event in events if isinstance(event, Disturbed)]
    assert [line for line in told if line.startswith("fault: a_stranger: ")] == told
    assert f"{doing} sets the number of CPU threads to 1; leave it" in told[0]


def test_gradients_that_a_constructor_switches_off_are_there(measure: Callable[..., list[Event]]) -> None:
    """Its own backward pass and its neighbour's are timed."""
    places = {"at_build": "torch.set_grad_enabled(False)", "at_call": "pass"}
    events = measure(
        GATES.format(**places),
        suites=("latency",),
        impls=("a_stranger", "witness"),
        hosts=("none",),
        directions=("backward", "both"),
    )
    assert [event.error for event in events if isinstance(event, Failed)] == []
    assert torch.is_grad_enabled()
