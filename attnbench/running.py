"""``attnbench.run``, and ``attnbench run``: from what a user has chosen to a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import UsageError
from results.cluster_folder import is_cluster
from suites.axes import AXES
from suites.option import is_given
from training.processes import processes

from .asking import asked
from .limits import LIMITS, QUICK_WORDS
from .output import from_python
from .progress.preview import can_be_made, counts_of, planned_words, preview
from .progress.steps import step
from .python_run import Run
from .signature import refuse_unknown, with_options
from .together import follow, follows, refuse_other_suites
from .where import WHERE, where_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    import results

    from .asking import Asked
    from .output import Output
    from .where import Where


@with_options(AXES, LIMITS, WHERE, quick=QUICK_WORDS)
def run(
    *suites: str,
    quick: bool = False,
    out: str | PathLike[str] | None = None,
    resume: str | PathLike[str] | None = None,
    trust: bool = False,
    progress: bool | None = None,
    **chosen: Any,
) -> Run:
    """Measure, as ``attnbench run`` does, and return the run.

    Args:
        suites: names that ``attnbench.list()["suites"]`` has, or a file for a sweep. Default: complexity and latency.
        quick: {quick}
        **chosen: {options}
        out: a folder, which must not exist; it gets run.json, records.jsonl, report.md and a CSV file a suite.
            Without it nothing is written.
        resume: the folder of a run: measure what it lacks, as it was planned; nothing else can be chosen.
        trust: with ``resume``: take plug-ins as they are, though others were measured.
        progress: whether to print, to stderr, how the run goes on. Default: on a terminal and in a notebook.

    Raises:
        UsageError: something that was chosen does not exist, or is not possible.
        StoreError: a folder that cannot be used.
        WorkerLostError: worker processes do not come up.
        TypeError: an argument that there is not.

    """
    refuse_unknown("run", chosen, (*AXES, *LIMITS, *WHERE))
    found = run_as_chosen(
        suites,
        chosen,
        quick=quick,
        out=None if out is None else Path(out),
        resume=None if resume is None else Path(resume),
        trust=trust,
        output=from_python(progress=progress),
    )
    return Run.of(found)


def run_as_chosen(
    suites: Sequence[str],
    chosen: Mapping[str, object],
    *,
    quick: bool,
    out: Path | None,
    resume: Path | None,
    output: Output,
    below: Path | None = None,
    trust: bool = False,
) -> results.Run:
    """Carry out what was chosen, on the command line or in Python.

    Args:
        suites: their names.
        chosen: values or their texts, by the names of axes and limits.
        quick: whether this is to be a first look.
        out: the folder of a new run; None: see ``below``.
        resume: the folder of a run to go on with.
        output: what is printed.
        trust: with ``resume``: whether plug-ins may be others than those that were measured.
        below: without ``out``, where the folder of a new run is made; None: nothing is written.

    Raises:
        UsageError: something that was chosen does not exist, or is not possible.
        StoreError: a folder that cannot be used.
        WorkerLostError: worker processes do not come up.

    """
    where = where_of(chosen)
    if resume is not None:
        _refuse_more_than_resume(suites, chosen, quick=quick, out=out)
        if is_cluster(resume) or not where.is_local:
            return _resumed_on_cluster(resume, where, output, trust=trust)
        if follows():
            return follow(None, resume, trust=trust)
        from .resuming import resume_run

        return resume_run(resume, output, trust=trust)
    if trust:
        msg = "--trust goes with --resume: the plug-ins of a new run are the ones that are named"
        raise UsageError(msg)
    wanted = asked(suites, chosen, quick=quick)
    if not where.is_local:
        from .cluster.running import run_on_cluster

        return run_on_cluster(wanted, where, output, out=out, below=below)
    # What will be refused is refused in one line; under torchrun the first process alone speaks.
    speaks = output.progress and not follows() and can_be_made(out)
    # Several processes may be refused for what they are to do.
    told = preview(wanted.sweep, wanted.limits) if speaks and processes().count == 1 else None
    if told is not None:
        output.say(told.line)
    started = _loaded(wanted, output) if speaks else _started(wanted)
    refuse_other_suites(started)
    if speaks and (told is None or told.counts != counts_of(started)):
        output.say(planned_words(started))
    if follows():
        return follow(started, None)
    # After everything that can be refused without torch.
    from .recording import record_run

    return record_run(started, out=below / started.run_id if out is None and below else out, output=output)


def planned(suites: Sequence[str], chosen: Mapping[str, object], *, quick: bool = False) -> results.Run:
    """Return the run that was chosen, as a plan without outcomes (arguments and errors as in ``run_as_chosen``)."""
    return _started(asked(suites, chosen, quick=quick))


def _loaded(wanted: Asked, output: Output) -> results.Run:
    """Plan a run; a terminal says meanwhile that plug-ins are loaded: nothing of it stays if they are refused."""
    plugins = wanted.sweep.requests[0].plugins
    if not plugins:
        return _started(wanted)
    with step("plug-ins", output) as loading:
        loading.at(f"loading {', '.join(plugins)}")
        return _started(wanted)


def _started(wanted: Asked) -> results.Run:
    # It imports torch.
    from .measuring import start_sweep

    return start_sweep(wanted.sweep, wanted.limits)


def _resumed_on_cluster(folder: Path, where: Where, output: Output, *, trust: bool) -> results.Run:
    """Go on where several machines measure.

    Raises:
        UsageError: the run is of one machine, or it was not said on which cluster.

    """
    if not is_cluster(folder):
        msg = f"{folder} is of one machine; go on with it there, without --on {where.on}"
        raise UsageError(msg)
    if where.is_local:
        msg = f"{folder} is measured on a cluster; say on which: --on ray, with --address unless it is here"
        raise UsageError(msg)
    if trust or where.each_kind or where.spread:
        msg = "a run on a cluster goes on as it was planned; leave out --trust, --each-kind and --spread"
        raise UsageError(msg)
    from .cluster.resuming import resume_on_cluster

    return resume_on_cluster(folder, where, output)


def _refuse_more_than_resume(
    suites: Sequence[str], chosen: Mapping[str, object], *, quick: bool, out: Path | None
) -> None:
    """A run is gone on with as it was planned."""
    others = {"suites": bool(suites)} | {option.flag: is_given(chosen.get(option.name)) for option in (*AXES, *LIMITS)}
    for what, given in (others | {"--quick": quick, "--out": out is not None}).items():
        if given:
            msg = f"--resume goes on with the run as it was planned; leave out {what}"
            raise UsageError(msg)
