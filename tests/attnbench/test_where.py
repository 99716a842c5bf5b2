"""Where a run is measured: what is refused in one line, before anything is asked of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attnbench.where import where_of
from bench.errors import UsageError

from .test_several_runs import PLAIN, run_of, timed, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Finished


def test_this_machine_is_the_default() -> None:
    """A kind is a part of the name of machines."""
    assert where_of({}).is_local
    assert where_of({"on": "ray"}).pattern == ""
    assert where_of({"on": "ray:H100", "each_kind": True}).pattern == "H100"


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"on": "slurm"}, "'slurm' is no place; choose from local, ray, ray:KIND"),
        ({"on": "ray:"}, "'ray:' is no place"),
        ({"address": "auto"}, "--address is for a cluster; add --on ray"),
        ({"each_kind": True}, "--each-kind is for a cluster"),
        ({"on": "ray", "each_kind": True, "spread": True}, "choose one of them"),
    ],
)
def test_what_makes_no_sense_is_refused(chosen: dict[str, object], words: str) -> None:
    """The line says what to choose instead."""
    with pytest.raises(UsageError, match=words):
        where_of(chosen)


def test_without_ray_its_extra_is_named(
    attnbench: Callable[..., Finished], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In one line, and no folder is made."""
    monkeypatch.setattr("bench.cluster.ray_nodes.find_spec", lambda _: None)
    finished = attnbench("run", "complexity", "--impl", "se", "--on", "ray", "--out", tmp_path / "run")
    assert (finished.status, finished.err) == (
        2,
        "attnbench: --on ray needs ray, which is not installed; pip install 'attnbench[ray]'\n",
    )
    assert not (tmp_path / "run").exists()


def test_an_address_at_which_nobody_listens_is_refused(attnbench: Callable[..., Finished]) -> None:
    """At once: Ray itself would try for minutes."""
    pytest.importorskip("ray")
    finished = attnbench("run", "complexity", "--impl", "se", "--on", "ray", "--address", "127.0.0.1:1")
    assert finished.status == 2
    assert finished.err == (
        "attnbench: no Ray cluster at 127.0.0.1:1: Connection refused; start one: ray start --head\n"
    )


def test_a_run_of_one_machine_goes_on_there(attnbench: Callable[..., Finished], tmp_path: Path) -> None:
    """Its samples are of that machine."""
    folder = written(tmp_path / "run", run_of("one", timed(PLAIN, 0.01)))
    finished = attnbench("run", "--resume", folder, "--on", "ray")
    assert finished.status == 2
    assert finished.err == f"attnbench: {folder} is of one machine; go on with it there, without --on ray\n"
