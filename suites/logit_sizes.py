"""Sizes of logits that networks normalise, which several suites measure."""

from __future__ import annotations

#: The weights of SK, Split and PSK: shared out among so many branches, in each of so many channels.
BRANCHES, CHANNELS = 2, 256
#: A classifier's: ImageNet's.
CLASSES = 1000
#: Attention's: heads, and the tokens of a 224 x 224 image in 16 x 16 patches, with a class token.
HEADS, TOKENS = 8, 197
