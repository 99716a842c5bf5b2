"""Zhu et al. 2021, "Parallel Selective Kernel Attention Based on HardSoftmax": what its Table 2 compares."""

from __future__ import annotations

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
