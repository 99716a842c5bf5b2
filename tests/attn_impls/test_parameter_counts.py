"""Parameters of the backbones against the printed ones of Zhu et al. 2021, doi:10.3778/j.issn.1002-8331.2010-0085."""

from __future__ import annotations

import pytest
import torch

from attn_impls import builtin

#: Table 2, column "Params", in millions, 100 classes. The PSK rows are those of the variants without BN.
PRINTED_MILLIONS = {
    ("resnext50_16x4d", None): 6.22,
    ("resnext50_16x4d", "se:reduction=4"): 8.74,
    ("resnext50_16x4d", "se/hard_sigmoid:reduction=4"): 8.74,
    ("resnext50_16x4d", "sk/softmax"): 10.09,
    ("resnext50_16x4d", "sk/hard_softmax"): 10.09,
    ("resnext50_16x4d", "split/softmax"): 7.06,
    ("resnext50_16x4d", "split/hard_softmax"): 7.06,
    ("resnext50_16x4d", "psk/as_printed"): 8.32,
    ("resnext50_16x4d", "psk/standard_1x1_as_printed"): 10.09,
    ("mobilenet_v3_small", None): 1.16,
    ("mobilenet_v3_small", "se:reduction=4"): 1.62,
    ("mobilenet_v3_small", "se/hard_sigmoid:reduction=4"): 1.62,
    ("mobilenet_v3_small", "sk/softmax"): 2.57,
    ("mobilenet_v3_small", "sk/hard_softmax"): 2.57,
    ("mobilenet_v3_small", "split/softmax"): 1.24,
    ("mobilenet_v3_small", "split/hard_softmax"): 1.24,
    ("mobilenet_v3_small", "psk/as_printed"): 1.20,
    ("mobilenet_v3_small", "psk/standard_1x1_as_printed"): 2.57,
}


def parameters(host: str, name: str | None) -> int:
    """Count a network's parameters, on the meta device, where they take no memory."""
    spec = builtin().find(name) if name else None
    with torch.device("meta"):
        network = builtin().hosts[host].build(spec, num_classes=100)
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(("host", "name"), PRINTED_MILLIONS)
def test_equals_the_printed_parameters(host: str, name: str | None) -> None:
    """Every network has the parameters that the paper prints, to its two decimals."""
    assert round(parameters(host, name) / 1e6, 2) == PRINTED_MILLIONS[host, name]


@pytest.mark.parametrize(
    ("host", "name", "millions"),
    [
        ("resnext50_16x4d", "psk", 8.32),
        ("resnext50_16x4d", "psk/standard_1x1", 10.09),
        # 1.20 in print: the BN of the paper's text does not fit the paper's count.
        ("mobilenet_v3_small", "psk", 1.21),
        ("mobilenet_v3_small", "psk/standard_1x1", 2.57),
    ],
)
def test_parameters_of_psk_with_batch_norm(host: str, name: str, millions: float) -> None:
    """With the BN of its text, PSK has up to 0.01 million parameters more than printed."""
    assert round(parameters(host, name) / 1e6, 2) == millions


def test_a_classifier_grows_with_its_classes() -> None:
    """The number of classes sets the last layer: 1024 weights and a bias each."""
    host = builtin().hosts["resnext50_16x4d"]
    with torch.device("meta"):
        sizes = [sum(p.numel() for p in host.build(None, num_classes=n).parameters()) for n in (10, 11)]
    assert sizes[1] - sizes[0] == 1025
