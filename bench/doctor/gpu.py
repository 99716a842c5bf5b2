"""Is the GPU ours alone, ready and cool? What NVML says of every GPU of the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..telemetry.nvml import FEATURE_ENABLED, THROTTLED, Questions, Reason, reasons_in_words
from .finding import Finding, Verdict

if TYPE_CHECKING:
    from ..telemetry.nvml import Nvml

PROCESSES = "GPU processes"
STATE = "GPU state"
#: A desktop draws some percent of the time; a job is seldom below this.
BUSY_PERCENT = 10


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
    others = len({process.pid for process in (*(computing or ()), *(drawing or ()))} - {own_pid})
    percent = 0 if busy is None else busy.gpu
    observed = ", ".join((f"{others} other", *([] if busy is None else [f"GPU busy {percent}% of the time"])))
    verdict = Verdict.BAD if percent >= BUSY_PERCENT else Verdict.WARN if others else Verdict.OK
    remedy = "" if verdict is Verdict.OK else "end them; see which with: nvidia-smi"
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
    return Finding(name=name, verdict=Verdict.OK, observed="persistence mode on, not throttled")
