"""What Python and the system keep for a whole process: clocks, warnings, signals, folder, locale, processors."""

from __future__ import annotations

import gc
import locale
import os
import signal
import sys
import time
import warnings
from typing import Any

from .setting import Setting, Weight

#: What clocks of ours and of others read, and what waits.
_TIMES = (
    "perf_counter",
    "perf_counter_ns",
    "monotonic",
    "monotonic_ns",
    "process_time",
    "process_time_ns",
    "thread_time",
    "thread_time_ns",
    "time",
    "time_ns",
    "sleep",
)
_SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGPIPE")
    if hasattr(signal, name)
)


def _words_of(function: object) -> str:
    """Return the name of a function and of its module: its address is never the same."""
    if function is None or isinstance(function, int):
        return str(getattr(function, "name", function))
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{name} of {getattr(function, '__module__', None) or 'builtins'}"


def _time(name: str) -> Setting[Any]:
    return Setting(
        name=f"time.{name}",
        read=lambda: getattr(time, name),
        write=lambda function: setattr(time, name, function),
        show=_words_of,
    )


def _handler(number: signal.Signals) -> Setting[Any]:
    def write(handler: Any) -> None:
        # None stands for a handler that is not Python's, which cannot be set from here: it is said to be lost.
        if handler is not None:
            signal.signal(number, handler)

    return Setting(
        name=f"the handler of {number.name}",
        read=lambda: signal.getsignal(number),
        write=write,
        show=_words_of,
        each_sample=False,
    )


def _is_for_all(entry: tuple[Any, ...]) -> bool:
    """Return whether a filter is about warnings of everybody: one about a library's own category is not."""
    return entry[2].__module__ == "builtins"


def _filters() -> tuple[tuple[Any, ...], ...]:
    return tuple(entry for entry in warnings.filters if _is_for_all(entry))


def _set_filters(filters: tuple[Any, ...]) -> None:
    own = [entry for entry in warnings.filters if not _is_for_all(entry)]
    # It also makes modules forget what they have been told to be silent about.
    warnings.resetwarnings()
    warnings.filters[:] = [*own, *filters]  # type: ignore[index]


def _folder() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - a Path is slower to make, and this is read after each sample
    except FileNotFoundError:
        return None


def _set_folder(folder: str | None) -> None:
    if folder is not None:
        os.chdir(folder)


def _processors() -> frozenset[int] | None:
    """Return the processors that the thread may run on; None where the system does not say."""
    return frozenset(os.sched_getaffinity(0)) if sys.platform == "linux" else None


def _set_processors(processors: frozenset[int] | None) -> None:
    if sys.platform == "linux" and processors is not None:
        os.sched_setaffinity(0, processors)


def _set_garbage_collector(values: tuple[Any, ...]) -> None:
    enabled, *thresholds = values
    if enabled:
        gc.enable()
    else:
        gc.disable()
    gc.set_threshold(*thresholds)


PYTHON: tuple[Setting[Any], ...] = (
    *map(_time, _TIMES),
    Setting(
        name="the processors of the process",
        read=_processors,
        write=_set_processors,
        show=lambda processors: ", ".join(map(str, sorted(processors or ()))),
    ),
    Setting(name="the function that traces Python", read=sys.gettrace, write=sys.settrace, show=_words_of),
    Setting(name="the function that profiles Python", read=sys.getprofile, write=sys.setprofile, show=_words_of),
    Setting(name="the interval between Python's threads", read=sys.getswitchinterval, write=sys.setswitchinterval),
    Setting(
        name="the garbage collector",
        read=lambda: (gc.isenabled(), *gc.get_threshold()),
        write=_set_garbage_collector,
        show=lambda values: f"{'on' if values[0] else 'off'}, thresholds {values[1:]}",
    ),
    Setting(name="the recursion limit", read=sys.getrecursionlimit, write=sys.setrecursionlimit),
    Setting(name="the working folder", read=_folder, write=_set_folder),
    Setting(
        name="the locale",
        read=lambda: locale.setlocale(locale.LC_ALL),
        write=lambda value: locale.setlocale(locale.LC_ALL, value),
        weight=Weight.MINOR,
        each_sample=False,
    ),
    Setting(
        name="the filters of warnings",
        read=_filters,
        write=_set_filters,
        show=lambda filters: f"{filters[0][0]!r} for {filters[0][2].__name__} first" if filters else "none",
        weight=Weight.MINOR,
        each_sample=False,
    ),
    Setting(
        name="warnings.showwarning",
        read=lambda: warnings.showwarning,
        write=lambda function: setattr(warnings, "showwarning", function),
        show=_words_of,
        weight=Weight.MINOR,
        each_sample=False,
    ),
    *map(_handler, _SIGNALS),
)
