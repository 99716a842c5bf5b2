from __future__ import annotations

import resource

import pytest
import torch

from bench import limits
from bench.limits import cap_cpu_memory, environment_changes


@pytest.mark.parametrize(
    ("devices", "capped"),
    [({"cpu"}, True), ({"cuda:0"}, False), ({"cpu", "cuda:1"}, False)],
    ids=["cpu", "gpu", "cpu and gpu"],
)
@pytest.mark.parametrize("has_gpu", [True, False])
def test_the_cap_is_for_runs_that_use_no_gpu(
    monkeypatch: pytest.MonkeyPatch, devices: set[str], *, capped: bool, has_gpu: bool
) -> None:
    """CUDA reserves more address space than there is memory; a GPU that the run leaves alone does not count."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    monkeypatch.setattr(limits, "OUT_OF_MEMORY_SCORE", limits.MEMORY_INFO / "none")
    monkeypatch.setattr(limits, "available_bytes", lambda: 7 * 2**30)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (-1, -1))
    set_limits: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda *limit: set_limits.append(limit))
    cap_cpu_memory(devices)
    assert set_limits == ([(resource.RLIMIT_DATA, (7 * 2**30, -1))] if capped else [])


@pytest.mark.parametrize(
    ("devices", "changes"),
    [({"cpu"}, {"CUDA_VISIBLE_DEVICES": ""}), ({"cuda:0"}, {}), ({"cpu", "cuda:1"}, {})],
    ids=["cpu", "gpu", "cpu and gpu"],
)
def test_what_measures_on_the_cpu_alone_sees_no_gpu(devices: set[str], changes: dict[str, str]) -> None:
    """Exactly the processes under the cap: there CUDA cannot be initialised."""
    assert environment_changes(devices) == changes
