"""Names of tests and of the tables that benchmarks stand in."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from results.benchmark_names import full_name, group, groups, name, names
from results.blocks import blocks_of
from results.records import Case, Direction, FeatureMap, Images, Input, Logits, Mode, Timing
from suites.catalog import SUITES
from suites.request import plan, requested

MAP = FeatureMap(batch=4, channels=64, height=32, width=16)
IMAGES = Images(batch=1, channels=3, height=32, width=32, num_classes=10)


def case(works_on: Input, **facts: object) -> Case:
    return Case(suite="latency", implementation="se:reduction=8", source="", input=works_on, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("named", "its_name", "its_group"),
    [
        (
            case(MAP),
            "latency[module-se:reduction=8-4x64x32x16-float32-cpu-forward]",
            "latency: module 4x64x32x16 float32 cpu forward",
        ),
        (
            case(MAP.laid_out(channels_last=True), device="cuda:0", dtype="float16"),
            "latency[module-se:reduction=8-4x64x32x16-channels_last-float16-cuda:0-forward]",
            "latency: module 4x64x32x16 channels_last float16 cuda:0 forward",
        ),
        (
            case(IMAGES, host="resnet18_cifar", slot="block_output@4", direction=Direction.FORWARD_BACKWARD),
            "latency[resnet18_cifar-se:reduction=8-block_output@4-1x3x32x32-10classes-float32-cpu-forward+backward]",
            "latency: resnet18_cifar 1x3x32x32 10classes float32 cpu forward+backward",
        ),
        (
            case(Logits(shape=(256, 2, 8), dim=1), mode=Mode.COMPILED),
            "latency[op-se:reduction=8-256x2x8@1-float32-cpu-forward-compiled]",
            "latency: op 256x2x8@1 float32 cpu forward",
        ),
        (
            case(MAP, device="cuda:0", timing=Timing.COLD, mode=Mode.COMPILED),
            "latency[module-se:reduction=8-4x64x32x16-float32-cuda:0-forward-cold-compiled]",
            "latency: module 4x64x32x16 float32 cuda:0 forward cold",
        ),
        (
            case(Logits(shape=(4096, 1000), dim=1)),
            "latency[op-se:reduction=8-4096x1000-float32-cpu-forward]",
            "latency: op 4096x1000 float32 cpu forward",
        ),
    ],
)
def test_a_name_says_what_is_measured(named: Case, its_name: str, its_group: str) -> None:
    """And nothing of the machine, the folder or the source; a group leaves out what is compared."""
    for case in (named, replace(named, source="other", threads=7)):
        assert (name(case), group(case)) == (its_name, its_group)
        assert (names([case]), groups([case])) == ({case: its_name}, {case: its_group})


def test_a_full_name_is_that_of_a_test() -> None:
    """In place of a test's file stands the name of the plug-in."""
    assert full_name(name(case(MAP))) == "attnbench::latency[module-se:reduction=8-4x64x32x16-float32-cpu-forward]"


@pytest.mark.parametrize(
    ("first", "second", "first_more", "second_more"),
    [
        ({"threads": 1}, {"threads": 2}, "-1threads", "-2threads"),
        ({"source": "beef"}, {"source": "c0ffee"}, "-beef", "-c0ffee"),
        ({"options": (("ratio", 0.5),)}, {"options": (("ratio", 1),)}, "-ratio=0.5", "-ratio=1"),
        ({"threads": 1, "source": "a"}, {"threads": 2, "source": "b"}, "-1threads-a", "-2threads-b"),
    ],
)
def test_what_else_tells_cases_apart_follows_where_it_must(
    first: dict[str, Any], second: dict[str, Any], first_more: str, second_more: str
) -> None:
    """Of these two cases alone: a third keeps its plain name."""
    pair, other = (replace(case(MAP), **first), replace(case(MAP), **second)), case(IMAGES)
    plain = "latency[module-se:reduction=8-4x64x32x16-float32-cpu-forward"
    assert names([*pair, other]) == {
        pair[0]: f"{plain}{first_more}]",
        pair[1]: f"{plain}{second_more}]",
        other: "latency[network-se:reduction=8-1x3x32x32-10classes-float32-cpu-forward]",
    }


def test_blocks_of_other_threads_are_other_groups() -> None:
    """Cases of one block stay in one group, whatever their implementation, slot, mode and source."""
    one, two = replace(case(MAP), threads=1), replace(case(MAP), threads=2)
    beside = replace(two, implementation="eca", slot="pre", mode=Mode.COMPILED, source="other")
    on_one, on_two = (f"latency: module 4x64x32x16 float32 cpu forward {count}threads" for count in (1, 2))
    assert groups([one, two, beside]) == {one: on_one, two: on_two, beside: on_two}


def test_no_two_cases_share_a_name_and_each_block_is_a_group() -> None:
    """In all that is measured by default, alone and in networks."""
    everything = {"hosts": ["none", "resnet18_cifar"], "modes": [], "slots": []}
    cases = plan(requested(SUITES, everything))[1]
    assert len({name(each) for each in cases}) == len(cases)
    blocks = blocks_of(cases)
    assert len({group(block.shared) for block in blocks}) == len(blocks)
    assert all(len({group(each) for each in block.cases}) == 1 for block in blocks)
