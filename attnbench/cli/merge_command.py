"""``attnbench merge``: parts of a plan that were measured apart, put together without measuring."""

from __future__ import annotations

from pathlib import Path

import click

from bench.errors import UsageError

from .once import Once

EXAMPLES = """\b
Examples:
  attnbench run latency --shard 1/4 --out parts/1     # and 2/4, 3/4, 4/4, on as many machines
  attnbench merge parts/* --out results/runs/all
"""


@click.command("merge", cls=Once, epilog=EXAMPLES)
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN RUN...")
@click.option(
    "--without-drifting",
    metavar="P",
    help="Of a run on a cluster: leave out blocks during which their machine changed by more, such as 5%.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="A folder that is made.")
def merge_command(*, runs: tuple[Path, ...], without_drifting: str | None, out: Path) -> None:
    """Put runs of one plan together: one run for each kind of machine.

    RUNs are folders that attnbench run wrote, of the whole plan or, with --shard, of a part of it. Machines that are
    not alike stay apart: each has a folder below DIR, and machines.md compares them. Nothing is measured. One RUN that
    was measured on a cluster is put together anew.
    """
    from results.cluster_folder import is_cluster

    if len(runs) == 1 and is_cluster(runs[0]):
        from ..cluster.merging_anew import merge_anew

        click.echo(merge_anew(runs[0], out, without_drifting), err=True)
        return
    if without_drifting is not None:
        msg = "--without-drifting is for one RUN that was measured on a cluster: only there it is known"
        raise UsageError(msg)
    from ..merging import machine_names, merge

    found = merge(*runs, out=out)
    names = [out] if len(found) == 1 else [out / name for name in machine_names(found)]
    for folder, run in zip(names, found, strict=True):
        measured = f"{len(run.outcomes)} of {len(run.plan.cases)} cases"
        more = "" if len(run.outcomes) == len(run.plan.cases) else f"; go on: attnbench run --resume {folder}"
        click.echo(f"Wrote {folder}/ ({measured}){more}", err=True)
