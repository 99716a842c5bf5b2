"""Promises of several processes that train together."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest
import torch
from torch import multiprocessing

from training.processes import ALONE, Processes, processes

from .learners import learner, lessons

if TYPE_CHECKING:
    from pathlib import Path


def gradients(rank: int, count: int, folder: str) -> None:
    """Save the gradients of one step in one of so many processes, and the loss that it saw."""
    torch.set_num_threads(1)
    learned = learner(dropout=0.0, processes=Processes(rank=rank, count=count))
    images, labels = lessons().train.batch(0, 0)
    # One image less: the shares differ in size.
    seen = learned.step(images[:7], labels[:7], "step 1")
    found = [weight.grad for weight in learned.network.parameters()]
    torch.save((seen, found), f"{folder}/{rank} of {count}")


def test_torchrun_says_which_process_this_is() -> None:
    """By its variables; without them a process is alone."""
    said = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1"}
    assert processes(said) == Processes(rank=3, count=4, local_rank=1)
    assert processes({}) == ALONE
    assert processes(said).device("cuda:0") == "cuda:1"


@pytest.mark.usefixtures("importable_elsewhere")
def test_two_processes_have_the_gradient_of_the_joint_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To rounding, and the same loss, though one has an image more than the other."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    variables = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    for name, value in variables.items():
        monkeypatch.setitem(os.environ, name, value)
    context = multiprocessing.get_context("spawn")
    others = []
    for rank in range(2):
        monkeypatch.setitem(os.environ, "RANK", str(rank))
        other = context.Process(target=gradients, args=(rank, 2, str(tmp_path)))
        other.start()
        others.append(other)
    for other in others:
        other.join(120)
        assert other.exitcode == 0
    gradients(0, 1, str(tmp_path))
    alone = torch.load(tmp_path / "0 of 1", weights_only=False)
    for rank in range(2):
        seen, found = torch.load(tmp_path / f"{rank} of 2", weights_only=False)
        assert seen == pytest.approx(alone[0], rel=1e-6)
        for mine, theirs in zip(found, alone[1], strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-7)
