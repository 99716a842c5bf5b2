"""Runs <-> files of pytest-benchmark: its JSON as a whole, around the benchmarks of ``pytest_benchmark``."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads type hints when the program runs
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from .benchmark_names import full_name, groups, names
from .blocks import blocks_of
from .codec import CodecError, decode, encode
from .machine import Environment, NoiseFloor
from .outcomes import Failed, Measured, Plan
from .pytest_benchmark import NO_PRECISION, Benchmark, BenchmarkError, entry_of, extra_info, facts_of
from .ranges import Duration, Integer, Line, Share, Size  # noqa: TC001
from .records import SCHEMA_VERSION, Run
from .samples import Latency, Samples
from .text import json_text

if TYPE_CHECKING:
    from .cases import Case
    from .pytest_benchmark import Entry

#: Of a file that does not say how long it sampled.
UNKNOWN_S = 1.0
UNKNOWN = "unknown"


class _Planned(msgspec.Struct):
    """What a file keeps of a plan beside its cases."""

    budget_s: Duration
    precision: Share
    seed: Integer
    time_limit_s: Duration


class _Ours(msgspec.Struct):
    """What a file that was exported has beside its benchmarks."""

    run_id: str = ""
    noise_floors: tuple[NoiseFloor, ...] = ()
    plan: _Planned | None = None


class _Processor(msgspec.Struct):
    """The processor, as py-cpuinfo names it."""

    brand_raw: Line | None = None
    count: Size | None = None


class _Machine(msgspec.Struct):
    """Where the benchmarks ran, as far as it is read."""

    python_version: Line = UNKNOWN
    system: Line = ""
    release: Line = ""
    machine: Line = ""
    cpu: _Processor | None = None


class _Commit(msgspec.Struct):
    """What was checked out."""

    id: Line | None = None
    dirty: bool | None = False


class _File(msgspec.Struct):
    """A file of pytest-benchmark, as far as it is read."""

    benchmarks: list[Benchmark]
    datetime: datetime
    version: Line = UNKNOWN
    machine_info: _Machine = msgspec.field(default_factory=_Machine)
    commit_info: _Commit = msgspec.field(default_factory=_Commit)
    attnbench: _Ours = msgspec.field(default_factory=_Ours)


def exported(run: Run) -> str:
    """Return the latencies of a run as pytest-benchmark's JSON, which ``pytest-benchmark compare`` reads."""
    from importlib.metadata import version

    timed = run.index.results(run.plan.cases, Latency)
    name_of, group_of = names(timed), groups(timed)
    data = {
        "machine_info": _machine_info(run),
        "commit_info": {
            "id": (run.environment.commit or UNKNOWN).removesuffix("+dirty"),
            "dirty": (run.environment.commit or "").endswith("+dirty"),
        },
        "benchmarks": [
            {
                "group": group_of[case],
                "name": name_of[case],
                "fullname": full_name(name_of[case]),
                "params": None,
                "param": None,
                "extra_info": extra_info(case, run.environment, latency=found),
                "options": {"timer": found.samples.clock},
                "stats": _stats(found.samples),
            }
            for case, found in timed.items()
        ],
        "datetime": run.started_at,
        "version": version("pytest-benchmark"),
        "attnbench": {
            "run_id": run.run_id,
            "noise_floors": [facts_of(floor) for floor in run.noise_floors],
            "plan": {field: getattr(run.plan, field) for field in _Planned.__struct_fields__},
        },
    }
    return json_text(data)


