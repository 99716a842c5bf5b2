"""Case -> something to measure, in whatever process measures it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from attn_impls.plugins import ChangedPluginError
from results.records import Batches, TrainingSet

from . import epoch, train
from .catalog import SUITES
from .registries import registry_with
from .selection import as_it_is_now

if TYPE_CHECKING:
    from attn_impls.plugins import SourceFile
    from bench.prepared import Prepared
    from results.checkpoints import Checkpoints
    from results.records import Case


#: What to do when it was looked at.
EDITED = "was edited during the run; take it up with: attnbench run --resume RUN --trust"


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
    pinned: tuple[SourceFile, ...] = ()
    """The only files of plug-ins that may be executed; none: whatever is there."""

    def __call__(self, case: Case) -> Prepared:
        """Build the case's module and inputs."""
        try:
            registry = registry_with(self.plugins, self.pinned)
        except ChangedPluginError as error:
            msg = f"the plug-in {error} {EDITED}"
            raise EditedError(msg) from None
        if as_it_is_now(case, registry) != case:
            msg = f"the source of {case.implementation!r} {EDITED}"
            raise EditedError(msg)
        folder = None if self.data is None else Path(self.data)
        if isinstance(case.input, Batches):
            return epoch.prepare(case, registry, folder)
        if isinstance(case.input, TrainingSet):
            return train.prepare(case, registry, folder, self.checkpoints)
        return SUITES[case.suite].prepare(case, registry)
