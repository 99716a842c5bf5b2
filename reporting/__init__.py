"""Results -> documents: typed tables, and renderers that return text. Nothing here writes a file or prints."""

from .complexity_tables import complexity_tables, operator_tables
from .conformance import Conformance, ConformanceError, Verdict, judge_table
from .conformance_text import conformance_csv, conformance_markdown
from .derived import derive_table3, derive_table5, derived_csv, derived_table
from .latency_tables import latency_tables
from .published import PublishedError, load_table, table_numbers
from .report import report
from .table import Table
from .to_csv import run_csv, suite_csv
from .to_markdown import to_markdown

__all__ = [
    "Conformance",
    "ConformanceError",
    "PublishedError",
    "Table",
    "Verdict",
    "complexity_tables",
    "conformance_csv",
    "conformance_markdown",
    "derive_table3",
    "derive_table5",
    "derived_csv",
    "derived_table",
    "judge_table",
    "latency_tables",
    "load_table",
    "operator_tables",
    "report",
    "run_csv",
    "suite_csv",
    "table_numbers",
    "to_markdown",
]
