"""What the import of a plug-in changes of the process is put back, and found by the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attn_impls import builtin, plugins
from attn_impls.audit import audit
from attn_impls.process import ALL, ProcessState

if TYPE_CHECKING:
    from pathlib import Path

GATE = '''
import torch
from attn_impls import gate

{code}

@gate("mine")
class Mine(torch.nn.Module):
    """Scales by the mean."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.sigmoid(self.scale * x.mean((2, 3), keepdim=True))
'''


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (
            "torch.autograd.set_detect_anomaly(True)",
            ["fault: changes the process: its import sets anomaly detection to True"],
        ),
        (
            "torch.set_default_dtype(torch.float64)",
            ["fault: changes the process: its import sets the default dtype to torch.float64"],
        ),
        ("torch.set_grad_enabled(False)", ["fault: changes the process: its import sets gradients to False"]),
        (
            "import os; os.chdir('/')",
            ["fault: changes the process: its import sets the working folder to /"],
        ),
        ("torch.manual_seed(7)", ["note: changes the process: its import sets torch's seed to 7"]),
        ("import random; random.seed(7)", []),
        ("", []),
    ],
)
def test_an_import_changes_nothing_for_others(tmp_path: Path, code: str, found: list[str]) -> None:
    """The state is what it was before, and the audit of what the plug-in describes says what its import has done."""
    file = tmp_path / "mine.py"
    file.write_text(GATE.format(code=code))
    before = ProcessState.take(ALL)
    registry = plugins.load(builtin(), (str(file),))
    assert ProcessState.take(ALL) == before
    findings = audit(registry.specs["mine"], compile=False)
    assert [f"{each.severity}: {each.name}: {each.words}" for each in findings] == found
