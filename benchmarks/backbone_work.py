"""Count the multiply-adds of each backbone for one image: what the time that a run takes is estimated from.

python benchmarks/backbone_work.py > attnbench/progress/backbones.csv
"""

from __future__ import annotations

import sys

import torch

from attn_impls import builtin
from attnbench.progress.work import COLUMNS, SCALE
from bench.complexity.counter import count_all
from bench.complexity.fvcore_counter import FvcoreCounter


def main() -> None:
    """Print a line a backbone: its name, and the multiply-adds of one image of its own size, in millions."""
    sys.stdout.write(f"{','.join(COLUMNS)}\n")
    for host in builtin().hosts.values():
        network = host.build(None).eval()
        image = torch.zeros(1, host.in_channels, host.image_size, host.image_size)
        (counts,) = count_all(network, (image,), (FvcoreCounter(),)).counts
        sys.stdout.write(f"{host.name},{round(counts.total / SCALE)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
