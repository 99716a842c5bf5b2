"""All published tables: their rows name what exists, and the networks behind them have known sizes."""

from __future__ import annotations

import pytest
import torch

from attn_impls import builtin
from attn_impls.host import TIMM
from attnbench.rebuilt import judge
from reporting.conformance import Conformance, Verdict
from reporting.conventions import CONVENTIONS, Quantity
from reporting.published import PAPERS, Kind, has_speeds, kind_of, load_table, table_numbers
from reporting.published.accuracies import load_accuracies
from reporting.published.speeds import load_speeds
from suites.papers.plain import LAYER, TORCHVISION
from suites.papers.rebuild import VARIANTS, Network, Rebuilder
from suites.papers.rules import OPERATIONS, SIZES
from suites.papers.stored import CACHE, MEMORY, STORED
from suites.papers.unfilled import Unfilled

ALL = [(paper, number) for paper in PAPERS for number in table_numbers(paper)]
TABLES = [each for each in ALL if kind_of(*each) is Kind.COUNTS]


@pytest.fixture(scope="module")
def rebuilder() -> Rebuilder:
    """Build each network once for all tests."""
    return Rebuilder(builtin())


def verdicts(judged: Conformance) -> tuple[int, ...]:
    """Return how many cells match, are explained, differ, and are not measured."""
    return tuple(judged.total(verdict) for verdict in Verdict)


@pytest.mark.parametrize(("paper", "number"), TABLES)
def test_every_row_names_what_exists(paper: str, number: int) -> None:
    """Host, implementation with its options, slot and stages, and alternative of each row are in the registry."""
    registry = builtin()
    for row in load_table(paper, number).rows:
        if not row.host or row.host.startswith((TIMM, TORCHVISION, LAYER, CACHE, MEMORY)):
            assert not row.implementation, row.name
            continue
        host = registry.hosts[row.host]
        for name in filter(None, (row.implementation, row.alternative)):
            spec = registry.find(name)
            slot = host.split_slot(row.slot)[0] if row.slot else host.default_slot(spec.family)
            assert slot in host.fitting(spec.family), row.name


@pytest.mark.parametrize(("paper", "number"), [each for each in ALL if has_speeds(*each)])
def test_every_row_of_speeds_names_what_exists(paper: str, number: int) -> None:
    """So do the rows that are measured beside the paper's; each builds on the meta device where it is built at all."""
    speeds = load_speeds(paper, number)
    rebuilder = Rebuilder(builtin())
    for row in (*speeds.rows, *speeds.added):
        network = Network(
            host=row.host,
            implementation=row.implementation,
            slot=row.slot,
            image_size=speeds.image_size,
            num_classes=speeds.num_classes,
        )
        assert rebuilder.missing(network) or rebuilder.exact(network, "parameters"), row.name


def test_every_row_of_accuracies_names_what_exists() -> None:
    """FeLU's six activations, each inside the attention of its small network: 502,990 parameters in each."""
    rebuilder = Rebuilder(builtin())
    for row in load_accuracies("felu", 2).rows:
        network = Network(
            host=row.host, implementation=row.implementation, slot=row.slot, image_size=28, num_classes=10
        )
        assert rebuilder.exact(network, "parameters") == 502_990, row.name


def test_every_convention_can_be_counted() -> None:
    """The rules and variants that conventions name are those that networks are counted by."""
    for convention in CONVENTIONS:
        rules = {Quantity.PARAMETERS: SIZES, Quantity.OPERATIONS: OPERATIONS}.get(convention.quantity, STORED)
        assert convention.rule in rules, convention.name
        assert convention.variant in VARIANTS, convention.name


