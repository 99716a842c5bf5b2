"""What torch dispatches in a call: names of operators, and operations of products."""

from __future__ import annotations

import torch

from bench.dispatched import dispatched
from bench.peak import peak_flops_per_s


def test_products_count_two_for_each_multiply_accumulate() -> None:
    """Those of gradients with respect to leaves too, and those that write into their own operand."""
    one, other = torch.ones(3, 4, 5, requires_grad=True), torch.ones(3, 5, 6)
    forward = dispatched(lambda: torch.bmm(one, other))
    assert forward.flops == 2 * 3 * 4 * 5 * 6
    assert "aten.bmm" in forward.operators
    both = dispatched(lambda: torch.autograd.grad(torch.bmm(one, other).sum(), one))
    assert both.flops == 2 * 2 * 3 * 4 * 5 * 6
    into = torch.zeros(3, 4, 6)
    assert dispatched(lambda: into.baddbmm_(one.detach(), other)).flops == 2 * 3 * 4 * 5 * 6


def test_a_composed_operator_is_seen_in_its_parts() -> None:
    """In inference mode too, in which torch would hand it on as one."""

    def call() -> torch.Tensor:
        with torch.inference_mode():
            return torch.matmul(torch.ones(2, 3), torch.ones(3, 4))

    found = dispatched(call)
    assert found.operators == {"aten.mm", "aten.ones"}
    assert isinstance(found.result, torch.Tensor)
    assert found.flops == 2 * 2 * 3 * 4


def test_a_peak_is_measured_once_in_a_process() -> None:
    """It is what other speeds of the process are a share of: one number."""
    assert peak_flops_per_s("cpu", "float32") == peak_flops_per_s("cpu", "float32") > 0
