"""Is the GPU ours alone, ready and cool? What NVML says of every GPU of the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..telemetry.nvml import (
    FEATURE_ENABLED,
    POWER_CAPPED,
    THROTTLED,
    Questions,
    Reason,
    is_partitioned,
    reasons_in_words,
)
from .finding import Finding, Verdict
from .system import in_gib

if TYPE_CHECKING:
    from ..telemetry.nvml import Nvml

PROCESSES = "GPU processes"
STATE = "GPU state"
#: A desktop draws some percent of the time; a job is seldom below this.
BUSY_PERCENT = 10
#: What a driver holds of a GPU that nobody uses, some hundred MiB, and a screen or two.
IDLE_BYTES = 2**30


def check_gpus(nvml: Nvml | str, own_pid: int) -> tuple[Finding, ...]:
    """Look at all GPUs.

    Args:
        nvml: or why there is none.
        own_pid: this process, which is no stranger.

    """
    if isinstance(nvml, str):
        return tuple(Finding(name=name, verdict=Verdict.UNKNOWN, observed=nvml) for name in (PROCESSES, STATE))
    questions = Questions(nvml)
    count = questions.ask("number of GPUs", nvml.nvmlDeviceGetCount) or 0
    found: list[Finding] = []
    for index in range(count):
        # One question a GPU: what one refuses another may answer.
        handle = questions.ask(f"GPU {index}", lambda index=index: nvml.nvmlDeviceGetHandleByIndex(index))  # type: ignore[misc]
        if handle is not None:
            number = "" if count == 1 else f" {index}"
            found += [_processes(nvml, handle, number, own_pid), _state(nvml, handle, number)]
    if questions.notes or not found:
        why = "; ".join(questions.notes) or "NVML knows no GPU"
        found.append(Finding(name=STATE, verdict=Verdict.UNKNOWN, observed=why))
    return tuple(found)


def _processes(nvml: Nvml, handle: object, number: str, own_pid: int) -> Finding:
    questions = Questions(nvml)
    computing = questions.ask("compute processes", lambda: nvml.nvmlDeviceGetComputeRunningProcesses(handle))
    drawing = questions.ask("graphics processes", lambda: nvml.nvmlDeviceGetGraphicsRunningProcesses(handle))
    busy = questions.ask("utilization", lambda: nvml.nvmlDeviceGetUtilizationRates(handle))
    name = PROCESSES + number
    if computing is None and busy is None:
        return Finding(name=name, verdict=Verdict.UNKNOWN, observed="; ".join(questions.notes))
    listed = {process.pid for process in (*(computing or ()), *(drawing or ()))}
    others = len(listed - {own_pid})
    percent = 0 if busy is None else busy.gpu
    time = [] if busy is None else [f"GPU busy {percent}% of the time"]
    # In a container the list is empty, and no error, whatever runs outside it.
    memory = None if listed else questions.ask("memory", lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
    hidden_bytes = memory.used if memory is not None and memory.used > IDLE_BYTES else 0
    who = f"{in_gib(hidden_bytes)} in use by processes that are not shown" if hidden_bytes else f"{others} other"
    # NVML counts those on all parts, and knows no utilization of a board that is divided.
    parts = ["on all parts of the GPU (MIG), which share its clocks and power"] if is_partitioned(nvml, handle) else []
    observed = ", ".join((who, *parts, *time))
    if percent >= BUSY_PERCENT:
        verdict = Verdict.BAD
    elif hidden_bytes:
        verdict = Verdict.UNKNOWN
    else:
        verdict = Verdict.WARN if others else Verdict.OK
    where = ", on the machine itself, outside of containers" if hidden_bytes else ""
    remedy = "" if verdict is Verdict.OK else f"end them; see which with: nvidia-smi{where}"
    return Finding(name=name, verdict=verdict, observed=observed, remedy=remedy)


def _state(nvml: Nvml, handle: object, number: str) -> Finding:
    questions = Questions(nvml)
    persistence = questions.ask("persistence mode", lambda: nvml.nvmlDeviceGetPersistenceMode(handle))
    asked = questions.ask("throttle reasons", lambda: nvml.nvmlDeviceGetCurrentClocksEventReasons(handle))
    name = STATE + number
    if asked is not None and (throttled := Reason(asked) & THROTTLED):
        observed = f"throttled now: {', '.join(reasons_in_words(throttled))}"
        remedy = "let it cool down, or set a lower clock: sudo nvidia-smi --lock-gpu-clocks=MHZ"
        return Finding(name=name, verdict=Verdict.BAD, observed=observed, remedy=remedy)
    if persistence is not None and persistence != FEATURE_ENABLED:
        observed = "persistence mode off: the driver unloads between processes"
        remedy = "sudo nvidia-smi --persistence-mode=1"
        return Finding(name=name, verdict=Verdict.WARN, observed=observed, remedy=remedy)
    if questions.notes:
        return Finding(name=name, verdict=Verdict.UNKNOWN, observed="; ".join(questions.notes))
    capped = ", at its power limit now, as large GPUs are under load" if Reason(asked or 0) & POWER_CAPPED else ""
    return Finding(name=name, verdict=Verdict.OK, observed=f"persistence mode on, not throttled{capped}")
