from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from attnbench.cli.main import main
from results import load
from results.records import Measured

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.attnbench.conftest import Finished

SUITES = ("complexity", "latency", "memory")
SMALL = ("--impl", "se", "--host", "mobilenet_v3_small", "--batch-size", "2", "--budget", "0.01", "--device", "cpu")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a small run of all suites once; what it printed lies beside its folder."""
    folder = tmp_path_factory.mktemp("small") / "run"
    with redirect_stdout(io.StringIO()) as printed, pytest.raises(SystemExit) as ended:
        main(["run", *SUITES, *SMALL, "--direction", "forward", "--out", str(folder)])
    assert not ended.value.code
    (folder.parent / "stdout").write_text(printed.getvalue())
    return folder


def test_a_run_leaves_records_report_and_tables(run_folder: Path) -> None:
    """Every planned case has an outcome, and every file that the help names is there."""
    assert sorted(path.name for path in run_folder.iterdir()) == [
        "complexity.csv",
        "latency.csv",
        "memory.csv",
        "records.jsonl",
        "report.md",
        "run.json",
    ]
    run = load(run_folder)
    assert {outcome.case for outcome in run.outcomes} == set(run.plan.cases)
    assert len(run.outcomes) == len(run.plan.cases)
    assert all(isinstance(outcome, Measured) for outcome in run.outcomes)
    assert len((run_folder / "records.jsonl").read_text().splitlines()) == 6


def test_csv_loads_with_numeric_columns(run_folder: Path) -> None:
    """Pandas reads the figures as numbers."""
    latency = pd.read_csv(run_folder / "latency.csv")
    assert latency["implementation"].tolist() == ["none", "se"]
    assert latency[["median_s", "ratio", "samples"]].dtypes.map(lambda kind: kind.kind).tolist() == [
        "f",
        "f",
        "i",
    ]
    complexity = pd.read_csv(run_folder / "complexity.csv")
    assert complexity["parameters"].tolist() == [1158716, 1275948]
    assert complexity["madds_torchstat"].tolist() == [35539356, 35768756]


def test_tables_go_to_stdout_and_the_rest_to_stderr(run_folder: Path) -> None:
    """What is printed is the summary of the report, without colours or bars."""
    printed = (run_folder.parent / "stdout").read_text()
    report = (run_folder / "report.md").read_text()
    rows = [line for line in printed.splitlines() if line.startswith("| se ")]
    assert len(rows) == 1
    assert all(row in report for row in rows)
    assert "\x1b" not in printed


def test_report_renders_again_without_measuring(run_folder: Path, attnbench: Callable[..., Finished]) -> None:
    """The report and its CSV come from the records alone, the same to the letter."""
    assert attnbench("report", run_folder).out == (run_folder / "report.md").read_text()
    suite = attnbench("report", run_folder, "--format", "csv", "--suite", "latency")
    assert suite.out == (run_folder / "latency.csv").read_text()
    everything = pd.read_csv(io.StringIO(attnbench("report", run_folder, "--format", "csv").out))
    assert everything["suite"].tolist() == ["complexity", "complexity", "latency", "latency", "memory", "memory"]


def test_run_json_says_what_and_where(run_folder: Path) -> None:
    """The environment and the plan are in run.json, for whoever reads the folder without attnbench."""
    header = json.loads((run_folder / "run.json").read_text())
    assert header["environment"]["torch"]
    assert header["environment"]["threads"] >= 1
    assert header["plan"]["budget_s"] == 0.01
    assert sum(len(block["cases"]) for block in header["plan"]["blocks"]) == 6


@pytest.mark.usefixtures("in_this_process")
def test_quiet_prints_nothing_but_where_it_wrote(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """--quiet leaves stdout to the user's scripts."""
    finished = attnbench("run", "complexity", *SMALL, "--quiet", "--out", tmp_path / "run")
    assert finished.out == ""
    assert finished.err.startswith(f"Wrote {tmp_path / 'run'}/")
    assert finished.err.count("\n") == 1


