"""The counters on whole networks: both backbones, each with a gate and two branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from attn_impls import builtin
from bench.complexity.counter import count_all
from bench.complexity.fvcore_counter import FvcoreCounter
from bench.complexity.ptflops_counter import PtflopsCounter
from bench.complexity.torch_counter import TorchCounter
from bench.complexity.torchstat import TorchstatCounter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from results.records import Complexity, Count

HOSTS = ("resnext50_16x4d", "mobilenet_v3_small")
#: The operators whose multiply-accumulates are beyond dispute.
PRODUCTS = ("conv", "linear", "matmul")


@pytest.fixture(scope="module")
def counted() -> dict[str, Complexity]:
    """Count each network once by every rule, on one thread: see ``_one_thread``."""
    counters = (TorchstatCounter(), FvcoreCounter(), PtflopsCounter(), TorchCounter())
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    registry, image = builtin(), torch.randn(1, 3, 32, 32)
    found = {
        f"{host} {name}": count_all(registry.hosts[host].build(registry.find(name)), (image,), counters)
        for host in HOSTS
        for name in ("se:reduction=4", "sk/softmax", "psk")
    }
    torch.set_num_threads(threads)
    return found


def counts_by(rule: str, counted: dict[str, Complexity]) -> dict[str, Count]:
    """Return network -> its count by one rule."""
    return {
        network: count for network, complexity in counted.items() for count in complexity.counts if count.rule == rule
    }


def products(count: Count) -> int:
    """Sum what a count has for convolutions, linear layers and products of matrices."""
    return sum(share.count for share in count.by_operator if share.operator in PRODUCTS)


def shares(counts: Iterable[Count]) -> list[int]:
    """Return the sum over operators of each count."""
    return [sum(share.count for share in count.by_operator) for count in counts]


@pytest.mark.parametrize("rule", ["torchstat", "fvcore", "ptflops", "torch"])
def test_operators_add_up_to_the_total(rule: str, counted: dict[str, Complexity]) -> None:
    """A table of operators accounts for every operation that the rule has counted."""
    counts = counts_by(rule, counted).values()
    assert len(counts) == 6
    assert shares(counts) == [count.total for count in counts]


def test_fvcore_and_torch_agree_on_products(counted: dict[str, Complexity]) -> None:
    """Two independent tracers find the same multiply-accumulates; torch counts each as two."""
    by_fvcore, by_torch = counts_by("fvcore", counted), counts_by("torch", counted)
    doubled = {network: 2 * products(count) for network, count in by_fvcore.items()}
    assert doubled == {network: products(count) for network, count in by_torch.items()}


def test_torch_counts_nothing_but_products(counted: dict[str, Complexity]) -> None:
    """Its total is the exact one of convolutions, linear layers and products, doubled; nothing is added to it."""
    counts = counts_by("torch", counted)
    assert {network: count.total for network, count in counts.items()} == {
        network: products(count) for network, count in counts.items()
    }
    assert counts["resnext50_16x4d se:reduction=4"].total == 723_705_856
    assert counts["mobilenet_v3_small sk/softmax"].total == 41_288_768


@pytest.mark.parametrize("host", HOSTS)
def test_torchstat_counts_the_same_on_the_meta_device(host: str, counted: dict[str, Complexity]) -> None:
    """A network need not be run to be counted by torchstat's rule."""
    registry = builtin()
    with torch.device("meta"):
        network = registry.hosts[host].build(registry.specs["sk/softmax"])
    on_meta = TorchstatCounter().count(network.eval(), (torch.ones(1, 3, 32, 32, device="meta"),))
    assert on_meta == counts_by("torchstat", counted)[f"{host} sk/softmax"]
