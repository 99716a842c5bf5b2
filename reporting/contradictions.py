"""Where what a paper prints contradicts itself: its text against its tables, and figures against what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .units import format_chosen_share

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from .published.accuracies import PublishedAccuracies
    from .published.speeds import Claim, PublishedSpeeds


def impossible_orders(published: PublishedAccuracies) -> tuple[str, ...]:
    """Return a sentence for each printed figure that cannot be: a mean above a maximum, a part above the whole."""
    return tuple(
        f"A contradiction in print: {row.name}'s {lower}, {row.printed[lower]}, is above its {upper}, "
        f"{row.printed[upper]}, though {lower} is {published.columns[lower]}, and {upper} {published.columns[upper]}."
        for row in published.rows
        for lower, upper in published.at_most
        if lower in row.printed and upper in row.printed and row.printed[lower] > row.printed[upper]
    )


def claims_against_figures(published: PublishedSpeeds) -> tuple[str, ...]:
    """Return a sentence for each claim of the text that the table's own figures do not bear out."""
    figures = {row.name: row.printed for row in published.rows}
    found = (_against(published, claim, figures[claim.row], figures[claim.than]) for claim in published.claims)
    return tuple(sentence for sentence in found if sentence)


def _against(published: PublishedSpeeds, claim: Claim, row: Mapping[str, Decimal], than: Mapping[str, Decimal]) -> str:
    longer = {
        column.title: (
            than[column.key] / row[column.key] if column.unit.is_rate else row[column.key] / than[column.key]
        )
        - 1
        for column in published.columns
        if column.key in row and column.key in than
    }
    # To the whole percent, as the text has it.
    if all(claim.least <= round(share, 2) <= claim.most for share in longer.values()):
        return ""
    shares = ", ".join(f"{round(100 * share):+d}% ({title})" for title, share in longer.items())
    return (
        f"A contradiction in print: by the text, {claim.row} takes {format_chosen_share(float(claim.least))} to "
        f"{format_chosen_share(float(claim.most))} longer than {claim.than}; by the table, {shares}."
    )
