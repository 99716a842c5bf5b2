"""The kinds of machines of a cluster: those that are alike, by what a run records of them, have one name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from results import baselines
from results.machine import differs_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.cluster.desk import Greeted
    from results.records import Environment


class Kind(NamedTuple):
    """Machines that are alike."""

    name: str
    """Also of a folder."""
    environment: Environment
    """Of the first of them."""


class Kinds:
    """Names kinds as their first machines come.

    Args:
        device: that the plan is about.
        known: from an earlier session.

    """

    def __init__(self, device: str, known: Iterable[Kind] = ()) -> None:
        self._device = device
        self._known = list(known)

    def of(self, label: str, environment: Environment) -> Kind:
        """Return the kind of a machine; one that is met for the first time gets a name of its own.

        Args:
            label: as whoever started the machine calls its kind: of two labels there are two kinds. Empty: none.
            environment: of the machine.

        """
        names = self._names(slug(label) or baselines.machine_name(environment, self._device), environment)
        alike = (kind for kind in self._known if kind.name in names and _are_alike(kind.environment, environment))
        found = next(alike, None)
        if found is None:
            taken = {kind.name for kind in self._known}
            found = Kind(next(name for name in names if name not in taken), environment)
            self._known.append(found)
        return found

    def _names(self, name: str, environment: Environment) -> tuple[str, ...]:
        """Return the names that such a machine's kind may have, the first that is free; there is always one."""
        return (
            name,
            f"{name}-{environment.threads}-threads",
            f"{name}-torch-{slug(environment.torch)}",
            *(f"{name}-{number}" for number in range(2, len(self._known) + 3)),
        )


def _are_alike(one: Environment, other: Environment) -> bool:
    return differs_in(one, other) is None and one.threads == other.threads


def slug(text: str) -> str:
    """Return a text in small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def is_meant(pattern: str, greeted: Greeted, environment: Environment) -> bool:
    """Return whether a machine is of the kind that a user names by a part of its name."""
    gpus = (accelerator.name for accelerator in environment.accelerators)
    names = (greeted.kind, *greeted.words, *gpus, environment.cpu)
    return any(pattern.casefold() in name.casefold() for name in names)


def hardware(environment: Environment) -> str:
    """Return what a machine measures with, in words."""
    gpus = [accelerator.name for accelerator in environment.accelerators]
    cores = f"{environment.cores} core{'' if environment.cores == 1 else 's'}"
    return ", ".join(dict.fromkeys(gpus)) or f"{environment.cpu}, {cores}"