@pytest.mark.parametrize(
    ("host", "implementation", "slot", "parameters"),
    [
        ("resnet50_v1", "se:bias=false,reduction=2", "", 45_677_000),
        ("resnet50_v1", "se:bias=false,reduction=4", "", 35_617_000),
        ("resnet50_v1", "se:bias=false,reduction=8", "", 30_587_000),
        ("resnet50_v1", "se:bias=false,reduction=16", "", 28_072_000),
        ("resnet50_v1", "se:bias=false,reduction=32", "", 26_815_000),
        ("resnet50_v1", "se:bias=true,reduction=2", "", 45_699_000),
        ("resnet50_v1", "se:bias=true,reduction=32", "", 26_830_000),
        ("resnet50_v1", "se:bias=false", "block_output@2", 25_582_000),
        ("resnet50_v1", "se:bias=false", "block_output@3", 25_688_000),
        ("resnet50_v1", "se:bias=false", "block_output@4", 26_343_000),
        ("resnet50_v1", "se:bias=false", "after_spatial", 25_714_000),
        ("resnet50_v1", "se:bias=false", "pre", 27_548_000),
        ("sknet50", "", "", 27_480_000),
        ("sknet101", "", "", 48_687_000),
        ("resnest50_fast_2s1x64d", "", "", 27_483_000),
    ],
)
def test_sizes_of_imagenet_networks(
    rebuilder: Rebuilder, host: str, implementation: str, slot: str, parameters: int
) -> None:
    """Parameters, to the thousand, of networks that were built elsewhere."""
    network = Network(host=host, implementation=implementation, slot=slot, image_size=224, num_classes=1000)
    assert round(rebuilder.exact(network, "parameters"), -3) == parameters


@pytest.mark.parametrize(
    ("host", "implementation", "millions"),
    [
        ("resnet50_v1", "", 3858),
        ("resnet50_v1", "se:bias=false,squeeze=none", 4269),
        ("sknet50", "", 4463),
        ("sknet101", "", 8449),
        ("resnest50_fast_2s1x64d", "", 4331),
    ],
)
def test_multiply_accumulates_of_imagenet_networks(
    rebuilder: Rebuilder, host: str, implementation: str, millions: int
) -> None:
    """Convolutions and matrix products, in millions, of networks that were built elsewhere."""
    network = Network(host=host, implementation=implementation, image_size=224, num_classes=1000)
    assert round(rebuilder.exact(network, "macs") / 1e6) == millions


def test_cifar_networks_and_exact_parameters(rebuilder: Rebuilder) -> None:
    """CBAM's and BAM's ResNet-50; and ResNet-50 for CIFAR-100, plain and with NAM: 2 for each of 15,104 channels."""
    cbam = Network(host="resnet50", implementation="cbam", image_size=224, num_classes=1000)
    bam = Network(host="resnet50", implementation="bam", slot="stage_output@2,3,4", image_size=224, num_classes=1000)
    assert rebuilder.exact(cbam, "parameters") == 28_089_624
    assert rebuilder.exact(bam, "parameters") == 25_915_099
    plain = Network(host="resnet50_cifar", image_size=32, num_classes=100)
    channel = Network(host="resnet50_cifar", implementation="nam/channel", image_size=32, num_classes=100)
    assert rebuilder.exact(plain, "parameters") == 23_705_252
    assert rebuilder.exact(channel, "parameters") == 23_735_460


def test_se_networks_are_counted_with_running_statistics(rebuilder: Rebuilder) -> None:
    """That gives five of six figures of SENet's Table 10, and the biases of its released networks the sixth."""
    judged = judge(load_table("senet", 10), rebuilder)
    assert judged.choices[0].convention.name == "parameters and statistics"
    assert {cell.row: cell.verdict.value for cell in judged.cells if cell.verdict is not Verdict.MATCH} == {
        "r = 8": "explained"
    }
    assert verdicts(judge(load_table("senet", 13), rebuilder)) == (6, 0, 0, 0, 0)
    assert verdicts(judge(load_table("senet", 15), rebuilder)) == (2, 0, 0, 0, 0)
    assert verdicts(judge(load_table("senet", 16), rebuilder)) == (2, 0, 0, 0, 0)


