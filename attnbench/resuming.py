"""Go on with a run: measure exactly what is missing, what has changed since included."""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench import environment
from bench.errors import UsageError
from results.machine import differs_in, measuring_code
from results.records import Batches, TrainingSet
from results.store import RunStore
from results.text import message
from suites import choices
from suites.selection import as_it_is_now
from training.finding import as_planned

from .audit_before import audit_planned, warn_of
from .progress.preview import planned_words
from .recording import record_missing
from .together import refuse_other_suites
from .trusting import files_now, measured_files, refuse_other_plugins
from .user_warnings import ResumeWarning

if TYPE_CHECKING:
    from attn_impls import Registry
    from results.records import Case, Environment, Run

    from .output import Output

#: How the commit of a checkout ends that has changes.
DIRTY = "+dirty"


def resume_run(folder: Path, output: Output, *, trust: bool = False) -> Run:
    """Measure what a run lacks, and return it.

    Args:
        folder: of the run.
        output: what is printed.
        trust: whether plug-ins may be others than those that the run has measured.

    Raises:
        UsageError: the run was made elsewhere, or what it measures is gone.
        StoreError: not a run, damaged, or being written by another process.

    """
    with RunStore.resume(folder) as store:
        run = store.run
        if output.progress and store.missing():
            # Of the plan as it was, while torch is imported.
            output.say(planned_words(run))
        # Before anything that the run names is imported.
        now = environment.describe(run.environment.threads)
        _refuse_elsewhere(run.environment, now, folder)
        _refuse_other_data(run, folder)
        refuse_other_suites(run)
        if not trust:
            refuse_other_plugins(run, folder)
        pinned = () if trust else measured_files(run)
        known = choices.registry(run.plan.plugins, pinned)
        blocks = tuple(block.with_cases(partial(_refreshed, known=known, folder=folder)) for block in run.plan.blocks)
        if trust:
            # After everything that can be refused: what is refused changes nothing.
            store.trust(files_now(run.plan.plugins))
        cases = tuple(case for block in blocks for case in block.cases)
        changed = [case for case, before in zip(cases, run.plan.cases, strict=True) if case != before]
        if changed:
            names = ", ".join(dict.fromkeys(case.implementation for case in changed))
            again = f"measured again because their source has changed: {names} ({len(changed)} cases)"
            output.say(again)
            # What was found in them before may be mended, and what is new may be at fault.
            found = audit_planned(run.plan, cases, output, pinned)
            warn_of(found, notes=output.progress)
            store.replan(blocks, tuple(message(str(each)) for each in found))
        missing = len(store.missing())
        before, here = (measuring_code(run.environment), *run.resumed_with)[-1], measuring_code(now)
        if missing and (said := measuring_code_differs(before, here)):
            warnings.warn(f"{folder} {said}", ResumeWarning, stacklevel=3)
            store.go_on_with(here)
        if output.progress:
            output.say(f"{missing} of {len(cases)} cases are missing")
        record_missing(store, output)
        return store.run


def _refreshed(case: Case, known: Registry, folder: Path) -> Case:
    try:
        return as_it_is_now(case, known)
    except KeyError as error:
        msg = f"{folder} measures {error.args[0]!r}, which is not there any more; start another run"
        raise UsageError(msg) from None
    except ValueError as error:
        msg = f"{folder} measures {case.implementation!r}, which is not there any more: {error}; start another run"
        raise UsageError(msg) from None


def _refuse_elsewhere(before: Environment, now: Environment, folder: Path) -> None:
    name = differs_in(before, now)
    if name is not None:
        was, is_now = getattr(before, name), getattr(now, name)
        msg = f"{folder} was measured with another {name} ({was}, here {is_now}); start another run"
        raise UsageError(msg)


def _refuse_other_data(run: Run, folder: Path) -> None:
    """Steps with other images do not belong in one run."""
    inputs = [case.input for case in run.plan.cases]
    planned = {(each.dataset, each.digest) for each in inputs if isinstance(each, Batches | TrainingSet)}
    for dataset, digest in sorted(planned, key=str):
        if digest is not None:
            try:
                as_planned(dataset, digest, None if run.plan.data is None else Path(run.plan.data))
            except UsageError as error:
                msg = f"{folder}: {error}"
                raise UsageError(msg) from None


def measuring_code_differs(was: str, is_now: str) -> str:
    """Return what is to be said of a run that two versions of attnbench measure, or may; empty if one does.

    It is not refused: most changes leave the measurement as it was, and whoever made them knows.
    """
    if was != is_now:
        return f"was measured with {was} and goes on with {is_now}: its samples are of two measuring codes"
    if is_now.endswith(DIRTY):
        return f"was measured with {was} and goes on with {is_now}: changes that are not committed may be others by now"
    return ""
