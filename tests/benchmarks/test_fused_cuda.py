"""The command that times the fused kernels on a GPU, against some of its candidates."""

from __future__ import annotations

from fused_candidates import Ratio
from fused_cuda import AGAINST, CONTESTS, Cell, contests, verdicts


def test_what_is_not_timed_is_not_judged() -> None:
    """Only chosen candidates are compared with, and the fused softmax is judged only if it is among them."""
    assert contests(("softmax",)) == {"fused": ["softmax"]}
    assert contests(AGAINST) == {name: list(others) for name, others in CONTESTS.items()}
    ratios = {name: Ratio(value=value, low=value, high=value) for name, value in (("softmax", 1.1), ("copy", 0.5))}
    cells = [
        Cell(name="fused", n=4, dtype="float32", direction=direction, ratios=ratios, seconds=1.0)
        for direction in ("forward", "forward+backward")
    ]
    assert verdicts(cells) == [
        "holds       fused, forward: softmax / fused, least: 1.10, wanted 1.0",
        "FALLS SHORT fused, forward: share of y.copy_(x)'s bandwidth, least: 0.50, wanted 0.85",
        "holds       fused, forward+backward: softmax / fused, least: 1.10, wanted 1.0",
    ]
