"""Two environments -> what of them makes times, or exact quantities, of two runs incomparable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.records import Environment

#: A call's time depends on these, wherever the work is done: the processor launches what a device does.
TIMES = ("cpu", "cores", "threads", "torch", "python")
#: And on these, of what a GPU does.
TIMES_ON_CUDA = ("driver", "cuda", "cudnn", "float32_convolutions", "float32_products")
#: Exact quantities depend on what is called, and the last digit of a number on what computes it.
EXACT = ("torch", "torchvision", "cpu")
EXACT_ON_CUDA = ("cuda", "cudnn", "float32_convolutions", "float32_products")
#: Not recorded by old versions.
IF_SAID = frozenset({"float32_convolutions", "float32_products"})


def accelerator(environment: Environment, device: str) -> str | None:
    """Return the name of a device's accelerator; None: there is no such accelerator, or the device is the CPU."""
    index = int(device.partition(":")[2] or 0)
    accelerators = environment.accelerators
    return accelerators[index].name if device != "cpu" and index < len(accelerators) else None


def lacks(environment: Environment, device: str) -> bool:
    """Return whether a machine does not have a device."""
    return device != "cpu" and accelerator(environment, device) is None


def times_differ(was: Environment, now: Environment, device: str) -> str:
    """Return why times of a device in two runs cannot be compared: ``other torch (2.10 then, 2.11 here)``, or nothing.

    Not the kernel, whose updates no machine waits for, and not attnbench's own version: both change all cases of a
    block alike.

    Args:
        was: of the baseline.
        now: of this machine.
        device: of the case.

    """
    return _differing(was, now, device, TIMES, TIMES_ON_CUDA)


def exact_differ(was: Environment, now: Environment, device: str) -> str:
    """Return what, beside the source, may change exact quantities; nothing if the environments are alike."""
    return _differing(was, now, device, EXACT, EXACT_ON_CUDA)


def _differing(
    was: Environment, now: Environment, device: str, names: tuple[str, ...], on_cuda: tuple[str, ...]
) -> str:
    cuda = device != "cpu"
    before, here = (replace(each, python=_minor(each.python)) for each in (was, now))
    found = [_words(*row) for row in _rows(before, here, (*names, *(on_cuda if cuda else ()))) if row[1] != row[2]]
    if cuda and accelerator(was, device) != accelerator(now, device):
        found.insert(0, _words(device, accelerator(was, device), accelerator(now, device)))
    return "; ".join(found)


def _rows(was: Environment, now: Environment, names: tuple[str, ...]) -> Iterator[tuple[str, object, object]]:
    for name in names:
        before = getattr(was, name)
        if not (before is None and name in IF_SAID):
            yield name, before, getattr(now, name)


def _words(name: str, was: object, now: object) -> str:
    label = {"cpu": "processor"}.get(name, name).replace("_", " ")
    return f"other {label} ({was or 'none'} then, {now or 'none'} here)"


def _minor(version: str) -> str:
    """Return the version of Python without its patches."""
    return ".".join(version.split(".")[:2])
