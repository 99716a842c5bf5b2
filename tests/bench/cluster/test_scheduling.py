"""Who measures which block."""

from __future__ import annotations

from random import Random  # noqa: TC003 - hypothesis reads the type hints
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cluster.leases import GivenUp, Lease, Share
from bench.cluster.scheduling import Scheduler
from results.records import Skipped

from .blocks import BOTH, CPU, GPU, block, blocks, equal_cost

if TYPE_CHECKING:
    from results.records import Block


def scheduler(*planned: Block, **options: object) -> Scheduler:
    """Return a scheduler of blocks that cost the same."""
    return Scheduler(planned, equal_cost, **options)  # type: ignore[arg-type]


def lease_of(of: Scheduler, worker: str) -> Lease:
    """Return the next lease of a worker, which must get one."""
    lease = of.next_for(worker)
    assert lease is not None
    return lease


def test_the_longest_block_is_handed_out_first() -> None:
    """Of equally long ones, the first of the plan."""
    seconds = {"h0": 1.0, "h1": 3.0, "h2": 2.0, "h3": 3.0}
    found = Scheduler(blocks(4), lambda each: seconds[str(each.shared.host)])
    found.joined("w", "epyc", CPU)
    order = []
    while (lease := found.next_for("w")) is not None:
        order.append(lease.place)
        assert found.finished(lease)
    assert order == [1, 3, 2, 0]
    assert found.is_finished


def test_a_worker_measures_one_block_at_a_time() -> None:
    """Two would disturb each other."""
    found = scheduler(*blocks(2))
    found.joined("w", "epyc", CPU)
    assert found.next_for("w") == Lease(place=0, kind="", attempt=1, worker="w")
    assert found.next_for("w") is None
    assert found.left == 2


def test_a_worker_gets_only_what_it_has_the_devices_for() -> None:
    """A block of the GPU waits for a worker that has one, though it comes first."""
    found = scheduler(block("h0", device="cuda:0"), block("h1"))
    found.joined("cpu", "epyc", CPU)
    assert lease_of(found, "cpu").place == 1
    found.joined("gpu", "h100", BOTH)
    assert lease_of(found, "gpu").place == 0


def test_what_fits_nowhere_is_named() -> None:
    """It would wait for ever: whoever begins a run refuses it before anything waits."""
    found = scheduler(block("h0", device="cuda:0"), block("h1"), block("h2", device="cuda:0"))
    assert found.unplaceable() == (0, 1, 2)
    found.joined("cpu", "epyc", CPU)
    assert found.unplaceable() == (0, 2)
    found.joined("gpu", "h100", GPU)
    assert found.unplaceable() == ()


def test_a_block_of_a_lost_worker_is_handed_on() -> None:
    """It is another try."""
    found = scheduler(*blocks(1))
    found.joined("w", "epyc", CPU)
    first = lease_of(found, "w")
    assert found.lost("w") == first
    assert found.workers == set()
    found.joined("v", "epyc", CPU)
    assert found.next_for("v") == Lease(place=0, kind="", attempt=2, worker="v")


def test_a_block_that_is_lost_three_times_is_given_up() -> None:
    """A block that takes its machines down must not take all of them."""
    found = scheduler(*blocks(1))
    leases = []
    for worker in "abc":
        found.joined(worker, "epyc", CPU)
        leases.append(lease_of(found, worker))
        gone = found.lost(worker)
    assert gone == GivenUp(leases[2])
    assert [lease.attempt for lease in leases] == [1, 2, 3]
    assert found.is_finished


def test_losing_an_idle_worker_costs_nothing() -> None:
    """Nor does losing one twice."""
    found = scheduler(*blocks(1))
    found.joined("w", "epyc", CPU)
    assert found.lost("w") is None
    assert found.lost("w") is None
    assert found.left == 1


def test_a_late_result_does_not_count() -> None:
    """The machine was given up; its block is another's, and even the same machine's second try is another one."""
    found = scheduler(*blocks(1))
    found.joined("w", "epyc", CPU)
    late = lease_of(found, "w")
    found.lost("w")
    assert not found.finished(late)
    found.joined("w", "epyc", CPU)
    current = lease_of(found, "w")
    assert not found.finished(late)
    assert found.finished(current)
    assert not found.finished(current)
    assert found.is_finished


def test_a_name_is_taken_once() -> None:
    """Two workers of one name could not be told apart."""
    found = scheduler(*blocks(1))
    found.joined("w", "epyc", CPU)
    with pytest.raises(ValueError, match="w has joined already"):
        found.joined("w", "epyc", CPU)


def test_each_kind_measures_the_whole_plan() -> None:
    """Workers of one kind share it; a worker of a kind that was not asked for gets nothing."""
    found = scheduler(*blocks(2), kinds=("epyc", "xeon"))
    for worker, kind in (("a", "epyc"), ("b", "epyc"), ("c", "xeon"), ("d", "other")):
        found.joined(worker, kind, CPU)
    assert found.left == 4
    assert [lease_of(found, worker)[:2] for worker in "abc"] == [(0, "epyc"), (1, "epyc"), (0, "xeon")]
    assert found.next_for("d") is None


def test_a_kind_that_is_not_there_is_named() -> None:
    """Its blocks fit nowhere, though another kind could measure them."""
    found = scheduler(*blocks(1), kinds=("epyc", "xeon"))
    found.joined("a", "epyc", CPU)
    assert found.unplaceable() == (0,)


