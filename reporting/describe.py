"""Cases, machines and outcomes in words, the same in every table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, assert_never

from results.compare import comparison_group, is_copy
from results.records import PLAIN, Failed, FailureKind, Mode, Subject, Timing

from .units import format_bytes, format_gb_per_s, format_ratio, format_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from results.bandwidth import Speed
    from results.contest import Mean
    from results.records import Accelerator, Case, Environment, Skipped
    from results.stats import Ratio

#: An error in a cell of a table; the record has all of it.
ERROR_WIDTH = 80
NOUNS = {Subject.OP: "functions on logits", Subject.MODULE: "attention alone", Subject.NETWORK: "network"}
#: The row of what every function on logits is held against.
COPY = "(copy)"
#: What stands in a title where the caches are not left as they are.
TIMING_WORDS = {Timing.COLD: "cold L2 cache", Timing.GRAPH: "CUDA graph"}
#: Stands in place of a ratio or a difference of two cases that were both timed, but not together.
UNPAIRED = "not paired"
UNPAIRED_NOTE = (
    f"{UNPAIRED}: fewer than six rounds in common (too few samples, or one of the two was measured later, after "
    "--resume), and times of different moments are not compared. Measure both in a new run."
)
#: Marks a time that the clock itself has a large part in, and what is computed from it.
NEAR_OVERHEAD = "†"
NEAR_OVERHEAD_NOTE = (
    f"{NEAR_OVERHEAD} Shorter than ten times what the clock shows for an empty call: more than a tenth of the time is "
    "the clock's own. Ratios are closer to 1 than without it, and bytes a second are too few."
)


def groups(cases: Iterable[Case]) -> tuple[tuple[Case, ...], ...]:
    """Return the cases that belong in one table each: equal in everything but what is compared, in plan order."""
    found: dict[Case, list[Case]] = {}
    for case in cases:
        found.setdefault(comparison_group(case), []).append(case)
    return tuple(map(tuple, found.values()))


def labels(group: Sequence[Case]) -> dict[Case, str]:
    """Return what a row is called: the implementation, with its slot and options only where two rows share a name."""
    seen = Counter(name(case) for case in group)
    return {case: name(case) if seen[name(case)] == 1 else f"{name(case)}{_details(case)}" for case in group}


def baseline_name(baseline: Case) -> str:
    """Return what a column calls that by which figures are divided."""
    if is_copy(baseline):
        return "copy"
    return "plain host" if baseline.implementation == PLAIN else baseline.implementation


def slot_notes(group: Sequence[Case]) -> tuple[str, ...]:
    """Return a note on where in the network attentions stand: ``block_output (se), conv (sk/softmax, psk)``.

    None where one stands in several slots: then the labels of the rows have them.
    """
    standing: dict[str, dict[str, None]] = {}
    for case in group:
        if case.slot is not None:
            standing.setdefault(case.slot, {})[name(case)] = None
    names = [each for found in standing.values() for each in found]
    if not names or len(set(names)) < len(names):
        return ()
    if len(standing) == 1:
        return (f"Slot: {next(iter(standing))}.",)
    words = [f"{slot} ({', '.join(found)})" for slot, found in standing.items()]
    return (f"Slots: {', '.join(words)}.",)


def title(case: Case) -> str:
    """Return what the rows of a latency table share: ``resnext50_16x4d, forward, batch 1, float32, cpu``."""
    return ", ".join((*_subject_words(case), case.dtype, case.device, *execution_words(case)))


def full_name(case: Case) -> str:
    """Return a case in one line, where no table says what it shares with others."""
    return f"{name(case)}{_details(case)} in {title(case)}, {input_words(case)}"


def input_words(case: Case) -> str:
    """Return the input's size, and what the network makes of it: ``input 1×3×32×32, 100 classes``."""
    classes = [] if case.num_classes is None else [f"{case.num_classes} classes"]
    return ", ".join((f"input {format_shape(case.shape)}", *classes))


def logits_words(shape: tuple[int, ...], dim: int | None) -> str:
    """Return the sizes of logits, and the dimension that is normalised where it is not the last."""
    return format_shape(shape) + ("" if dim is None or dim == len(shape) - 1 else f" over dimension {dim}")


def machine(environment: Environment, case: Case) -> str:
    """Return the device that ran the case, by name: ``Intel Xeon, 2 threads``."""
    if case.device == "cpu":
        threads = environment.threads if case.threads is None else case.threads
        return f"{environment.cpu}, {plural(threads, 'thread')}"
    index = int(case.device.partition(":")[2] or 0)
    known = environment.accelerators
    return known[index].name if index < len(known) else case.device


