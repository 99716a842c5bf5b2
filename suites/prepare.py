"""Case -> something to measure, in whatever process measures it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from results.records import Batches, TrainingSet

from . import epoch, train
from .catalog import SUITES
from .registries import registry_with
from .selection import as_it_is_now

if TYPE_CHECKING:
    from bench.prepared import Prepared
    from results.checkpoints import Checkpoints
    from results.records import Case


class EditedError(Exception):
    """What would be built is not what was planned."""


@dataclass(frozen=True, slots=True)
class Preparer:
    """Prepares cases of every suite. Pickles as the plug-ins' names: another process loads them again."""

    plugins: tuple[str, ...] = ()
    data: str | None = None
    """The folder in which data sets are looked for first."""
    checkpoints: Checkpoints | None = None
    """Of trainings; None: there are none."""

    def __call__(self, case: Case) -> Prepared:
        """Build the case's module and inputs."""
        registry = registry_with(self.plugins)
        if as_it_is_now(case, registry) != case:
            msg = f"the source of {case.implementation!r} was edited during the run; attnbench run --resume takes it up"
            raise EditedError(msg)
        folder = None if self.data is None else Path(self.data)
        if isinstance(case.input, Batches):
            return epoch.prepare(case, registry, folder)
        if isinstance(case.input, TrainingSet):
            return train.prepare(case, registry, folder, self.checkpoints)
        return SUITES[case.suite].prepare(case, registry)