@pytest.mark.usefixtures("in_this_process")
def test_a_plugin_stands_beside_the_built_in_ones(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """A file of one's own is measured and tabulated like everything else."""
    plugin = tmp_path / "my_attention.py"
    plugin.write_text(
        "import torch\nfrom attn_impls import gate\n\n"
        "@gate('my_attention', paper='arXiv:2601.01234')\n"
        "class MyAttention(torch.nn.Module):\n"
        "    '''Scales each channel by the mean of its map.'''\n"
        "    def __init__(self, channels: int) -> None:\n"
        "        super().__init__()\n"
        "        self.scale = torch.nn.Parameter(torch.ones(channels, 1, 1))\n"
        "    def forward(self, x: torch.Tensor) -> torch.Tensor:\n"
        "        return x * torch.sigmoid(self.scale * x.mean((2, 3), keepdim=True))\n"
    )
    folder = tmp_path / "run"
    finished = attnbench("run", *SUITES, *SMALL, "--impl", "my_*", "--plugin", plugin, "--out", folder)
    assert finished.status == 0, finished.err
    for name in ("complexity", "latency", "memory"):
        assert set(pd.read_csv(folder / f"{name}.csv")["implementation"]) == {"none", "se", "my_attention"}
    assert "my_attention" in attnbench("list", "--plugin", plugin).out


def test_list_as_json_names_everything(attnbench: Callable[..., Finished]) -> None:
    """The machine-readable list has names, families, options and slots."""
    listed = json.loads(attnbench("list", "--json").out)
    names = [implementation["name"] for implementation in listed["implementations"]]
    assert names[:3] == ["softmax", "softmax/naive", "softmax/stable"]
    hosts = {host["name"]: host for host in listed["hosts"]}
    assert {"resnext50_16x4d", "mobilenet_v3_small", "resnet50", "sknet50", "felu_net"} <= set(hosts)
    assert hosts["resnet50"]["slots"]["block_output"] == "gate"
    assert hosts["resnet50"]["stages"] == ["2", "3", "4", "5"]
    assert [suite["name"] for suite in listed["suites"]] == [
        *("complexity", "latency", "memory", "marginal", "epoch", "train", "pareto"),
        *("operators", "overflow", "accuracy"),
    ]


@pytest.mark.usefixtures("in_this_process")
def test_a_run_without_a_figure_says_why_and_is_a_failure(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """The cause stands where the table would, and the exit status is not 0."""
    plugin = tmp_path / "broken_att.py"
    plugin.write_text(
        "import torch\n"
        "from attn_impls import gate\n\n\n"
        "@gate('broken')\n"
        "class Broken(torch.nn.Module):\n"
        '    """Cannot be run."""\n\n'
        "    def __init__(self, channels):\n"
        "        super().__init__()\n\n"
        "    def forward(self, x):\n"
        "        raise RuntimeError('nothing but trouble')\n"
    )
    finished = attnbench(
        "run", "latency", "--plugin", str(plugin), "--impl", "broken", "--host", "none", "--direction", "forward",
        "--device", "cpu", "--out", str(tmp_path / "run"),
    )  # fmt: skip
    assert finished.status == 1
    assert "broken in attention alone" in finished.out
    assert "nothing but trouble" in finished.out


@pytest.mark.usefixtures("in_this_process")
def test_lists_of_attentions_alone(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """One option has several values, and the report says what a branch without a network replaces."""
    wanted = ("--impl", "se:reduction=4,excitation=tanh,psk", "--batch-size", "1,3")
    done = attnbench("run", "memory", *wanted, "--host", "none", "--device", "cpu", "--out", tmp_path / "lists")
    assert done.status == 0
    cases = [(case.implementation, getattr(case.input, "batch", 0)) for case in load(tmp_path / "lists").plan.cases]
    assert set(cases) == {
        ("se:excitation=tanh,reduction=4", 1),
        ("psk", 1),
        ("se:excitation=tanh,reduction=4", 3),
        ("psk", 3),
    }
    report = (tmp_path / "lists" / "report.md").read_text()
    assert "A branch alone replaces a 3×3 convolution of stride 1 in 16 groups." in report
