from __future__ import annotations

import pytest
import torch

from attn_impls.adapters import timm_hosts
from attn_impls.adapters.timm_hosts import timm_host


def test_a_network_of_timm_is_a_host_without_slots() -> None:
    """It has timm's image size and classes, and builds."""
    host = timm_host("timm:resnet18")
    assert (host.name, host.image_size, host.in_channels, host.num_classes) == ("timm:resnet18", 224, 3, 1000)
    assert dict(host.slots) == {}
    with torch.device("meta"):
        network = host.build(None, num_classes=10)
    assert network(torch.empty(1, 3, 64, 64, device="meta")).shape == (1, 10)


def test_its_image_size_is_that_of_its_data() -> None:
    """Inception-ResNet-v2 is made for 299 x 299."""
    assert timm_host("timm:inception_resnet_v2").image_size == 299


def test_an_unknown_network_is_refused() -> None:
    """The message names it."""
    with pytest.raises(ValueError, match=r"^timm has no network 'resnet1'$"):
        timm_host("timm:resnet1")


def test_without_timm_the_refusal_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timm is an optional extra."""
    monkeypatch.setattr(timm_hosts, "find_spec", lambda _: None)
    with pytest.raises(
        ValueError, match=r"^'timm:resnet18' needs timm, which is not installed: pip install 'attnbench\[timm\]'$"
    ):
        timm_host("timm:resnet18")
