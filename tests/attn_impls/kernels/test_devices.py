"""What computes is decided for each device: an old GPU may stand beside a new one."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import torch

from attn_impls.kernels import on_cuda, operators
from attn_impls.kernels.building import BuildError
from attn_impls.kernels.modules import FusedHardSoftmax

if TYPE_CHECKING:
    from collections.abc import Callable

#: Of cuda:0, a T4, and cuda:1, an A100.
CAPABILITIES = ((7, 5), (8, 0))
TOO_OLD = "plain PyTorch: the kernels need a GPU of compute capability 8.0 or later; cuda:0 has 7.5"


class Machine:
    """Two GPUs, and PyTorch's dispatcher as far as it is asked here: it tells kinds of devices apart alone."""

    def __init__(self) -> None:
        self.registered: dict[str, Callable[..., Any]] = {}
        self.tried: list[torch.device] = []

    def impl(self, name: str, operator: Callable[..., Any], key: str) -> None:
        assert key == "CUDA"
        assert name not in self.registered
        self.registered[name] = operator

    def computes(self, index: int) -> Any:
        """Call each operator with tensors of a GPU; return what computes them."""
        x: Any = SimpleNamespace(device=torch.device("cuda", index))
        found = set()
        for name, (computed, _) in operators._PLAIN.items():
            operators.implementation(x.device)
            arguments = (x, x, 1) if name.endswith("backward") else (x, 1)
            operator = self.registered.get(name)
            found.add(operator(*arguments) if operator else operators._without_kernel(name, computed, *arguments))
        assert len(found) == 1
        return found.pop()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Put both GPUs into the machine, where nothing has been asked yet; what computes returns its name."""
    pytest.importorskip("triton")
    made = Machine()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: CAPABILITIES[index])
    monkeypatch.setattr(on_cuda, "_try_out", lambda device, _: made.tried.append(device))
    monkeypatch.setattr(on_cuda, "OPERATORS", dict.fromkeys(on_cuda.OPERATORS, lambda *_: "kernel"))
    in_plain = {name: (lambda *_: "plain", shaped) for name, (_, shaped) in operators._PLAIN.items()}
    monkeypatch.setattr(operators, "_PLAIN", in_plain)
    monkeypatch.setattr(operators, "_LIBRARY", made)
    monkeypatch.setattr(operators, "_implementations", {})
    operators._register_on_gpus.cache_clear()
    return made


@pytest.mark.parametrize("order", [(0, 1, 0, 1), (1, 0, 1, 0)])
def test_an_old_gpu_beside_a_new_one(machine: Machine, order: tuple[int, ...]) -> None:
    """Tensors on the old one are computed in plain PyTorch, on the new one by kernels, in whichever order they come."""
    expected = {0: "plain", 1: "kernel"}
    assert [machine.computes(index) for index in order] == [expected[index] for index in order]
    # Kernels were compiled for the new one alone.
    assert machine.tried == [torch.device("cuda:1")]


@pytest.mark.usefixtures("machine")
def test_a_fused_module_refuses_the_old_gpu_alone() -> None:
    """The message has the device and its capability; the new device is not refused, neither before nor after."""
    module = FusedHardSoftmax(1)
    for _ in range(2):
        module.require_kernels("cuda:1")
        with pytest.raises(BuildError) as caught:
            module.require_kernels("cuda:0")
        assert str(caught.value) == f"no fused kernels on cuda:0: {TOO_OLD}"


@pytest.mark.usefixtures("machine")
def test_what_computes_is_named_by_device(caplog: pytest.LogCaptureFixture) -> None:
    """A device is named with its index; without one it is the current one; what is missing is logged once a device."""
    with caplog.at_level(logging.WARNING):
        assert operators.implementation("cuda:1").startswith("Triton 3.")
        assert operators.implementation("cuda") == operators.implementation("cuda:1")
        assert [operators.implementation(torch.device("cuda", 0)) for _ in range(2)] == [TOO_OLD] * 2
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_without_cuda_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for the kernels of a GPU that is not there is told, whichever error PyTorch would raise."""
    pytest.importorskip("triton")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(operators, "_implementations", {})
    assert operators.implementation("cuda") == "plain PyTorch: CUDA is not available"
