"""Strings -> names that exist, once, at the edge. Everything wrong is a UsageError that names what is right."""

from __future__ import annotations

import contextlib
import re
import sys
from fnmatch import fnmatchcase
from math import prod
from typing import TYPE_CHECKING, NoReturn

from attn_impls import plugins
from attn_impls.options import check
from bench.errors import UsageError, closest, refuse
from results.ranges import MOST_ELEMENTS
from results.records import PLAIN, Direction, Timing

from .catalog import DEFAULT, QUESTIONS
from .papers import psk
from .registries import registry_with
from .selection import NO_HOST, added

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attn_impls import Registry

#: In the order of how often they are asked for; the first is the default.
DTYPES = ("float32", "bfloat16", "float16", "float64")

#: Large enough to train with batch norm, small enough for two CPU cores; a GPU would be waiting for launches.
BATCH_SIZE_CPU = 4
BATCH_SIZE_CUDA = 32
LARGEST_BATCH = 1_000_000

DEVICE = re.compile(r"cpu|cuda(:\d{1,3})?")
LOGITS = re.compile(r"[1-9]\d{0,11}(x[1-9]\d{0,11})*(@\d{1,2})?")

#: What the names of another library's implementations begin with -> the plug-in that brings them.
BROUGHT_BY = {
    "timm": "timm",
    "torchvision": "timm",
    "flash_attn": "flash_attn",
    "xformers": "xformers",
    "natten": "natten",
}

#: ``both`` is a short word for what the tables call forward+backward: one call that does both.
DIRECTIONS = {
    "forward": Direction.FORWARD,
    "backward": Direction.BACKWARD,
    "both": Direction.FORWARD_BACKWARD,
    "forward+backward": Direction.FORWARD_BACKWARD,
}


def registry(names: Sequence[str], pinned: tuple[plugins.SourceFile, ...] = ()) -> Registry:
    """Load the registry with these plug-ins; what they print goes to stderr: it is none of our data.

    Args:
        names: of the plug-ins.
        pinned: the only files of them that may be executed; none: whatever is there.

    Raises:
        UsageError: a plug-in cannot be used, or a file is none of those that are pinned.

    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return registry_with(tuple(names), pinned)
    except plugins.ChangedPluginError as error:
        msg = f"{error} was edited meanwhile, and was not run; try again"
        raise UsageError(msg) from error
    except plugins.PluginError as error:
        raise UsageError(str(error)) from error


def suites(names: Sequence[str]) -> tuple[str, ...]:
    """Return the chosen suites in the catalog's order; sizes and times if none is named."""
    for name in names:
        if name not in QUESTIONS:
            refuse("suite", name, QUESTIONS)
    return tuple(name for name in QUESTIONS if name in (names or DEFAULT))


def implementations(patterns: Sequence[str], known: Registry, *, checks: bool = True) -> tuple[str, ...]:
    """Return the implementations that match, in the registry's order.

    A pattern may bring options: ``se:reduction=8``. Without a pattern: the PSK paper's variants, and what is added.

    Args:
        patterns: names with wildcards and options.
        known: the registry.
        checks: whether to ask what builds an implementation if it has the options, which imports torch.

    Raises:
        UsageError: nothing matches, or there is no such option.

    """
    if not patterns:
        return (*psk.VARIANTS, *added(known))
    order = list(known.specs)
    found = dict.fromkeys(name for pattern in patterns for name in _matching(pattern, known, checks=checks))
    return tuple(sorted(found, key=lambda name: order.index(name.partition(":")[0])))


def _matching(pattern: str, known: Registry, *, checks: bool) -> list[str]:
    """Return the implementations that match one pattern, each with the options that follow the pattern."""
    names, colon, options = pattern.partition(":")
    if colon and not options:
        msg = f"{pattern!r} has no options; leave out the colon, or write {names}:NAME=VALUE"
        raise UsageError(msg)
    matching = [name for name in known.specs if fnmatchcase(name, names)]
    if not matching and pattern != PLAIN:
        _refuse_implementation(names, known)
    try:
        found = [known.find(f"{name}:{options}") for name in matching]
        for spec in found if options and checks else ():
            # Only here: it imports the implementation, and torch.
            check(spec)
    except ValueError as error:
        msg = f"{pattern}: {error}"
        raise UsageError(msg) from None
    return [spec.name for spec in found]


def _refuse_implementation(names: str, known: Registry) -> NoReturn:
    """Refuse a name or pattern that nothing has, and say where what is not there yet would come from.

    Raises:
        UsageError: always.

    """
    plugin = BROUGHT_BY.get(names.partition("/")[0])
    if plugin is not None and not any(fnmatchcase(name, f"{names.partition('/')[0]}/*") for name in known.specs):
        msg = f"unknown implementation {names!r}; add --plugin {plugin}, which brings {names.partition('/')[0]}/*"
        raise UsageError(msg)
    more = "All: attnbench list"
    if closest(names, known.specs) is None:
        more = f"what attnbench does not have comes with --plugin FILE.py. {more}"
    refuse("implementation", names, known.specs, more=more)


def hosts(names: Sequence[str], known: Registry) -> tuple[str, ...]:
    """Return the chosen backbones in the order given; the PSK paper's networks if none is named."""
    for name in names:
        if name == NO_HOST:
            continue
        try:
            known.host(name)
        except KeyError:
            more = "All: attnbench list"
            if closest(name, [*known.hosts, NO_HOST]) is None:
                more = f"one of timm's is called timm:NAME, and others come with --plugin FILE.py. {more}"
            refuse("backbone", name, [*known.hosts, NO_HOST], more=more)
        except ValueError as error:
            raise UsageError(str(error)) from None
    return tuple(dict.fromkeys(names)) or psk.HOSTS


