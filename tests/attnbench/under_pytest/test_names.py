"""Names of tests and of the tables that benchmarks stand in."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from attnbench.under_pytest.names import case_name, group_name
from results.blocks import blocks_of
from results.records import Case, Direction, FeatureMap, Images, Input, Logits, Mode
from suites.catalog import SUITES
from suites.request import plan, requested

MAP = FeatureMap(batch=4, channels=64, height=32, width=16)
IMAGES = Images(batch=1, channels=3, height=32, width=32, num_classes=10)


def case(works_on: Input, **facts: object) -> Case:
    return Case(suite="latency", implementation="se:reduction=8", source="", input=works_on, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("named", "name", "group"),
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
            case(Logits(shape=(4096, 1000), dim=1)),
            "latency[op-se:reduction=8-4096x1000-float32-cpu-forward]",
            "latency: op 4096x1000 float32 cpu forward",
        ),
    ],
)
def test_a_name_says_what_is_measured(named: Case, name: str, group: str) -> None:
    """And nothing of the machine, the folder or the source; a group leaves out what is compared."""
    assert (case_name(named), group_name(named)) == (name, group)
    elsewhere = replace(named, source="other", threads=7)
    assert (case_name(elsewhere), group_name(elsewhere)) == (name, group)


def test_no_two_cases_share_a_name_and_each_block_is_a_group() -> None:
    """In all that is measured by default, alone and in networks."""
    everything = {"hosts": ["none", "resnet18_cifar"], "modes": [], "slots": []}
    cases = plan(requested(SUITES, everything))[1]
    assert len({case_name(each) for each in cases}) == len(cases)
    blocks = blocks_of(cases)
    assert len({group_name(block.shared) for block in blocks}) == len(blocks)
    assert all(len({group_name(each) for each in block.cases}) == 1 for block in blocks)
