"""A comparison of runs -> CSV, a row a figure and a run that is held against the first; and the same as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from results.figures import Figure
from results.records import Failed, Skipped
from results.rows import CASE_COLUMNS, case_row
from results.text import json_text

from .csv_text import csv_lines
from .describe import outcome_words
from .environment_tables import environment_differences, run_letters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from results.comparison import Comparison, Row, Side

CHANGE = ("difference", "ratio", "low", "high")
#: The status of an outcome is each side's own here.
COLUMNS = (
    *(name for name in CASE_COLUMNS if name != "status"),
    *("source_differs", "quantity", "reference", "unit", "exact", "paired", "run_a", "run_b"),
    *("a", "a_low", "a_high", "a_words", "b", "b_low", "b_high", "b_words"),
    *CHANGE,
)
ONE_RUN_ONLY = "not in this run"


def comparison_csv(comparison: Comparison) -> str:
    """Return one row a figure and a run other than the first; with two runs, one row a figure.

    SI units, full digits. ``ratio`` is b ÷ a, with the interval that it has if both are ratios of paired samples.
    ``a_words`` and ``b_words`` say why there is no number, or what belongs to it. A case of one run only has a row
    without a quantity.
    """
    return csv_lines(COLUMNS, comparison_rows(comparison))


def comparison_json(comparison: Comparison) -> str:
    """Return runs, differences of their environments, and every figure with a value a run."""
    letters = run_letters(comparison.runs)
    differences = environment_differences(comparison.runs)
    data = {
        "runs": [
            {
                "letter": letter,
                "run_id": run.run_id,
                "started_at": run.started_at,
                "noise_floors": [
                    {name: getattr(floor, name) for name in floor.__struct_fields__} for floor in run.noise_floors
                ],
            }
            for letter, run in zip(letters, comparison.runs, strict=True)
        ],
        "environment": {name: dict(zip(letters, words, strict=True)) for name, words in differences.items()},
        "only": {
            letter: [case_row(case) for case in cases] for letter, cases in zip(letters, comparison.only, strict=True)
        },
        "without_figures": [case_row(case) for case in comparison.without_figures],
        "figures": [_json_row(row, letters) for row in comparison.rows],
    }
    return json_text(data)


def comparison_rows(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """Yield the rows of ``comparison_csv``; a column that one lacks is empty there."""
    names = [run.run_id for run in comparison.runs]
    for row in comparison.rows:
        for run in range(1, len(names)):
            change = row.change(run)
            yield {
                **case_row(row.case),
                **_figure_cells(row),
                "run_a": names[0],
                "run_b": names[run],
                **_side_cells("a", row.sides[0]),
                **_side_cells("b", row.sides[run]),
                **({} if change is None else {name: getattr(change, name) for name in CHANGE}),
            }
    for index, cases in enumerate(comparison.only):
        for case in cases:
            # The other side of the first run is any of the others.
            sides = {"run_a": names[0], "run_b": names[index or 1], f"{'b' if index == 0 else 'a'}_words": ONE_RUN_ONLY}
            yield {**case_row(case), **sides}


def _figure_cells(row: Row) -> dict[str, object]:
    figure = row.figure
    return {
        "source_differs": row.source_differs,
        "quantity": figure.quantity,
        "reference": figure.reference,
        "unit": figure.unit,
        "exact": figure.exact,
        "paired": figure.paired,
    }


def _side_cells(name: str, side: Side) -> dict[str, object]:
    match side:
        case Figure():
            number = not isinstance(side.value, str)
            return {
                name: side.value if number else None,
                f"{name}_low": side.low,
                f"{name}_high": side.high,
                f"{name}_words": side.words if number else side.value,
            }
        case Failed() | Skipped():
            return {f"{name}_words": outcome_words(side)}
        case _:
            return {}


def _json_row(row: Row, letters: tuple[str, ...]) -> dict[str, object]:
    changes = {letter: row.change(run) for run, letter in enumerate(letters[1:], start=1)}
    return {
        "case": case_row(row.case),
        **_figure_cells(row),
        "values": {
            letter: {
                key.removeprefix("v_") if key != "v" else "value": cell for key, cell in _side_cells("v", side).items()
            }
            for letter, side in zip(letters, row.sides, strict=True)
        },
        f"against_{letters[0]}": {
            letter: {name: getattr(change, name) for name in (*CHANGE, "unpaired")}
            for letter, change in changes.items()
            if change is not None
        },
    }
