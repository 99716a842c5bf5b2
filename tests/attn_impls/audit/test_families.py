from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from attn_impls import Family, Origin, Spec, builtin
from attn_impls.audit import Finding, Name, Severity, Verdict, audit, verdict

if TYPE_CHECKING:
    from collections.abc import Callable


class Double(nn.Module):
    """Twice the softmax."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, logits: Tensor) -> Tensor:
        return 2 * torch.softmax(logits, self.dim)


class LastAlone(nn.Module):
    """Softmax along the last dimension, whatever it was asked for."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        del dim

    def forward(self, logits: Tensor) -> Tensor:
        return torch.softmax(logits, -1)


class Signed(nn.Module):
    """Sums to 1, but not of weights."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, logits: Tensor) -> Tensor:
        return logits - logits.mean(self.dim, keepdim=True) + 1 / logits.shape[self.dim]


class MapsAlone(nn.Module):
    """An activation that takes maps for granted."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x.transpose(2, 3)).transpose(2, 3)


class Branch(nn.Module):
    """A convolution with its norm and activation."""

    def __init__(self, in_channels: int, out_channels: int, *, kernel_size: int, stride: int, groups: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, groups=groups)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.norm(self.conv(x)))


class Strideless(Branch):
    """Forgets the stride."""

    def __init__(self, in_channels: int, out_channels: int, *, kernel_size: int, stride: int, groups: int) -> None:
        del stride
        super().__init__(in_channels, out_channels, kernel_size=kernel_size, stride=1, groups=groups)


class Ungrouped(Branch):
    """Takes every number of groups, and fails in forward."""

    def __init__(self, in_channels: int, out_channels: int, *, kernel_size: int, stride: int, groups: int) -> None:
        super().__init__(in_channels, out_channels, kernel_size=kernel_size, stride=stride, groups=1)
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        if self.groups > 1:
            msg = "no groups"
            raise RuntimeError(msg)
        return super().forward(x)


class Missing(nn.Module):
    """Needs a package that is not there."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        del channels
        msg = "No module named 'needed'"
        raise ModuleNotFoundError(msg)


def names(family: Family, factory: Callable[..., nn.Module]) -> list[tuple[Name, Severity]]:
    """Audit an implementation without torch.compile and return what is found."""
    spec = Spec(name="planted", family=family, summary="", factory=factory)
    return [(finding.name, finding.severity) for finding in audit(spec, compile=False)]


@pytest.mark.parametrize(
    ("family", "factory", "name"),
    [
        (Family.NORMALIZER, Double, Name.WEIGHTS),
        (Family.NORMALIZER, LastAlone, Name.WEIGHTS),
        (Family.NORMALIZER, Signed, Name.WEIGHTS),
        (Family.ACTIVATION, MapsAlone, Name.SHAPE),
        (Family.BRANCH, Strideless, Name.SITE),
        (Family.BRANCH, Ungrouped, Name.SITE),
        (Family.GATE, Missing, Name.BUILD),
    ],
)
def test_a_breach_of_the_familys_contract_is_found_alone(
    family: Family, factory: Callable[..., nn.Module], name: Name
) -> None:
    """Weights that are none, a shape that does not fit, a stride that is lost: one finding each, with its name."""
    assert names(family, factory) == [(name, Severity.FAULT)]


@pytest.mark.parametrize(
    ("family", "factory"),
    [(Family.NORMALIZER, nn.Softmax), (Family.ACTIVATION, nn.SiLU), (Family.BRANCH, Branch)],
)
def test_what_keeps_the_contract_has_no_findings(family: Family, factory: Callable[..., nn.Module]) -> None:
    """Every family has an ordinary member in which nothing is found."""
    assert names(family, factory) == []


def test_what_needs_an_extra_is_not_called_broken() -> None:
    """A row of ours whose package is not installed gets a note; nothing is known of it. A plug-in's is broken."""
    spec = Spec(name="extra", family=Family.GATE, summary="", factory=f"{__name__}:Missing")
    assert [finding.name for finding in audit(spec, compile=False)] == [Name.BUILD]
    findings = audit(replace(spec, origin=Origin.OURS), compile=False)
    assert [(finding.name, finding.severity) for finding in findings] == [(Name.NOT_INSTALLED, Severity.NOTE)]
    assert verdict(findings) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        ([], "fit"),
        ([Severity.NOTE], "fit, with notes"),
        ([Severity.NOTE, Severity.FAULT], "not fit"),
    ],
)
def test_one_fault_is_enough(severities: list[Severity], expected: str) -> None:
    """The verdict is that of the worst finding."""
    findings = [Finding(name=Name.SHAPE, severity=severity, words="seen", remedy="mend") for severity in severities]
    assert verdict(findings) == expected


#: PyTorch's FlexAttention has no backward pass on the CPU, and no compiled kernel of float64.
FORWARD_ONLY = {"attention/flex": {Name.TIMED_GRADIENT, Name.NO_GRADIENT, Name.DTYPE}}


@pytest.mark.parametrize("name", list(builtin().specs))
def test_what_comes_with_attnbench_is_fit(name: str) -> None:
    """No implementation of the registry has a fault that is not known."""
    findings = audit(builtin().specs[name], compile=False)
    faults = {finding.name for finding in findings if finding.severity is Severity.FAULT}
    assert faults == FORWARD_ONLY.get(name, set())
