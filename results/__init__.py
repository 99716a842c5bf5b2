"""What a measurement leaves behind: records, what is derived from them, and runs on disk.

Importing this package imports neither torch nor pandas nor numpy.
"""

from .folder import StoreError, StoreWarning, load
from .records import (
    PLAIN,
    SCHEMA_VERSION,
    Accelerator,
    Case,
    Complexity,
    Count,
    Direction,
    Environment,
    Failed,
    FailureKind,
    Measured,
    Mode,
    OperatorCount,
    Outcome,
    Plan,
    Run,
    Samples,
    Skipped,
    StopReason,
    Subject,
    Unit,
)

__all__ = [
    "PLAIN",
    "SCHEMA_VERSION",
    "Accelerator",
    "Case",
    "Complexity",
    "Count",
    "Direction",
    "Environment",
    "Failed",
    "FailureKind",
    "Measured",
    "Mode",
    "OperatorCount",
    "Outcome",
    "Plan",
    "Run",
    "Samples",
    "Skipped",
    "StopReason",
    "StoreError",
    "StoreWarning",
    "Subject",
    "Unit",
    "load",
]
