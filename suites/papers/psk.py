"""Zhu et al. 2021, "Parallel Selective Kernel Attention Based on HardSoftmax": what its Table 2 compares."""

from __future__ import annotations

from functools import cache

from attn_impls import builtin
from results.records import Logits

#: What a newcomer sees first: the table's attentions, PSK as the paper's text has it.
VARIANTS = (
    "se:reduction=4",
    "se/hard_sigmoid:reduction=4",
    "sk/softmax",
    "sk/hard_softmax",
    "split/softmax",
    "split/hard_softmax",
    "psk",
    "psk/standard_1x1",
)

#: The table's networks, for images of 32 x 32 and 100 classes.
HOSTS = ("resnext50_16x4d", "mobilenet_v3_small")

#: Table 4 times training and evaluation of this network, which the paper calls SKNet50 (16x4d), in these batches.
TIMED_HOST, TIMED_ATTENTION, TIMED_BATCH = "resnext50_16x4d", "sk/softmax", 32


@cache
def branch_logits() -> tuple[Logits, ...]:
    """Return all logits, each shape once, that are normalised in the network of Table 4.

    Found by running it on the meta device: a shape stands here if a softmax of the network sees it.
    """
    import torch
    from torch import nn

    spec, host = builtin().find(TIMED_ATTENTION), builtin().host(TIMED_HOST)
    found: dict[Logits, None] = {}

    def note(softmax: nn.Softmax, inputs: tuple[torch.Tensor, ...], _: object) -> None:
        if softmax.dim is not None:
            found[Logits(shape=tuple(inputs[0].shape), dim=softmax.dim)] = None

    with torch.device("meta"):
        network = host.build(
            spec, slot=host.default_slot(spec.family), num_classes=host.num_classes, image_size=host.image_size
        ).eval()
        for module in network.modules():
            if isinstance(module, nn.Softmax):
                module.register_forward_hook(note)
        network(torch.empty(TIMED_BATCH, host.in_channels, host.image_size, host.image_size))
    return tuple(found)
