from __future__ import annotations

from bench.out_of_memory import OutOfMemory
from results.records import Skipped

from .fakes import case_of


def test_the_smallest_batch_that_failed_is_named() -> None:
    """Larger batches of the same case are skipped; the same, smaller ones, and other cases are tried."""
    known = OutOfMemory([case_of("a", batch=32), case_of("a", batch=16)])
    assert known.skipped(case_of("a", batch=64)) == Skipped(
        case=case_of("a", batch=64), reason="ran out of memory at batch 16"
    )
    assert known.skipped(case_of("a", batch=16)) is None
    assert known.skipped(case_of("a", batch=8)) is None
    assert known.skipped(case_of("b", batch=64)) is None