def environment_words(environment: Environment) -> str:
    """Return the machine and the software in one sentence."""
    memory = [] if environment.memory_bytes is None else [format_bytes(environment.memory_bytes)]
    commit = [] if environment.commit is None else [f"commit {environment.commit}"]
    hardware = ", ".join(
        (environment.cpu, plural(environment.cores, "core"), plural(environment.threads, "thread"), *memory)
    )
    accelerators = [_accelerator_words(environment, accelerator) for accelerator in environment.accelerators]
    software = (
        " ".join(("attnbench", environment.attnbench, *(f"({words})" for words in commit))),
        f"torch {environment.torch}",
        f"torchvision {environment.torchvision}",
        f"Python {environment.python}",
        environment.system,
    )
    return f"CPU: {hardware}. {''.join(accelerators) or 'No GPU. '}Software: {', '.join(software)}."


def outcome_words(outcome: Skipped | Failed) -> str:
    """Return why a cell has no number: ``failed: out of memory``, ``skipped: ...``."""
    if not isinstance(outcome, Failed):
        return f"skipped: {shortened(outcome.reason)}"
    match outcome.kind:
        case FailureKind.EXCEPTION:
            return f"failed: {shortened(outcome.error)}"
        case FailureKind.OUT_OF_MEMORY | FailureKind.NAN:
            return f"failed: {outcome.kind}"
        case FailureKind.CRASH | FailureKind.EXIT | FailureKind.HANG:
            return f"failed: {outcome.kind}: {shortened(outcome.error)}"
        case _:
            assert_never(outcome.kind)


def paired_words(found: Ratio | None) -> str:
    """Return a ratio of two cases that were timed, with its interval, or that they were not timed together."""
    return UNPAIRED if found is None else ratio_words(found, near_overhead=found.near_overhead)


def ratio_words(found: Ratio | Mean, *, near_overhead: bool) -> str:
    """Return a ratio with its interval, and with the mark that the clock's own time is in it."""
    return marked(format_ratio(found.value, found.low, found.high), near_overhead=near_overhead)


def speed_words(found: Speed) -> str:
    """Return bytes a second in 1e9 bytes, with the mark that the clock's own time is in it."""
    return marked(format_gb_per_s(found.bytes_per_s), near_overhead=found.near_overhead)


def marked(cell: str, *, near_overhead: bool) -> str:
    """Return a figure with the mark that more than a tenth of a time in it is the clock's own."""
    return f"{cell} {NEAR_OVERHEAD}" if near_overhead else cell


def cell_notes(rows: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Return the notes on what stands in the cells of a table beside figures, each only where it does."""
    shown = [cell for row in rows for cell in row]
    return (
        *([UNPAIRED_NOTE] if UNPAIRED in shown else []),
        *([NEAR_OVERHEAD_NOTE] if any(cell.endswith(NEAR_OVERHEAD) for cell in shown) else []),
    )


def plural(count: int, noun: str) -> str:
    """Return the count with its noun: ``1 core``, ``2 cores``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def shortened(text: str) -> str:
    """Return the text on one line, cut where a table would become too wide."""
    line = " ".join(text.split())
    return line if len(line) <= ERROR_WIDTH else f"{line[: ERROR_WIDTH - 1]}…"


def name(case: Case) -> str:
    """Return what is measured, and how it is executed where that is not the usual way: ``softmax, compiled``."""
    # Where there is no network that could be left plain, the plain thing is to move the bytes.
    plain = COPY if case.subject is Subject.OP else f"({PLAIN})"
    compiled = "" if case.mode is Mode.EAGER else f", {case.mode}"
    return f"{plain if case.implementation == PLAIN else case.implementation}{compiled}"


def _details(case: Case) -> str:
    slot = [] if case.slot is None else [case.slot]
    # What was asked for stands in the name already: se:reduction=4.
    named = {part.partition("=")[0] for part in case.implementation.partition(":")[2].split(",")}
    details = ", ".join((*slot, *(f"{name}={value}" for name, value in case.options if name not in named)))
    return f" ({details})" if details else ""


def _subject_words(case: Case) -> tuple[str, ...]:
    match case.subject:
        case Subject.NETWORK:
            return (case.host or NOUNS[case.subject], case.direction, f"batch {case.shape[0]}")
        case Subject.MODULE:
            return (NOUNS[case.subject], format_shape(case.shape), case.direction)
        case Subject.OP:
            over = [] if case.dim is None else [f"over dimension {case.dim}"]
            return (NOUNS[case.subject], " ".join((format_shape(case.shape), *over)), case.direction)


def execution_words(case: Case) -> tuple[str, ...]:
    """Return how the cases of a table are executed, where that is not the usual way: ``CUDA graph``."""
    timing = () if case.timing is Timing.HOT else (TIMING_WORDS[case.timing],)
    return (*timing, *(("channels last",) if case.channels_last else ()))


def _accelerator_words(environment: Environment, accelerator: Accelerator) -> str:
    versions = {"driver": environment.driver, "CUDA": environment.cuda, "cuDNN": environment.cudnn}
    words = (
        format_bytes(accelerator.memory_bytes),
        f"compute capability {accelerator.capability}",
        *(f"{name} {version}" for name, version in versions.items() if version is not None),
    )
    return f"GPU: {accelerator.name}, {', '.join(words)}. "