def slots(texts: Sequence[str], chosen_hosts: Sequence[str], known: Registry) -> tuple[str, ...]:
    """Return the chosen slots, ``slot`` or ``slot@stage,stage``; each must exist in every chosen network."""
    if texts and set(chosen_hosts) == {NO_HOST}:
        msg = f"--slot {texts[0]}: an attention alone has no slots; leave it out, or name a network with --host"
        raise UsageError(msg)
    for host in chosen_hosts:
        for text in texts:
            if host != NO_HOST:
                try:
                    known.host(host).split_slot(text)
                except ValueError as error:
                    raise UsageError(str(error)) from None
    return tuple(dict.fromkeys(texts))


def logits(texts: Sequence[str]) -> tuple[tuple[tuple[int, ...], int], ...]:
    """Return shapes of logits and the dimension that is normalised: of ``256x2x256@1`` dimension 1, else the last."""
    found = []
    for text in texts:
        shape, _, dim = text.partition("@")
        if LOGITS.fullmatch(text) is None:
            msg = f"--logits {text}: write sizes, and a dimension if it is not the last: 4096x1000, 256x2x256@1"
            raise UsageError(msg)
        sizes = tuple(map(int, shape.split("x")))
        if dim and int(dim) >= len(sizes):
            msg = f"--logits {text}: there is no dimension {dim}; they are numbered from 0 to {len(sizes) - 1}"
            raise UsageError(msg)
        if prod(sizes) > MOST_ELEMENTS:
            msg = f"--logits {text}: no memory holds them; {MOST_ELEMENTS} logits are the most"
            raise UsageError(msg)
        found.append((sizes, int(dim) if dim else len(sizes) - 1))
    return tuple(dict.fromkeys(found))


def dtypes(names: Sequence[str]) -> tuple[str, ...]:
    """Return the chosen dtypes in the order given."""
    for name in names:
        if name not in DTYPES:
            refuse("dtype", name, DTYPES)
    return tuple(dict.fromkeys(names)) or DTYPES[:1]


def device_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return devices in the order given, ``cuda`` as ``cuda:0``, wherever they are (UsageError: no such name)."""
    chosen = []
    for name in names:
        if name.partition(":")[0] == "gpu":
            msg = f"unknown device {name!r}; did you mean 'cuda'? choose from cpu, cuda, cuda:N"
            raise UsageError(msg)
        if DEVICE.fullmatch(name) is None:
            refuse("device", name, ["cpu", "cuda", "cuda:N"])
        kind, _, index = name.partition(":")
        chosen.append(f"cuda:{int(index or 0)}" if kind == "cuda" else "cpu")
    return tuple(dict.fromkeys(chosen))


def devices(names: Sequence[str]) -> tuple[str, ...]:
    """Return the chosen devices in the order given, ``cuda`` as ``cuda:0``; the best one here if none is named.

    A name that cannot exist is refused before torch is imported.
    """
    chosen = device_names(names)
    import torch

    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    for given, name in zip(names, map(device_names, ([each] for each in names)), strict=True):
        _, _, index = name[0].partition(":")
        if name[0] != "cpu" and int(index) >= found:
            have = (
                f"torch sees {found} CUDA device{'' if found == 1 else 's'}" if found else "torch sees no CUDA device"
            )
            remedy = f"use --device {'cuda:0' if found else 'cpu'}"
            msg = f"device {given!r} is not there: {have} on this machine; {remedy}"
            raise UsageError(msg)
    return chosen or device_names(["cuda" if found else "cpu"])


def refuse_timing(timing: Timing, devices: Sequence[str]) -> None:
    """Refuse a way of timing that none of the devices has.

    Raises:
        UsageError: it is for CUDA, and there is none.

    """
    if timing is not Timing.HOT and all(device == "cpu" for device in devices):
        msg = f"--timing {timing.value} is for CUDA; leave it out, or choose --device cuda"
        raise UsageError(msg)


def directions(names: Sequence[str], timing: Timing = Timing.HOT) -> tuple[Direction, ...]:
    """Return the chosen directions; forward, backward and both as one call if none is named.

    A CUDA graph cannot hold a backward pass alone: its forward pass ran outside the stream that is captured.
    """
    for name in names:
        if name not in DIRECTIONS:
            refuse("direction", name, DIRECTIONS)
    chosen = tuple(dict.fromkeys(DIRECTIONS[name] for name in names))
    if timing is not Timing.GRAPH:
        return chosen or tuple(Direction)
    if Direction.BACKWARD in chosen:
        msg = "a CUDA graph cannot hold a backward pass alone; use --direction both, or another --timing"
        raise UsageError(msg)
    return chosen or (Direction.FORWARD, Direction.FORWARD_BACKWARD)


def batch_sizes(sizes: Sequence[int], on: Sequence[str]) -> tuple[int, ...]:
    """Return the chosen batch sizes, smallest first; if none is named, one that suits the devices ``on`` which we run.

    One image would not do: batch norm cannot be trained on a single value a channel.
    """
    for size in sizes:
        if not 1 <= size <= LARGEST_BATCH:
            msg = f"batch size {size} is not possible; give a whole number from 1 to {LARGEST_BATCH}"
            raise UsageError(msg)
    default = BATCH_SIZE_CPU if "cpu" in on else BATCH_SIZE_CUDA
    return tuple(sorted(set(sizes))) or (default,)
