"""A tensor that is copied onto an overlapping part of itself: eager and compiled, it gives different results."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch import Tensor, nn

from attn_impls import Family, Spec
from attn_impls.audit import Name, audit
from attn_impls.audit.overlap import overlapping_copy
from attn_impls.audit.places import homes


class Shift(nn.Module):
    """Shifts half of the channels down by a row, within one tensor."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(x.permute(0, 2, 3, 1))
        half = y.shape[-1] // 2
        y[:, 1:, :, :half] = self.taken(y[:, :-1, :, :half])
        return y.permute(0, 3, 1, 2)

    def taken(self, part: Tensor) -> Tensor:
        """Return what is copied."""
        return part


class Cloned(Shift):
    """Copies from a clone."""

    def taken(self, part: Tensor) -> Tensor:
        return part.clone()


class Apart(Shift):
    """Copies between halves that share memory, but no number."""

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(x.permute(0, 2, 3, 1))
        half = y.shape[-1] // 2
        y[..., :half] = y[..., half:]
        return y.permute(0, 3, 1, 2)


def spec(factory: type[nn.Module]) -> Spec:
    return Spec(name="shift", family=Family.GATE, summary="", factory=factory)


def line() -> int:
    """Return where the copy stands."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return 1 + next(index for index, text in enumerate(lines) if "y[:, 1:, :, :half] =" in text)


@pytest.mark.parametrize(("factory", "found"), [(Shift, f"test_overlap.py, line {line()}"), (Cloned, ""), (Apart, "")])
def test_the_line_of_the_copy(factory: type[nn.Module], found: str) -> None:
    """Two parts of one storage overlap where they share a number."""
    assert overlapping_copy(next(homes(spec(factory)))) == found


def test_the_remedy_names_the_copy() -> None:
    """And not Python state, which there is none of."""
    findings = [each for each in audit(spec(Shift)) if each.name == Name.COMPILE]
    assert [each.remedy for each in findings] == ["copy from a clone, as in y[:, 1:] = y[:, :-1].clone()"]
    assert f"overlapping part of itself (test_overlap.py, line {line()})" in findings[0].words
