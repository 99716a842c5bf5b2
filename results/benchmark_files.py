"""Runs <-> files of pytest-benchmark: its JSON as a whole, around the benchmarks of ``pytest_benchmark``."""

from __future__ import annotations

import json
from datetime import datetime  # noqa: TC003 - msgspec reads type hints when the program runs
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec

from .blocks import blocks_of
from .machine import Environment, NoiseFloor
from .outcomes import Measured, Plan
from .pytest_benchmark import (
    LACKING,
    NO_PRECISION,
    Benchmark,
    BenchmarkError,
    case_of,
    converted,
    environment_of,
    extra_info,
    facts_of,
    full_name,
    group,
    identity,
    latency_of,
    name,
)
from .records import SCHEMA_VERSION, Run
from .samples import Latency
from .sizes import Complexity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .cases import Case

#: Of a file that does not say how long it sampled.
UNKNOWN_S = 1.0
UNKNOWN = "unknown"


class _Planned(msgspec.Struct):
    """What a file keeps of a plan beside its cases."""

    budget_s: float
    precision: float
    seed: int
    time_limit_s: float


class _Ours(msgspec.Struct):
    """What a file that was exported has beside its benchmarks."""

    run_id: str = ""
    noise_floors: tuple[NoiseFloor, ...] = ()
    plan: _Planned | None = None


class _File(msgspec.Struct):
    """A file of pytest-benchmark, as far as it is read."""

    benchmarks: list[Benchmark]
    datetime: datetime
    version: str = UNKNOWN
    machine_info: dict[str, Any] = {}
    commit_info: dict[str, Any] = {}
    attnbench: _Ours = msgspec.field(default_factory=_Ours)


def exported(run: Run) -> str:
    """Return the latencies of a run as pytest-benchmark's JSON, which ``pytest-benchmark compare`` reads."""
    from importlib.metadata import version

    timed = run.index.results(run.plan.cases, Latency)
    data = {
        "machine_info": _machine_info(run),
        "commit_info": {
            "id": (run.environment.commit or UNKNOWN).removesuffix("+dirty"),
            "dirty": (run.environment.commit or "").endswith("+dirty"),
        },
        "benchmarks": [_benchmark(case, found, run.environment) for case, found in timed.items()],
        "datetime": run.started_at,
        "version": version("pytest-benchmark"),
        "attnbench": {
            "run_id": run.run_id,
            "noise_floors": [facts_of(floor) for floor in run.noise_floors],
            "plan": {field: getattr(run.plan, field) for field in _Planned.__struct_fields__},
        },
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def imported(text: str, where: str) -> tuple[Run, tuple[str, ...]]:
    """Return the run that a file of pytest-benchmark holds, and a line for each benchmark that was left out.

    Args:
        text: the file's.
        where: its name, for messages.

    Raises:
        BenchmarkError: it is no file of pytest-benchmark, or none of its benchmarks is a case.

    """
    file = _read(text, where)
    outcomes: dict[Case, Measured] = {}
    left_out: list[str] = []
    rounds = 0
    for benchmark in file.benchmarks:
        called = benchmark.fullname
        try:
            found = _outcome(benchmark, first_round=rounds, version=file.version)
        except BenchmarkError as error:
            left_out.append(f"{where}: {called} {error}")
            continue
        if found.case in outcomes:
            left_out.append(f"{where}: {called} times a case again; the first counts")
        outcomes.setdefault(found.case, found)
        if isinstance(found.result, Latency):
            rounds = max(rounds, *found.result.samples.rounds) + 1
    if not outcomes:
        raise BenchmarkError(left_out[0] if left_out else f"{where}: has no benchmarks; run some with --benchmark-json")
    return _run(file, tuple(outcomes.values())), tuple(left_out)


def _read(text: str, where: str) -> _File:
    try:
        return msgspec.json.decode(text, type=_File)
    except msgspec.MsgspecError as error:
        msg = f"{where}: no JSON of pytest-benchmark ({error}); give what pytest --benchmark-json wrote"
        raise BenchmarkError(msg) from None


def _outcome(benchmark: Benchmark, *, first_round: int, version: str) -> Measured:
    facts = benchmark.extra_info
    if not isinstance(facts.get("case"), dict):
        raise BenchmarkError(LACKING)
    case = case_of(facts["case"])
    # The time of a benchmark that counts is the counter's own.
    counted = _counted(facts) if case.suite == "complexity" else None
    return Measured(case=case, result=counted or latency_of(benchmark, first_round=first_round, version=version))


def _counted(facts: Mapping[str, Any]) -> Complexity | None:
    """Return sizes; of each rule the total alone, because that is all that a benchmark says."""
    if "parameters" not in facts:
        return None
    counts = []
    for words, total in facts.get("multiply_adds", {}).items():
        rule, _, unit = words.removesuffix(")").rpartition(" (")
        counts.append({"rule": rule, "unit": unit, "total": total, "by_operator": []})
    return converted({"parameters": facts["parameters"], "counts": counts}, Complexity, "extra_info")


def _run(file: _File, outcomes: tuple[Measured, ...]) -> Run:
    cases = tuple(outcome.case for outcome in outcomes)
    suites = tuple(dict.fromkeys(case.suite for case in cases))
    # What pytest-benchmark samples a benchmark for, at most.
    seconds = float(file.benchmarks[0].options.get("max_time") or UNKNOWN_S)
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
        environment=_environment(file, cases[0]),
        noise_floors=file.attnbench.noise_floors,
        outcomes=outcomes,
    )


def _environment(file: _File, case: Case) -> Environment:
    """Return where the benchmarks ran: as they say, or what pytest-benchmark says of every machine."""
    said = (each.extra_info.get("environment") for each in file.benchmarks)
    facts = next((each for each in said if isinstance(each, dict)), None)
    if facts is not None:
        return environment_of(facts)
    machine, commit = file.machine_info, file.commit_info
    cpu = machine.get("cpu") or {}
    cores = int(cpu.get("count") or 1)
    dirty = "+dirty" if commit.get("dirty") else ""
    return Environment(
        attnbench=UNKNOWN,
        commit=f"{commit['id']}{dirty}" if commit.get("id") else None,
        python=str(machine.get("python_version", UNKNOWN)),
        torch=UNKNOWN,
        torchvision=UNKNOWN,
        system=" ".join(str(machine.get(part, "")) for part in ("system", "release", "machine")).strip() or UNKNOWN,
        cpu=str(cpu.get("brand_raw", UNKNOWN)),
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


def _benchmark(case: Case, found: Latency, environment: Environment) -> dict[str, Any]:
    # Its own formulas, so that its table shows what it would have shown. It ships no types.
    stats: Any = import_module("pytest_benchmark.stats").Stats()
    for seconds in found.samples.seconds:
        stats.update(seconds)
    return {
        "group": group(case),
        "name": name(case),
        "fullname": full_name(case),
        "params": None,
        "param": identity(case),
        "extra_info": extra_info(case, found, environment),
        "options": {"timer": found.samples.clock},
        "stats": {
            **stats.as_dict(),
            "data": list(found.samples.seconds),
            "iterations": found.samples.calls_per_sample,
        },
    }
