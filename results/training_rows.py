"""Trainings -> rows of a frame, one an epoch, and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .figures import RELATIVE, SECONDS, Figure
from .inputs import TrainingSet
from .learning import CurvePoint

if TYPE_CHECKING:
    from .cases import Case
    from .index import Index
    from .learning import Training
    from .rows import Columns, Row

CURVE_COLUMNS: Columns = {
    **dict.fromkeys(("dataset", "digest", "recipe", "settings"), "string"),
    **dict.fromkeys(("epochs", "steps", "seed"), "Int64"),
    "amp": "boolean",
    "processes": "Int64",
    "epoch": "Int64",
    **dict.fromkeys(CurvePoint.__struct_fields__, "float64"),
}


def training_cells(case: Case) -> Row:
    """Return what each row of a case says of how it is trained, whatever came of it."""
    trained = case.input
    if not isinstance(trained, TrainingSet):
        return {}
    return {
        "dataset": trained.dataset,
        "digest": trained.digest or "fake",
        "recipe": trained.recipe,
        "settings": trained.settings,
        "epochs": trained.epochs,
        "steps": trained.steps,
        "seed": trained.seed,
        "amp": trained.amp,
        "processes": trained.processes,
    }


def curve_rows(found: Training) -> list[Row]:
    """Return one row an epoch, from 1."""
    return [
        {"epoch": number, **{name: getattr(point, name) for name in CurvePoint.__struct_fields__}}
        for number, point in enumerate(found.curve, start=1)
    ]


def training_figures(index: Index, case: Case, found: Training) -> list[Figure]:
    """Return what a training came to, and how long it took."""
    del index, case
    last = found.curve[-1]
    return [
        Figure(quantity="test accuracy", unit=RELATIVE, value=last.test_accuracy, smaller_is_better=False),
        Figure(quantity="best test accuracy", unit=RELATIVE, value=found.best_accuracy, smaller_is_better=False),
        Figure(quantity="test loss", unit=RELATIVE, value=last.test_loss),
        Figure(quantity="training loss", unit=RELATIVE, value=last.train_loss),
        Figure(quantity="seconds of training", unit=SECONDS, value=found.seconds),
    ]