def test_eca_net_divides_by_powers_of_1024(rebuilder: Rebuilder) -> None:
    """Its table's own conventions are found: units of 2**20 and 2**30, and the thop of its time."""
    judged = judge(load_table("eca", 3), rebuilder)
    assert [choice.convention.name for choice in judged.choices] == [
        "parameters / 1024",
        "thop 2019 / 1024, pooling",
        "thop 2019 / 1024, pooling",
    ]
    assert verdicts(judged) == (22, 1, 4, 1, 0)


@pytest.mark.parametrize(
    ("paper", "convention", "expected"),
    [
        ("simam", "thop 2020", (12, 0, 0, 0, 0)),
        ("triplet", "ptflops", (11, 0, 1, 0, 0)),
        ("coordinate", "macs", (8, 0, 0, 0, 0)),
    ],
)
def test_readmes(rebuilder: Rebuilder, paper: str, convention: str, expected: tuple[int, ...]) -> None:
    """Each authors' README has one way of counting operations, which is found."""
    judged = judge(load_table(paper, 1), rebuilder)
    assert judged.choices[1].convention.name == convention
    assert verdicts(judged) == expected


def test_other_strides_swap_a_network_and_its_sibling(rebuilder: Rebuilder) -> None:
    """ResNet-50 v1.5 with its strides moved is v1, and the reverse; a network without the option stays as it is."""
    macs = {
        host: [
            rebuilder.exact(Network(host=host, image_size=224, num_classes=1000), "macs", variant)
            for variant in ("as_described", "other_strides")
        ]
        for host in ("resnet50", "resnet50_v1", "mobilenet_v2")
    }
    assert macs["resnet50"] == macs["resnet50_v1"][::-1] == [4_089_184_256, 3_857_973_248]
    assert macs["mobilenet_v2"][0] == macs["mobilenet_v2"][1]


def test_other_bias_adds_and_removes_biases(rebuilder: Rebuilder) -> None:
    """SE with biases and without are each other's variant; a plain network has none to add."""
    of = {
        name: [
            rebuilder.exact(
                Network(host="resnet50", implementation=name, image_size=224, num_classes=1000), rule, variant
            )
            for rule, variant in (("parameters", "as_described"), ("parameters", "other_bias"))
        ]
        for name in ("", "se", "se:bias=false")
    }
    assert of["se"] == of["se:bias=false"][::-1]
    assert of["se"][0] - of["se"][1] == 16_048
    assert of[""][0] == of[""][1]


def test_running_statistics_are_two_for_each_channel_of_a_norm(rebuilder: Rebuilder) -> None:
    """ResNet-50 has 53,120 of them."""
    network = Network(host="resnet50", image_size=224, num_classes=1000)
    both = rebuilder.exact(network, "parameters_and_statistics") - rebuilder.exact(network, "parameters")
    assert both == 53_120


def test_values_are_filled_in_where_there_are_any() -> None:
    """On the meta device filling is skipped; elsewhere a module has its initial values inside the block too."""
    with Unfilled():
        assert torch.ones(3, device="meta").mul_(2).shape == (3,)
        assert torch.zeros(3).add_(1).mul_(2).tolist() == [2, 2, 2]


def test_what_is_not_built_says_so(rebuilder: Rebuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row without a backbone is not measured; one of timm only where timm is installed."""
    nothing = Network(host="", image_size=224, num_classes=1000)
    of_timm = Network(host="timm:inception_resnet_v2", image_size=299, num_classes=1000)
    assert rebuilder.missing(nothing) == "this network is not built here"
    assert rebuilder.missing(of_timm) == ""
    monkeypatch.setattr("suites.papers.rebuild.find_spec", lambda _: None)
    assert rebuilder.missing(of_timm) == "this network needs timm, which is not installed"


def test_a_network_of_timm_is_counted(rebuilder: Rebuilder) -> None:
    """Its Inception-ResNet-v2 has 55,843,464 parameters."""
    network = Network(host="timm:inception_resnet_v2", image_size=299, num_classes=1000)
    assert rebuilder.exact(network, "parameters") == 55_843_464
