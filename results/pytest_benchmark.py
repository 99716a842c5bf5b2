"""Cases, latencies and sizes <-> pytest-benchmark's JSON: the one place that knows how the two say the same.

A benchmark says all of it in ``extra_info["attnbench"]``; the other keys of ``extra_info`` are the user's.

- ``case`` has the fields of a Case and its subject, ``environment`` those of an Environment.
- ``size`` has the case that was counted in its place, and the fields of Complexity, or of Failed.
- ``samples`` has the fields of Samples but the seconds, which are ``stats.data``; ``telemetry`` those of Telemetry.

``pytest --attnbench`` and the fixture ``attention_benchmark`` write the first three, ``attnbench export`` all but the
size. Written by hand, the case is enough. So what was exported comes back as it was; of a benchmark that
pytest-benchmark timed, some is not known:

- rounds: it times one benchmark after the other, so each gets rounds of its own, and no two are divided by each other;
- warm-up and the clock's own time: 0 and None;
- the precision that was asked for: that of its options, or none, which is 100%.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args

import msgspec

from .cases import Case
from .codec import CodecError, converted
from .inputs import Input
from .kinds import StopReason
from .machine import Environment, Telemetry  # noqa: TC001 - msgspec reads type hints when the program runs
from .outcomes import Failed, Measured
from .ranges import Line, Seconds, Size  # noqa: TC001
from .record import Record
from .samples import Latency, Samples
from .sizes import Complexity

if TYPE_CHECKING:
    from collections.abc import Mapping

S = TypeVar("S", bound=msgspec.Struct)

#: The one key of ``extra_info`` that is ours.
KEY = "attnbench"
WHERE = f'extra_info["{KEY}"]'
#: What a hand-written case may leave out. An implementation that is not ours has no digest.
LEFT_OUT = {"suite": "latency", "source": "unknown"}
#: Subject -> the tag of its first family of inputs; those that nobody writes by hand are named by their tags alone.
TAGS: dict[str, Any] = {}
for family in get_args(Input):
    TAGS.setdefault(str(family.subject), family.__struct_config__.tag)
#: pytest-benchmark is asked for none: any interval will do.
NO_PRECISION = 1.0
LACKING = (
    'has no extra_info["attnbench"] with a case, which says what was timed; write one, such as {"case": {"subject": '
    '"module", "implementation": "mine", "input": {"batch": 8, "channels": 64, "height": 32, "width": 32}}}'
)


class Stats(msgspec.Struct):
    """What pytest-benchmark says of the samples of a benchmark; what else it says follows from them."""

    data: list[Seconds] | None = None
    """Seconds per call, one figure a round."""
    iterations: Size = 1


class Benchmark(msgspec.Struct):
    """One of a file's benchmarks, as far as it is read; other fields are not looked at."""

    fullname: Line
    stats: Stats
    extra_info: dict[str, Any] = {}
    options: dict[str, Any] = {}


class _Facts(msgspec.Struct, forbid_unknown_fields=True):
    """What stands under the key."""

    case: dict[str, Any]
    environment: Environment | None = None
    size: dict[str, Any] | None = None
    samples: dict[str, Any] | None = None
    telemetry: Telemetry | None = None


class Entry(NamedTuple):
    """What a benchmark says."""

    case: Case
    latency: Latency
    size: Measured | Failed | None
    """Parameters and multiply-adds, or why they could not be counted; None if it says nothing of them."""
    environment: Environment | None


class BenchmarkError(Exception):
    """A benchmark that is no case, or no benchmark: one line, which says what is lacking."""


def facts_of(record: Record) -> dict[str, Any]:
    """Return all fields for JSON, also those at their defaults, which no reader of the benchmarks knows."""
    subject = {"subject": str(record.subject)} if isinstance(record, Case) else {}
    return subject | {field: _plain(getattr(record, field)) for field in record.__struct_fields__}