def test_what_is_done_is_not_handed_out() -> None:
    """By place and kind: what one kind has measured, another has not."""
    found = scheduler(*blocks(2), kinds=("epyc", "xeon"), done={(0, "epyc")})
    found.joined("a", "epyc", CPU)
    found.joined("c", "xeon", CPU)
    assert (lease_of(found, "a").place, lease_of(found, "c").place) == (1, 0)
    assert found.left == 3


def test_what_ran_out_of_memory_is_not_tried_with_larger_batches() -> None:
    """On the same kind of machine, whichever worker; another kind has its own memory."""
    small, large = block("h", batch=8), block("h", batch=32)
    costs = {8: 2.0, 32: 1.0}
    found = Scheduler((small, large), lambda each: costs[each.shared.input.batch])
    found.joined("w", "epyc", CPU)
    found.joined("v", "epyc", CPU)
    lease = lease_of(found, "w")
    assert found.share(lease) == Share(small, ())
    assert found.finished(lease, out_of_memory=[small.cases[0]])
    lease = lease_of(found, "v")
    skipped = Skipped(case=large.cases[0], reason="ran out of memory at batch 8")
    assert found.share(lease) == Share(large.only(large.cases[1:]), (skipped,))
    found.lost("v")
    found.joined("x", "xeon", CPU)
    assert found.share(lease_of(found, "x")) == Share(large, ())


def test_a_block_without_hope_has_nothing_to_measure() -> None:
    """Every case would run out of memory, as is known from before."""
    small, large = block("h", batch=8), block("h", batch=32)
    found = scheduler(small, large, done={(0, "")}, out_of_memory={"epyc": small.cases})
    found.joined("w", "epyc", CPU)
    share = found.share(lease_of(found, "w"))
    assert share.block is None
    assert [each.case for each in share.skipped] == list(large.cases)


def test_the_next_block_is_found_without_looking_at_all_others() -> None:
    """Of 20,000 blocks, comparisons grow with the logarithm: a hand-out compares far fewer than there are blocks."""
    compared = 0

    class Cost(float):
        def __neg__(self) -> Cost:
            return Cost(-float(self))

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return float(self) == other

        __hash__ = float.__hash__

    shared = block("h")
    found = Scheduler([shared] * 20_000, lambda _: Cost(1.0))
    found.joined("w", "epyc", CPU)
    compared = 0
    for _ in range(100):
        found.finished(lease_of(found, "w"))
    assert 100 < compared < 100 * 100


@given(
    chance=st.randoms(use_true_random=False),
    count=st.integers(0, 12),
    kinds=st.sampled_from([None, ("epyc",), ("epyc", "xeon")]),
    attempts=st.integers(1, 3),
)
def test_every_block_ends_exactly_once(
    chance: Random, count: int, kinds: tuple[str, ...] | None, attempts: int
) -> None:
    """Whatever joins, dies, ends in whatever order or comes late: counted once, or given up after so many losses."""
    needed = [chance.choice(["cpu", "cuda:0"]) for _ in range(count)]
    planned = [block(f"h{index}", device=device) for index, device in enumerate(needed)]
    costs = [chance.choice([1.0, 2.0, 3.0]) for _ in planned]
    found = Scheduler(planned, lambda each: costs[planned.index(each)], kinds=kinds, attempts=attempts)
    expected = {(place, kind) for place in range(count) for kind in kinds or ("",)}
    ended: list[tuple[int, str]] = []
    losses: dict[tuple[int, str], int] = dict.fromkeys(expected, 0)
    at_work: dict[str, Lease] = {}
    late: list[Lease] = []
    has: dict[str, tuple[str, frozenset[str]]] = {}
    names = iter(range(10**6))
    while not found.is_finished:
        assert found.left == len(expected) - len(ended)
        match chance.choice(["join", "ask", "ask", "end", "end", "lose", "late"]):
            case "join" if len(has) < 6:
                name = f"w{next(names)}"
                has[name] = (chance.choice(["epyc", "xeon"]), chance.choice([CPU, GPU, BOTH]))
                found.joined(name, *has[name])
            case "ask" if has:
                name = chance.choice(list(has))
                lease = found.next_for(name)
                if lease is not None:
                    assert name not in at_work
                    assert {needed[lease.place]} <= has[name][1]
                    assert lease.kind == ("" if kinds is None else has[name][0])
                    waiting = {
                        place
                        for place, kind in expected - set(ended) - {each[:2] for each in at_work.values()}
                        if kind == lease.kind and {needed[place]} <= has[name][1]
                    }
                    assert costs[lease.place] == max(costs[place] for place in waiting)
                    at_work[name] = lease
            case "end" if at_work:
                lease = at_work.pop(chance.choice(list(at_work)))
                assert found.finished(lease)
                ended.append(lease[:2])
                late.append(lease)
            case "lose" if has:
                name = chance.choice(list(has))
                del has[name]
                lost, gone = at_work.pop(name, None), found.lost(name)
                if lost is not None:
                    losses[lost[:2]] += 1
                    late.append(lost)
                    is_last = losses[lost[:2]] == attempts
                    assert gone == (GivenUp(lost) if is_last else lost)
                    ended += [lost[:2]] if is_last else []
            case "late" if late:
                assert not found.finished(chance.choice(late))
            case _:
                pass
    assert sorted(ended) == sorted(expected)
