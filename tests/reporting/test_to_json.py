from __future__ import annotations

import json

from reporting.cells import Kind, Missing, Quantity
from reporting.document import Document, Section
from reporting.table import Table, number, text
from reporting.to_json import document_json


def test_a_cell_has_its_value_its_interval_and_its_words() -> None:
    """In base units with full digits; what is missing says so; a hostile name is a string."""
    table = Table(
        title="times",
        columns=(text("name"), number("latency")),
        rows=(
            ("<script>\x1b", Quantity(value=0.00123456, kind=Kind.SECONDS, low=0.0012, high=0.0013, marks=("!",))),
            ("lost", Missing("failed: no room")),
        ),
    )
    found = json.loads(document_json(Document(title="run", sections=(Section(title="Latency", tables=(table,)),))))
    assert found["sections"][0]["tables"][0]["rows"] == [
        [
            {"text": "<script>\x1b"},
            {
                "text": "1.23 ms [1.20, 1.30] !",
                "value": 0.00123456,
                "unit": "s",
                "interval": [0.0012, 0.0013],
                "marks": ["!"],
            },
        ],
        [{"text": "lost"}, {"text": "failed: no room", "missing": True}],
    ]
