"""Cases, machines and outcomes in words, the same in every table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, assert_never

from results.records import PLAIN, Failed, FailureKind, FeatureMap, Mode, Subject, Timing, Tokens
from results.replaced import ALONE
from results.text import message

from .cells import Kind, Missing, Quantity
from .failures import cause, short_words
from .naming import MOST_CHARACTERS, within
from .units import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from results.bandwidth import Speed
    from results.contest import Mean
    from results.inputs import Input
    from results.records import Accelerator, Case, Environment, Skipped
    from results.stats import Ratio

    from .cells import Cell

#: An error in a cell of a table; the record has all of it.
ERROR_WIDTH = 80
#: The row of what every logit function is held against.
COPY = "(copy)"
#: The network without attention, in tables.
PLAIN_NAME = f"({PLAIN})"
#: What stands in a title where the caches are not left as they are.
TIMING_WORDS = {Timing.COLD: "cold L2 cache", Timing.GRAPH: "CUDA graph"}
#: Under figures of attentions without a network.
ALONE_NOTE = f"A branch alone replaces a {ALONE}."
#: Under operations of attention between tokens.
MODEL_NOTE = (
    "Model FLOPs are what exact attention needs, whatever an implementation executes: 4 × pairs × width of a head "
    "forward and 8 backward, for each head, where pairs are those of a query and a key that it sees (causal: exactly, "
    "S (S + 1) / 2). Torch's are those of the products that ran, by its FlopCounterMode, masked pairs included."
)
#: Stands in place of a ratio or a difference of two cases that were both timed, but not together.
UNPAIRED = Missing("not paired")
UNPAIRED_NOTE = (
    f"{UNPAIRED.reason}: fewer than six rounds in common (too few samples, or one of the two was measured later, after "
    "--resume), and times of different moments are not compared. Measure both in a new run, with a larger --budget "
    "where samples are too few."
)
#: Marks a time that the clock itself has a large part in, and what is computed from it.
NEAR_OVERHEAD = "†"
NEAR_OVERHEAD_NOTE = (
    f"{NEAR_OVERHEAD} Shorter than ten times what the clock shows for an empty call: more than a tenth of the time is "
    "the clock's own. Ratios are closer to 1 than without it, and bytes a second are too few."
)


def plain_first(cases: Iterable[Case]) -> list[Case]:
    """Return the cases as the rows of a table: the plain network or the copy first, the others in plan order."""
    return sorted(cases, key=lambda case: case.implementation != PLAIN)


def labels(group: Sequence[Case]) -> dict[Case, str]:
    """Return what a row is called: the implementation, with its slot and options only where two rows share a name."""
    seen = Counter(name(case) for case in group)
    return {case: name(case) if seen[name(case)] == 1 else f"{name(case)}{_details(case)}" for case in group}


def baseline_name(baseline: Case) -> str:
    """Return what a column calls that by which figures are divided."""
    if baseline.is_copy:
        return "copy"
    return "plain" if baseline.implementation == PLAIN else baseline.implementation


def baseline_noun(baseline: Case) -> str:
    """Return what a sentence calls that by which figures are divided."""
    name = baseline_name(baseline)
    return f"{name} network" if baseline.implementation == PLAIN and not baseline.is_copy else name


def slot_notes(group: Sequence[Case]) -> tuple[str, ...]:
    """Return a note on where in a network attentions stand: ``block_output (se), conv (sk/softmax, psk)``.

    None where one stands in several slots: then the labels of the rows have them. Of attentions alone, a note on what
    their branches replace, which no feature map tells.
    """
    if any(isinstance(case.input, FeatureMap) for case in group):
        return (ALONE_NOTE,)
    standing: dict[str, dict[str, None]] = {}
    for case in group:
        if case.slot is not None:
            standing.setdefault(case.slot, {})[name(case)] = None
    names = [each for found in standing.values() for each in found]
    if not names or len(set(names)) < len(names):
        return ()
    where = f" in {group[0].host}" if group[0].host else ""
    if len(standing) == 1:
        return (f"Slot{where}: {next(iter(standing))}.",)
    words = [f"{slot} ({within(found, MOST_CHARACTERS // len(standing))})" for slot, found in standing.items()]
    return (f"Slots{where}: {', '.join(words)}.",)


def model_notes(case: Case) -> tuple[str, ...]:
    """Return how the operations of attention between tokens are counted; nothing of other cases."""
    return (MODEL_NOTE,) if isinstance(case.input, Tokens) else ()


def title(case: Case) -> str:
    """Return what the rows of a latency table share: ``resnext50_16x4d, forward, batch 1, float32, cpu``."""
    return ", ".join((*case.input.title(case.host, case.direction), case.dtype, case.device, *execution_words(case)))


def full_name(case: Case) -> str:
    """Return a case in one line, where no table says what it shares with others."""
    return f"{name(case)}{_details(case)} in {title(case)}, {input_words(case)}"


def input_words(case: Case) -> str:
    """Return the input's size, and what the network makes of it: ``input 1×3×32×32, 100 classes``."""
    classes = [] if case.input.num_classes is None else [f"{case.input.num_classes} classes"]
    return ", ".join((f"input {case.input.name}", *classes))


