"""Cases -> panels: what is compared stands in one, under a title that says what only its cases share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from results.records import Batches, Direction, FeatureMap, Images

from .. import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from results.records import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Panels:
    """Where each case stands, and under which name."""

    titles: Mapping[Case, str]
    """Of its panel."""
    names: Mapping[Case, str]
    """In its panel."""
    shared: str
    """By all panels: said once."""


def panels(cases: Iterable[Case], alike: Callable[[Case], Case] = lambda case: case, unsaid: str = "") -> Panels:
    """Return the panels of cases.

    Args:
        cases: those of a chart.
        alike: makes cases equal that stand under one name in one panel, as those of several batch sizes.
        unsaid: how a part begins that no title says, since it is an axis or a series.

    """
    blurred = {case: alike(case) for case in cases}
    parts = {
        case: tuple(part for part in _parts(each) if not (unsaid and part.startswith(unsaid)))
        for case, each in blurred.items()
    }
    every = list(dict.fromkeys(parts.values()))
    common = [part for part in every[0] if all(part in other for other in every)] if every else []
    together: dict[tuple[str, ...], dict[Case, None]] = {}
    for case, own in parts.items():
        together.setdefault(own, {})[blurred[case]] = None
    labels = {own: describe.labels(list(found)) for own, found in together.items()}
    return Panels(
        titles={case: ", ".join(part for part in own if part not in common) for case, own in parts.items()},
        names={case: labels[own][blurred[case]] for case, own in parts.items()},
        shared=", ".join(common),
    )


def any_batch(case: Case) -> Case:
    """Return the case that stands for all batch sizes."""
    found = case.input
    return replace(case, input=found.with_batch(1)) if isinstance(found, Images | FeatureMap | Batches) else case


def any_direction(case: Case) -> Case:
    """Return the case that stands for all directions."""
    return replace(case, direction=Direction.FORWARD)


def _parts(case: Case) -> tuple[str, ...]:
    return tuple(
        map(
            str,
            (*case.input.title(case.host, case.direction), case.dtype, case.device, *describe.execution_words(case)),
        )
    )
