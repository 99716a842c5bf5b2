"""Cases and latencies <-> pytest-benchmark's JSON: the one place that knows how the two say the same.

A benchmark says what was timed in ``extra_info``: ``case`` has the fields of a Case, and ``environment`` those of an
Environment. ``export`` also writes ``samples`` (all of Samples but the seconds, which are ``stats.data``) and
``telemetry``. So what was exported comes back as it was; of a benchmark that pytest-benchmark timed, some is not known:

- rounds: it times one benchmark after the other, so each gets rounds of its own, and no two are divided by each other;
- warm-up and the clock's own time: 0 and None;
- the precision that was asked for: that of its options, or none, which is 100%.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, get_args

import msgspec

from .cases import Case
from .inputs import Input
from .kinds import Mode, StopReason, Timing
from .machine import Environment, Telemetry
from .record import Record
from .samples import Latency, Samples

if TYPE_CHECKING:
    from collections.abc import Mapping

R = TypeVar("R", bound=Record)

#: What a hand-written case may leave out. An implementation that is not ours has no digest.
LEFT_OUT = {"suite": "latency", "source": "unknown"}
#: Subject -> the tag of its family of inputs.
TAGS = {str(family.subject): family.__struct_config__.tag for family in get_args(Input)}
#: pytest-benchmark is asked for none: any interval will do.
NO_PRECISION = 1.0
LACKING = (
    'has no extra_info["case"], which says what was timed; write one, such as {"subject": "module", "implementation": '
    '"mine", "input": {"batch": 8, "channels": 64, "height": 32, "width": 32}}'
)


class Stats(msgspec.Struct):
    """What pytest-benchmark says of the samples of a benchmark; what else it says follows from them."""

    data: list[float] | None = None
    """Seconds per call, one figure a round."""
    iterations: int = 1


class Benchmark(msgspec.Struct):
    """One of a file's benchmarks, as far as it is read; other fields are not looked at."""

    fullname: str
    stats: Stats
    extra_info: dict[str, Any] = {}
    options: dict[str, Any] = {}


class BenchmarkError(Exception):
    """A benchmark that is no case, or no benchmark: one line, which says what is lacking."""


def identity(case: Case) -> str:
    """Return the name of a case within its suite, which holds from run to run: what stands in a test's brackets."""
    shape = "x".join(map(str, case.shape))
    unusual = (
        "" if case.mode is Mode.EAGER else case.mode,
        "" if case.timing is Timing.HOT else case.timing,
        "channels_last" if case.input.channels_last else "",
        "" if case.input.dim is None else f"dim{case.input.dim}",
        "" if case.input.num_classes is None else f"{case.input.num_classes}classes",
    )
    # Two slots of one attention are two cases.
    what = (case.host or str(case.subject), case.implementation, case.slot, shape, case.dtype, case.device)
    return "-".join(str(part) for part in (*what, case.direction, *unusual) if part)


def full_name(case: Case) -> str:
    """Return the name of a case among all benchmarks: ``attnbench::latency[module-se-2x64x32x32-...]``."""
    return f"attnbench::{name(case)}"


def name(case: Case) -> str:
    """Return the name of a case, as of a test with its parameters: ``latency[module-se-2x64x32x32-...]``."""
    return f"{case.suite}[{identity(case)}]"


def group(case: Case) -> str:
    """Return what the cases of a block share, and no other: benchmarks of one group stand in one table."""
    size = "x".join(map(str, case.shape))
    unusual = ("" if case.timing is Timing.HOT else case.timing, "channels_last" if case.input.channels_last else "")
    dim = "" if case.input.dim is None else f"dim {case.input.dim}"
    classes = "" if case.input.num_classes is None else f"{case.input.num_classes} classes"
    threads = "" if case.threads is None else f"threads {case.threads}"
    parts = (case.suite, case.host or case.subject, size, dim, classes, case.dtype, case.device, case.direction)
    return ", ".join(str(part) for part in (*parts, *unusual, threads) if part)