def case_of(facts: object, where: str = WHERE) -> Case:
    """Return the case that ``facts_of`` made the facts of; hand-written ones may leave out what has a default.

    Args:
        facts: as JSON has them.
        where: they are the ``case`` of, for messages.

    Raises:
        BenchmarkError: a field is missing, unknown or of another type.

    """
    if not isinstance(facts, dict):
        msg = f"{where}: has no case with its fields"
        raise BenchmarkError(msg)
    fields = {**LEFT_OUT, **facts}
    subject = str(fields.pop("subject", ""))
    given = fields.get("input")
    if isinstance(given, dict) and "type" not in given:
        if subject not in TAGS:
            msg = f"unknown subject {subject!r} of a case; choose from {', '.join(TAGS)}"
            raise BenchmarkError(msg)
        fields["input"] = {"type": TAGS[subject], **given}
    return _converted(fields, Case, f'{where}["case"]')


def extra_info(
    case: Case, environment: Environment, *, latency: Latency | None = None, size: Measured | Failed | None = None
) -> dict[str, Any]:
    """Return what a benchmark says in ``extra_info``.

    Args:
        case: what is timed.
        environment: the machine and its software.
        latency: if it was not pytest-benchmark that timed the case.
        size: what came of counting its parameters and multiply-adds.

    """
    facts = {"case": facts_of(case), "environment": facts_of(environment)}
    if latency is not None:
        facts["samples"] = facts_of(latency.samples)
        del facts["samples"]["seconds"]
        if latency.telemetry is not None:
            facts["telemetry"] = facts_of(latency.telemetry)
    match size:
        case Measured():
            facts["size"] = {"case": facts_of(size.case), **facts_of(size.result)}
        case Failed():
            facts["size"] = facts_of(size)
    return {KEY: facts}


def entry_of(benchmark: Benchmark, *, first_round: int, version: str) -> Entry:
    """Return what a benchmark says.

    Args:
        benchmark: one of the file's ``benchmarks``.
        first_round: the round of its first sample, if it does not say in which rounds it was sampled.
        version: of pytest-benchmark.

    Raises:
        BenchmarkError: it has no case or no samples, or something that is none.

    """
    said = benchmark.extra_info.get(KEY)
    if not isinstance(said, dict) or "case" not in said:
        raise BenchmarkError(LACKING)
    facts = _converted(said, _Facts, WHERE)
    case = case_of(facts.case)
    latency = Latency(samples=_samples(benchmark, facts.samples, first_round, version), telemetry=facts.telemetry)
    return Entry(
        case=case,
        latency=latency,
        size=None if facts.size is None else _size_of(facts.size),
        environment=facts.environment,
    )


def _size_of(facts: Mapping[str, Any]) -> Measured | Failed:
    where = f'{WHERE}["size"]'
    case = case_of(facts.get("case"), where)
    others = {field: value for field, value in facts.items() if field != "case"}
    if "error" in others:
        return _converted({"case": msgspec.to_builtins(case), **others}, Failed, where)
    return Measured(case=case, result=_converted(others, Complexity, where))


def _samples(benchmark: Benchmark, known: Mapping[str, Any] | None, first_round: int, version: str) -> Samples:
    seconds, options = benchmark.stats.data, benchmark.options
    if not seconds:
        msg = "has no samples; run pytest with --benchmark-json, or with --benchmark-save-data"
        raise BenchmarkError(msg)
    known = known or {
        "rounds": [*range(first_round, first_round + len(seconds))],
        "calls_per_sample": benchmark.stats.iterations,
        "warmup_calls": 0,
        "warmup_s": 0.0,
        "stop": StopReason.BUDGET.value,
        "precision": options.get("precision") or NO_PRECISION,
        "clock": f"{options.get('timer', 'unknown')}, by pytest-benchmark {version}",
    }
    return _converted({"seconds": seconds, **known}, Samples, f'{WHERE}["samples"]')


def _plain(value: object) -> object:
    match value:
        case Record():
            return facts_of(value)
        case tuple():
            return [_plain(each) for each in value]
        case _:
            return value


def _converted(fields: Mapping[str, Any], kind: type[S], where: str) -> S:
    try:
        return converted(kind, fields)
    except CodecError as error:
        msg = f"{where}: {error}"
        raise BenchmarkError(msg) from None