def imported(text: str, where: str) -> tuple[Run, tuple[str, ...]]:
    """Return the run that a file of pytest-benchmark holds, and a line for each benchmark that was left out.

    Its cases are what was timed, then what was counted for their sizes.

    Args:
        text: the file's.
        where: its name, for messages.

    Raises:
        BenchmarkError: it is no file of pytest-benchmark, or none of its benchmarks is a case.

    """
    file = _read(text, where)
    entries: dict[Case, Entry] = {}
    sizes: dict[Case, Measured | Failed] = {}
    left_out: list[str] = []
    rounds = 0
    for benchmark in file.benchmarks:
        benchmark_name = f"{where}: {benchmark.fullname}"
        try:
            found = entry_of(benchmark, first_round=rounds, version=file.version)
        except BenchmarkError as error:
            left_out.append(f"{benchmark_name} {error}")
            continue
        if found.case in entries:
            left_out.append(f"{benchmark_name} times a case again; the first counts")
            continue
        entries[found.case] = found
        if found.size is not None and sizes.setdefault(found.size.case, found.size) != found.size:
            left_out.append(f"{benchmark_name} has another size of a case; the first counts")
        rounds = max(rounds, *found.latency.samples.rounds) + 1
    if not entries:
        raise BenchmarkError(left_out[0] if left_out else f"{where}: has no benchmarks; run some with --benchmark-json")
    timed = tuple(Measured(case=case, result=found.latency) for case, found in entries.items())
    recorded = (found.environment for found in entries.values() if found.environment is not None)
    environment = next(recorded, None) or _environment(file, timed[0].case)
    run = _run(file, environment, (*timed, *sizes.values()))
    try:
        # What this file put together must be what a run's folder can hold.
        encode(replace(run, outcomes=()))
    except CodecError as error:
        msg = f"{where}: {error}"
        raise BenchmarkError(msg) from None
    return run, tuple(left_out)


def _read(text: str, where: str) -> _File:
    try:
        return decode(_File, text.encode())
    except (CodecError, UnicodeEncodeError) as error:
        msg = f"{where}: no JSON of pytest-benchmark ({error}); give what pytest --benchmark-json wrote"
        raise BenchmarkError(msg) from None


def _run(file: _File, environment: Environment, outcomes: tuple[Measured | Failed, ...]) -> Run:
    cases = tuple(outcome.case for outcome in outcomes)
    suites = tuple(dict.fromkeys(case.suite for case in cases))
    # What pytest-benchmark samples a benchmark for, at most.
    given = file.benchmarks[0].options.get("max_time")
    seconds = float(given) if isinstance(given, int | float) and given > 0 else UNKNOWN_S
    planned = file.attnbench.plan or _Planned(budget_s=seconds, precision=NO_PRECISION, seed=0, time_limit_s=seconds)
    return Run(
        schema_version=SCHEMA_VERSION,
        run_id=file.attnbench.run_id or f"{file.datetime:%Y-%m-%dT%H-%M-%S}-{'-'.join(suites)}-imported",
        started_at=file.datetime.isoformat(timespec="seconds"),
        plan=Plan(
            suites=suites,
            blocks=blocks_of(cases),
            budget_s=planned.budget_s,
            precision=planned.precision,
            seed=planned.seed,
            time_limit_s=planned.time_limit_s,
        ),
        environment=environment,
        noise_floors=file.attnbench.noise_floors,
        outcomes=outcomes,
    )


def _environment(file: _File, case: Case) -> Environment:
    """Return where the benchmarks ran, as far as pytest-benchmark says it."""
    machine, commit = file.machine_info, file.commit_info
    cpu = machine.cpu or _Processor()
    cores = cpu.count or 1
    dirty = "+dirty" if commit.dirty else ""
    return Environment(
        attnbench=UNKNOWN,
        commit=f"{commit.id}{dirty}" if commit.id else None,
        python=machine.python_version,
        torch=UNKNOWN,
        torchvision=UNKNOWN,
        system=f"{machine.system} {machine.release} {machine.machine}".strip() or UNKNOWN,
        cpu=cpu.brand_raw or UNKNOWN,
        cores=cores,
        threads=case.threads or cores,
        memory_bytes=None,
    )


def _machine_info(run: Run) -> dict[str, Any]:
    environment = run.environment
    system, _, rest = environment.system.partition(" ")
    return {
        "node": "",
        "processor": environment.cpu,
        "machine": rest.rpartition(" ")[2],
        "python_version": environment.python,
        "release": rest.partition(" ")[0],
        "system": system,
        "cpu": {"brand_raw": environment.cpu, "count": environment.cores},
    }


def _stats(samples: Samples) -> dict[str, Any]:
    # Its own formulas, so that its table shows what it would have shown. It ships no types.
    stats: Any = import_module("pytest_benchmark.stats").Stats()
    for seconds in samples.seconds:
        stats.update(seconds)
    return {**stats.as_dict(), "data": list(samples.seconds), "iterations": samples.calls_per_sample}
