"""The processes that train one network together: what torchrun's variables say, and how they share a batch."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn


@dataclass(frozen=True, slots=True, kw_only=True)
class Processes:
    """Which of how many processes this one is; the first alone writes."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    """Among those of this machine: the number of its GPU."""

    def device(self, device: str) -> str:
        """Return the device of this process, where a case names the first one's."""
        return f"cuda:{self.local_rank}" if self.count > 1 and device != "cpu" else device

    def share(self, batch: Tensor) -> Tensor:
        """Return this process's part of a batch."""
        return batch[self.rank :: self.count]

    def weight(self, share: int, batch: int) -> float:
        """Return by what the mean over a share is multiplied, so that the mean over processes is that of the batch."""
        return 1.0 if self.count == 1 else share * self.count / batch

    def join(self, device: str) -> None:
        """Meet the others, once a process; alone there is nobody to meet."""
        import torch
        from torch import distributed

        if self.count == 1 or distributed.is_initialized():
            return
        if device != "cpu":
            torch.cuda.set_device(device)
        distributed.init_process_group("gloo" if device == "cpu" else "nccl")

    def parallel(self, network: nn.Module, device: str) -> nn.Module:
        """Return the network as one that has the mean of all processes' gradients.

        On CUDA batch normalisation is over the joint batch (SyncBatchNorm). On the CPU PyTorch has none: there each
        process normalises its own share, as with smaller batches.
        """
        if self.count == 1:
            return network
        from torch import nn

        if device != "cpu":
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
        return nn.parallel.DistributedDataParallel(network, device_ids=None if device == "cpu" else [device])

    def summed(self, *numbers: float, device: str) -> list[float]:
        """Return each number's sum over the processes."""
        if self.count == 1:
            return list(numbers)
        import torch
        from torch import distributed

        together = torch.tensor(numbers, dtype=torch.float64, device=device)
        distributed.all_reduce(together)
        return [float(number) for number in together]


#: A process that trains by itself.
ALONE = Processes()


def processes(environment: Mapping[str, str] = os.environ) -> Processes:
    """Return what torchrun says of this process; without torchrun it is alone."""
    if "RANK" not in environment or "WORLD_SIZE" not in environment:
        return ALONE
    return Processes(
        rank=int(environment["RANK"]),
        count=int(environment["WORLD_SIZE"]),
        local_rank=int(environment.get("LOCAL_RANK", "0")),
    )
