"""First calls: what torch.compile does in them is told apart."""

from __future__ import annotations

import torch
import torch._dynamo

from bench.dispatched import dispatched
from bench.first_call import time_first_call


def doubled(x: torch.Tensor) -> torch.Tensor:
    return x @ x


def test_what_is_not_compiled_has_no_time_of_compiling() -> None:
    """Not 0 s: nothing was compiled."""
    found = time_first_call(lambda: doubled(torch.ones(2, 2)), "cpu")
    assert found.compile_s is None
    assert not found.from_cache
    assert found.seconds > 0


def test_compiling_is_a_part_of_the_first_call_alone() -> None:
    """The second call has none."""
    compiled = torch.compile(doubled, backend="aot_eager")
    first = time_first_call(lambda: compiled(torch.ones(2, 2)), "cpu")
    assert first.compile_s is not None
    assert 0 < first.compile_s < first.seconds
    assert time_first_call(lambda: compiled(torch.ones(2, 2)), "cpu").compile_s is None


def test_what_is_compiled_is_watched_as_it_was_written_and_returns_what_it_is_compiled_to() -> None:
    """Operators and operations of the code; the result of what is sampled."""
    stances = []

    def backend(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> object:
        del inputs
        stances.append("compiled")
        return lambda *args: tuple(3 * each for each in graph(*args))

    compiled = torch.compile(doubled, backend=backend)
    found = dispatched(lambda: compiled(torch.ones(2, 2)))
    assert stances == ["compiled"]
    assert found.flops == 2 * 2 * 2 * 2
    assert "aten.mm" in found.operators
    assert torch.equal(torch.as_tensor(found.result), torch.full((2, 2), 6.0))
