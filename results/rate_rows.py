"""Times -> how much is done a second: images, and of attention between tokens operations and bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .inputs import FeatureMap, Images
from .tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .cases import Case
    from .rows import Columns, Row

IMAGE_RATE_COLUMNS: Columns = {"images_per_s": "float64"}
#: Of attention between tokens.
TOKEN_RATE_COLUMNS: Columns = {
    "model_flops": "Int64",
    "model_flops_per_s": "float64",
    "least_bytes": "Int64",
    "bytes_per_s": "float64",
}


def rate_columns(cases: Iterable[Case]) -> Columns:
    """Return the columns of rates that these cases can fill."""
    of_tokens = any(isinstance(case.input, Tokens) for case in cases)
    return IMAGE_RATE_COLUMNS | (TOKEN_RATE_COLUMNS if of_tokens else {})


def rate_cells(case: Case, median_s: float) -> Row:
    """Return what a row says of rates.

    Args:
        case: what was timed.
        median_s: of a call. Steps of an epoch have a rate of their own, from the mean (``epoch_cells``).

    """
    match case.input:
        case Images() | FeatureMap():
            return {"images_per_s": case.input.batch / median_s}
        case Tokens():
            flops = case.input.model_flops(case.direction)
            moved = case.input.least_bytes(case.direction, case.dtype)
            return {
                "model_flops": flops,
                "model_flops_per_s": flops / median_s,
                "least_bytes": moved,
                "bytes_per_s": moved / median_s,
            }
        case _:
            return {}
