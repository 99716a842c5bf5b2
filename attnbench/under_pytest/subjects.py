"""What a benchmark of a user's own is of: a module, or an implementation by its name. Each knows its case."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Protocol

import torch
from msgspec.structs import replace
from torch import nn

from attn_impls.casting import in_channels_last, in_dtype
from attn_impls.sources import digest
from bench.errors import UsageError
from results.records import Case, Complexity, Input, Measured
from suites import choices, complexity, latency
from suites.by_name import case_by_name
from suites.call import call_of
from suites.registries import registry_with

from .sizes import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from results.records import Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a test asks for beside the attention; None: the default of the attention."""

    alone: Input
    """What an attention alone works on."""
    batch: int
    """Images that a network works on."""
    host: str | None
    slot: str | None
    size: int | None
    direction: str
    dtype: str | None
    device: str | None
    channels_last: bool


class Subject(Protocol):
    """What is timed."""

    @property
    def case(self) -> Case:
        """Which case it is."""

    def call(self) -> Callable[[], object]:
        """Return the call."""

    def size(self) -> Measured | Failed:
        """Return how big it is: the outcome of a case of the suite complexity."""


def subject_of(attention: object, wish: Wish, plugins: tuple[str, ...]) -> Subject:
    """Return what is timed: a module as it is, or what a name stands for.

    Raises:
        UsageError: there is no such thing, or it cannot be had so.

    """
    if isinstance(attention, str):
        return _named(attention, wish, plugins)
    if not isinstance(attention, nn.Module):
        msg = f"{attention!r} is no module; give an instance of torch.nn.Module, or a name that attnbench list shows"
        raise UsageError(msg)
    return _own(attention, wish)


@dataclass(frozen=True, slots=True)
class _Named:
    case: Case
    plugins: tuple[str, ...]

    def call(self) -> Callable[[], object]:
        return latency.prepare(self.case, registry_with(self.plugins)).call

    def size(self) -> Measured | Failed:
        return counted(self.case, self.plugins)


def _named(name: str, wish: Wish, plugins: tuple[str, ...]) -> _Named:
    registry = choices.registry(plugins)
    case = case_by_name(name, registry, alone=wish.alone, host=wish.host, slot=wish.slot, size=wish.size)
    if wish.host is not None:
        case = replace(case, input=case.input.with_batch(wish.batch))
    return _Named(_as_wished(case, wish, dtype=wish.dtype or "float32", device=wish.device or "cpu"), plugins)


@dataclass(frozen=True, slots=True)
class _Own:
    case: Case
    module: nn.Module

    def call(self) -> Callable[[], object]:
        in_dtype(self.module, getattr(torch, self.case.dtype), self.case.device)
        if self.case.input.channels_last:
            in_channels_last(self.module)
        return call_of(self.module, self.case)

    def size(self) -> Measured:
        # Multiply-adds are counted on a module that is built anew, in float32; how to build this one is not known.
        parameters = sum(parameter.numel() for parameter in self.module.parameters())
        return Measured(case=complexity.size_of(self.case), result=Complexity(parameters=parameters, counts=()))


def _own(module: nn.Module, wish: Wish) -> _Own:
    kind = type(module)
    if wish.host is not None or wish.slot is not None:
        msg = f"{kind.__name__} is built already; to put it into a network, make it a plug-in and give its name"
        raise UsageError(msg)
    numbers = (each for each in chain(module.parameters(), module.buffers()) if each.is_floating_point())
    # Where there are none, it goes where its input is.
    first = next(numbers, torch.empty(0))
    case = Case(suite=latency.NAME, implementation=kind.__name__, source=digest(kind), input=wish.alone)
    dtype, device = str(first.dtype).removeprefix("torch."), str(first.device)
    return _Own(_as_wished(case, wish, dtype=wish.dtype or dtype, device=wish.device or device), module)


def _as_wished(case: Case, wish: Wish, *, dtype: str, device: str) -> Case:
    (direction,) = choices.directions((wish.direction,))
    (dtype,), (device,) = choices.dtypes((dtype,)), choices.devices((device,))
    return replace(
        case,
        input=case.input.laid_out(channels_last=wish.channels_last),
        dtype=dtype,
        device=device,
        direction=direction,
        threads=torch.get_num_threads() if device == "cpu" else None,
    )
