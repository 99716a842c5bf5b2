"""A run says who changed the process, also where the audit before it has not seen it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attnbench import AuditWarning, run
from results import load

if TYPE_CHECKING:
    from pathlib import Path

#: Sets the recursion limit in its third call and later: no audit calls a module so often that it has been built once.
LATE = '''
import sys
import torch
from attn_impls import gate

@gate("late")
class Late(torch.nn.Module):
    """Scales by the mean."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        if self.calls > 3:
            sys.setrecursionlimit(4321)
        return x * torch.sigmoid(x.mean((2, 3), keepdim=True))
'''
LINE = (
    "late: a call changes the process: a call sets the recursion limit to 4321; leave it to the program that uses the "
    "module; attnbench puts it back, so that other cases stay as they are"
)


@pytest.mark.usefixtures("in_this_process")
def test_what_changes_while_it_is_measured_is_on_record_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In two cases, each with many samples, it is one warning and one line of the report."""
    monkeypatch.setattr("attnbench.audit_before.plugin_warnings", lambda *_, **__: ())
    plugin = tmp_path / "late.py"
    plugin.write_text(LATE)
    with pytest.warns(AuditWarning) as caught:
        found = run(
            "latency",
            impls=["late"],
            hosts=["none"],
            plugins=[plugin],
            budget_s=0.05,
            directions=["forward", "both"],
            progress=False,
            out=tmp_path / "run",
        )
    assert [str(each.message) for each in caught] == [LINE]
    assert found.audit == (f"fault: {LINE}",)
    assert load(tmp_path / "run").audit == found.audit
    assert LINE in (tmp_path / "run" / "report.md").read_text()
