"""Cases measured for two versions, and what is said of each. The versions are planted gates, three lines each."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import pytest
import torch
from msgspec.structs import replace
from torch import Tensor, nn

from attn_impls import Family, Registry, Spec, builtin
from regression.exact_run import EXACT, compare_exact
from results.checks import Difference, Verdict
from results.records import Case, Direction, FeatureMap, Logits
from suites.request import plan, requested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.checks import Judged

CASE = Case(
    suite="memory",
    implementation="mine",
    source="planned elsewhere",
    input=FeatureMap(batch=2, channels=8, height=4, width=4),
    threads=1,
)
SIZES = replace(CASE, suite="complexity", input=CASE.input.with_batch(1))


@dataclass(frozen=True, slots=True)
class Planted:
    """A version with one implementation; remembers whether it is active."""

    registry: Registry
    state: list[str] = field(default_factory=list)

    @contextmanager
    def active(self) -> Iterator[None]:
        self.state.append("active")
        yield
        self.state.append("left")


class Gate(nn.Module):
    """Of 8 parameters."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight


class Bigger(Gate):
    """Of 8 parameters more; two more results of 1 KiB, of which one is alive beside the other."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + self.bias


class Breaking(Gate):
    """Breaks the graph."""

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        torch._dynamo.graph_break()
        return y.view_as(x)


class Raising(Gate):
    """Cannot be measured."""

    def forward(self, x: Tensor) -> Tensor:
        msg = f"no maps of {x.shape[0]} images"
        raise ValueError(msg)


class Growing(Gate):
    """Works more with every module that is made; two results are alive at a time."""

    made: ClassVar = itertools.count(3)

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.steps = next(Growing.made)

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(self.steps):
            x = x + 1
        return x


class First(Gate):
    """Works more in the first calls of the process, whatever the version: bytes are counted in a second call."""

    pending: ClassVar = [True, True]

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x + 1 if First.pending and First.pending.pop() else x)


def version(gate: type[nn.Module] | None) -> Planted:
    specs = [] if gate is None else [Spec(name="mine", family=Family.GATE, summary="", factory=gate)]
    return Planted(builtin().with_specs(specs))


def judged(case: Case, base: type[nn.Module] | None, head: type[nn.Module] | None, *, graphs: bool = False) -> Judged:
    (found,) = compare_exact([case], version(base), version(head), graphs=graphs)
    return found


def test_a_parameter_more_is_worse_and_a_parameter_less_better() -> None:
    """Of one feature map of 8 channels, 4 x 4."""
    found = judged(SIZES, Gate, Bigger)
    assert found.verdict is Verdict.WORSE
    assert found.differences[0] == Difference(quantity="parameters", base=8, head=16, worse=True)
    assert judged(SIZES, Bigger, Gate).verdict is Verdict.BETTER


def test_a_version_is_the_same_as_itself() -> None:
    """No difference in any of 50 comparisons; the case is head's, with the digest of its source."""
    base, head = version(Gate), version(Gate)
    found = list(compare_exact([CASE] * 50, base, head, graphs=False))
    assert {each.verdict for each in found} == {Verdict.SAME}
    assert {each.differences for each in found} == {()}
    assert found[0].case.source != "planned elsewhere"


def test_built_in_implementations_are_the_same_as_themselves() -> None:
    """One case of each suite that is exact, of a gate and of a function on logits."""
    given = {"hosts": ("none",), "dtypes": ("float16",), "directions": ("forward",), "devices": ("cpu",), "threads": 1}
    cases = [
        plan(requested([suite], {**given, "impls": (name,)}))[1][0]
        for suite, name in itertools.product(EXACT, ("eca", "softmax"))
        if (suite, name) != ("complexity", "softmax")
    ]
    both = Planted(builtin())
    found = list(compare_exact(cases, both, both, graphs=False))
    assert {each.case.suite for each in found} == set(EXACT)
    assert {(each.verdict, each.reason) for each in found} == {(Verdict.SAME, "")}


def test_a_graph_break_is_worse() -> None:
    """It is counted beside the bytes of a forward call, which stay the same."""
    found = judged(CASE, Gate, Breaking, graphs=True)
    assert found.differences == (Difference(quantity="graph breaks", base=0, head=1, worse=True),)
    assert found.verdict is Verdict.WORSE


@pytest.mark.parametrize(
    "case",
    [SIZES, replace(CASE, direction=Direction.FORWARD_BACKWARD)],
    ids=["complexity", "forward+backward"],
)
def test_graph_breaks_are_counted_once_an_implementation(case: Case) -> None:
    """Tracing takes seconds: the forward call of the memory suite is enough."""
    assert judged(case, Gate, Breaking, graphs=True).differences == ()


def test_what_only_one_version_has_is_new_or_gone() -> None:
    """Nothing is measured of it."""
    assert judged(CASE, None, Raising).verdict is Verdict.NEW
    assert judged(CASE, Raising, None).verdict is Verdict.GONE
    neither = judged(CASE, None, None)
    assert (neither.verdict, neither.reason) == (Verdict.INCOMPARABLE, "neither version has it")


def test_a_failure_of_head_alone_fails_the_case() -> None:
    """The reason is the exception, in one line."""
    found = judged(CASE, Gate, Raising)
    assert (found.verdict, found.reason) == (
        Verdict.FAILED,
        "head fails: exception: ValueError: no maps of 2 images",
    )


def test_a_failure_of_base_alone_is_mended() -> None:
    """There is nothing to compare, and it is no loss."""
    found = judged(CASE, Raising, Gate)
    assert (found.verdict, found.reason) == (
        Verdict.BETTER,
        "only base fails: exception: ValueError: no maps of 2 images",
    )


def test_a_failure_of_both_is_no_change() -> None:
    """An implementation that cannot be measured in one dtype does not fail the job for ever."""
    found = judged(CASE, Raising, Raising)
    assert (found.verdict, found.reason) == (
        Verdict.SAME,
        "both fail: exception: ValueError: no maps of 2 images",
    )


def test_what_changes_from_one_measurement_to_the_next_is_no_difference() -> None:
    """It says nothing of the versions: the quantities are named, and the case is incomparable."""
    found = judged(CASE, Growing, Growing)
    assert (found.verdict, found.differences) == (Verdict.INCOMPARABLE, ())
    assert found.reason == (
        "not the same in two measurements of one version: bytes read, bytes written, operators launched"
    )


def test_what_only_the_first_calls_of_a_process_do_is_no_difference() -> None:
    """Base is measured first: the second comparison begins with head."""
    First.pending[:] = [True, True]
    assert judged(CASE, First, First).verdict is Verdict.INCOMPARABLE


def test_each_version_is_active_while_it_is_measured() -> None:
    """Contexts do not overlap: what one imports by name is not the other's."""
    state: list[str] = []
    base, head = (Planted(version(Gate).registry, state) for _ in range(2))
    list(compare_exact([CASE], base, head, graphs=False))
    assert state == ["active", "left"] * 4


def test_a_case_that_is_timed_is_refused() -> None:
    """Times are not exact."""
    with pytest.raises(ValueError, match="latency has no exact results"):
        list(compare_exact([replace(CASE, suite="latency")], version(Gate), version(Gate)))


def test_a_normaliser_has_graphs_too() -> None:
    """It is a function on logits, and has no complexity."""
    case = replace(CASE, implementation="softmax", input=Logits(shape=(2, 5), dim=1))
    both = Planted(builtin())
    (found,) = compare_exact([case], both, both)
    assert found.verdict is Verdict.SAME
