"""``attnbench run overflow accuracy``, through the worker, into files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.attnbench.conftest import Finished

CHOSEN = (
    "--impl",
    "softmax/naive",
    "--impl",
    "my_*",
    "--dtype",
    "bfloat16",
    "--direction",
    "forward",
    "--device",
    "cpu",
)


def test_thresholds_and_errors_go_into_files(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """One line a pattern, one a scale; a function of one's own beside the others, its planted limit found."""
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "import torch\n"
        "from attn_impls import activation\n\n\n"
        "@activation('my_cliff')\n"
        "class Cliff(torch.nn.Module):\n"
        "    '''Is NaN from exactly 1234.5 on.'''\n\n"
        "    def forward(self, x: torch.Tensor) -> torch.Tensor:\n"
        "        return torch.where(x.double() >= 1234.5, torch.nan, x)\n"
    )
    folder = tmp_path / "run"
    finished = attnbench("run", "overflow", "accuracy", *CHOSEN, "--plugin", plugin, "--out", folder)
    assert finished.status == 0, finished.err
    overflow = pd.read_csv(folder / "overflow.csv", keep_default_na=False)
    assert len(overflow) == 2 * 3 * 9
    one_large = overflow[overflow["pattern"] == "one large"].set_index(["implementation", "length"])
    assert one_large["threshold"].astype(float).to_dict() == {
        **dict.fromkeys((("softmax/naive", length) for length in (2, 197, 1000)), 89.0),
        # bfloat16 has nothing between 1232 and 1240.
        **dict.fromkeys((("my_cliff", length) for length in (2, 197, 1000)), 1240.0),
    }
    assert set(one_large["failure"]) == {"NaN output"}
    accuracy = pd.read_csv(folder / "accuracy.csv")
    assert accuracy.groupby("implementation")["scale"].nunique().to_dict() == {"my_cliff": 7, "softmax/naive": 7}
    assert accuracy[["max_relative", "median_ulps", "scale"]].dtypes.map(lambda kind: kind.kind).tolist() == ["f"] * 3
    report = (folder / "report.md").read_text()
    assert "## Overflow frontier" in report
    assert "## Errors against float64" in report
    assert attnbench("report", folder).out == report


@pytest.mark.parametrize("suite", ["latency", "memory"])
def test_other_suites_refuse_to_compile(attnbench: Callable[..., Finished], suite: str) -> None:
    """Rather than measuring eager calls under another name."""
    finished = attnbench("run", suite, "--mode", "compiled", "--device", "cpu")
    assert finished.status == 2
    assert f"{suite} does not run its cases compiled; leave out --mode compiled" in finished.err
