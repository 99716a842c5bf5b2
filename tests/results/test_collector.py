from __future__ import annotations

import gc

import pytest

from results.collector import at_rest


@at_rest()
def _fail_at_rest() -> None:
    assert not gc.isenabled()
    msg = "meanwhile"
    raise ValueError(msg)


def test_the_collector_goes_on_afterwards() -> None:
    """Also after an error."""
    assert gc.isenabled()
    with pytest.raises(ValueError, match="meanwhile"):
        _fail_at_rest()
    assert gc.isenabled()


def test_one_that_rested_before_stays_so() -> None:
    """Whoever has switched it off has a reason."""
    gc.disable()
    try:
        with at_rest():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