def facts_of(record: Record) -> dict[str, Any]:
    """Return all fields for JSON, also those at their defaults, which no reader of the benchmarks knows."""
    subject = {"subject": str(record.subject)} if isinstance(record, Case) else {}
    return subject | {field: _plain(getattr(record, field)) for field in record.__struct_fields__}


def case_of(facts: Mapping[str, Any]) -> Case:
    """Return the case that ``facts_of`` made the facts of; hand-written ones may leave out what has a default.

    Raises:
        BenchmarkError: a field is missing, unknown or of another type.

    """
    fields = {**LEFT_OUT, **facts}
    subject = str(fields.pop("subject", ""))
    given = fields.get("input")
    if isinstance(given, dict) and "type" not in given:
        if subject not in TAGS:
            msg = f"unknown subject {subject!r} of a case; choose from {', '.join(TAGS)}"
            raise BenchmarkError(msg)
        fields["input"] = {"type": TAGS[subject], **given}
    return converted(fields, Case, 'extra_info["case"]')


def environment_of(facts: Mapping[str, Any]) -> Environment:
    """Return the environment that ``facts_of`` made the facts of (errors as in ``case_of``)."""
    return converted(facts, Environment, 'extra_info["environment"]')


def extra_info(case: Case, latency: Latency, environment: Environment) -> dict[str, Any]:
    """Return what a benchmark of ours says in ``extra_info``."""
    samples = facts_of(latency.samples)
    del samples["seconds"]
    telemetry = {} if latency.telemetry is None else {"telemetry": facts_of(latency.telemetry)}
    return {"case": facts_of(case), "environment": facts_of(environment), "samples": samples, **telemetry}


def latency_of(benchmark: Benchmark, *, first_round: int, version: str) -> Latency:
    """Return what a benchmark timed.

    Args:
        benchmark: one of the file's ``benchmarks``.
        first_round: the round of its first sample, if it does not say in which rounds it was sampled.
        version: of pytest-benchmark.

    Raises:
        BenchmarkError: it has no samples, or something that is none.

    """
    seconds, options, facts = benchmark.stats.data, benchmark.options, benchmark.extra_info
    if not seconds:
        msg = "has no samples; run pytest with --benchmark-json, or with --benchmark-save-data"
        raise BenchmarkError(msg)
    known = facts.get("samples") or {
        "rounds": [*range(first_round, first_round + len(seconds))],
        "calls_per_sample": benchmark.stats.iterations,
        "warmup_calls": 0,
        "warmup_s": 0.0,
        "stop": StopReason.BUDGET.value,
        "precision": options.get("precision") or NO_PRECISION,
        "clock": f"{options.get('timer', 'unknown')}, by pytest-benchmark {version}",
    }
    samples = converted({"seconds": seconds, **known}, Samples, "stats")
    if len(samples.rounds) != len(samples.seconds) or min(samples.seconds) <= 0:
        msg = "has samples without a round, or without time in them"
        raise BenchmarkError(msg)
    telemetry = facts.get("telemetry")
    return Latency(
        samples=samples,
        telemetry=None if telemetry is None else converted(telemetry, Telemetry, 'extra_info["telemetry"]'),
    )


def _plain(value: object) -> object:
    match value:
        case msgspec.Struct():
            return {field: _plain(getattr(value, field)) for field in value.__struct_fields__}
        case tuple():
            return [_plain(each) for each in value]
        case _:
            return value


def converted(fields: Mapping[str, Any], kind: type[R], where: str) -> R:
    """Return the record of these fields.

    Args:
        fields: as JSON has them.
        kind: of the record.
        where: they stand, for messages.

    Raises:
        BenchmarkError: a field is missing, unknown or of another type.

    """
    try:
        return msgspec.convert(dict(fields), kind)
    except msgspec.ValidationError as error:
        msg = f"{where}: {' '.join(str(error).split())}"
        raise BenchmarkError(msg) from None