def logits_words(logits: Input) -> str:
    """Return the sizes of logits, and the dimension that is normalised where it is not the last."""
    return logits.name + ("" if logits.dim in {None, len(logits.shape) - 1} else f" over dimension {logits.dim}")


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


def no_figure(outcome: Skipped | Failed) -> Missing:
    """Return that a case has no number, in a word or two; the cause and what to do are in the cell's footnote."""
    return Missing(short_words(outcome), because=cause(outcome))


def outcome_words(outcome: Skipped | Failed) -> str:
    """Return why a cell has no number: ``failed: out of memory``, ``skipped: ...``."""
    if not isinstance(outcome, Failed):
        return f"skipped: {shortened(outcome.reason)}"
    match outcome.kind:
        case FailureKind.EXCEPTION | FailureKind.FOLDER:
            return f"failed: {shortened(outcome.error)}"
        case FailureKind.OUT_OF_MEMORY | FailureKind.NAN:
            return f"failed: {outcome.kind}"
        case FailureKind.CRASH | FailureKind.EXIT | FailureKind.HANG | FailureKind.MACHINE_LOST:
            return f"failed: {outcome.kind}: {shortened(outcome.error)}"
        case _:
            assert_never(outcome.kind)


def paired(found: Ratio | None) -> Cell:
    """Return a ratio of two cases that were timed, with its interval, or that they were not timed together."""
    return UNPAIRED if found is None else ratio_cell(found, near_overhead=found.near_overhead)


def ratio_cell(found: Ratio | Mean, *, near_overhead: bool) -> Quantity:
    """Return a ratio with its interval, and with the mark that the clock's own time is in it."""
    return Quantity(
        value=found.value, kind=Kind.RATIO, low=found.low, high=found.high, marks=overhead_marks(near=near_overhead)
    )


def speed_cell(found: Speed) -> Quantity:
    """Return bytes a second, with the mark that the clock's own time is in it."""
    marks = overhead_marks(near=found.near_overhead)
    return Quantity(value=found.bytes_per_s, kind=Kind.BYTES_PER_S, marks=marks)


def overhead_marks(*, near: bool) -> tuple[str, ...]:
    """Return the mark that more than a tenth of a time in a figure is the clock's own."""
    return (NEAR_OVERHEAD,) if near else ()


def cell_notes(rows: Iterable[Sequence[Cell]]) -> tuple[str, ...]:
    """Return the notes on what stands in the cells of a table beside figures, each only where it does."""
    shown = [cell for row in rows for cell in row]
    marks = {mark for cell in shown if isinstance(cell, Quantity) for mark in cell.marks}
    return (
        *([UNPAIRED_NOTE] if UNPAIRED in shown else []),
        *([NEAR_OVERHEAD_NOTE] if NEAR_OVERHEAD in marks else []),
    )


def plural(count: int, noun: str) -> str:
    """Return the count with its noun: ``1 core``, ``2 cores``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def shortened(text: str) -> str:
    """Return the text on one line, cut where a table would become too wide."""
    return message(text, ERROR_WIDTH)


def name(case: Case) -> str:
    """Return what is measured, and how it is executed where that is not the usual way: ``softmax, compiled``."""
    # Where there is no network that could be left plain, the plain thing is to move the bytes.
    plain = COPY if case.subject is Subject.OP else PLAIN_NAME
    compiled = "" if case.mode is Mode.EAGER else f", {case.mode}"
    return f"{plain if case.implementation == PLAIN else case.implementation}{compiled}"


def _details(case: Case) -> str:
    slot = [] if case.slot is None else [case.slot]
    # What was asked for stands in the name already: se:reduction=4.
    named = {part.partition("=")[0] for part in case.implementation.partition(":")[2].split(",")}
    details = ", ".join((*slot, *(f"{name}={value}" for name, value in case.options if name not in named)))
    return f" ({details})" if details else ""


def execution_words(case: Case) -> tuple[str, ...]:
    """Return how the cases of a table are executed, where that is not the usual way: ``CUDA graph``."""
    timing = () if case.timing is Timing.HOT else (TIMING_WORDS[case.timing],)
    return (*timing, *(("channels last",) if case.input.channels_last else ()))


def _accelerator_words(environment: Environment, accelerator: Accelerator) -> str:
    versions = {"driver": environment.driver, "CUDA": environment.cuda, "cuDNN": environment.cudnn}
    words = (
        format_bytes(accelerator.memory_bytes),
        f"compute capability {accelerator.capability}",
        *(f"{name} {version}" for name, version in versions.items() if version is not None),
    )
    return f"GPU: {accelerator.name}, {', '.join(words)}. "
