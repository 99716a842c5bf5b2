"""What a call costs once, before any sample: the first call itself, what is compiled in it, and making a mask."""

from __future__ import annotations

from .ranges import Duration  # noqa: TC001 - msgspec reads type hints when the program runs
from .record import Record


class FirstCall(Record, frozen=True, kw_only=True):
    """The first call of a module made anew, in the process that then takes the samples; no sample holds any of it."""

    seconds: Duration
    """Of the call in its direction, with all that it compiles, loads and allocates; a backward pass with the forward
    pass before it. What other cases of the process have loaded is there already."""
    compile_s: Duration | None = None
    """Of it while torch.compile was at work; None: it was not."""
    from_cache: bool = False
    """Whether torch.compile found code that it had made before, be it for another run."""
    mask_s: Duration | None = None
    """Of making its mask once more, the median of some; None: it makes none for this case."""
    mask_kept: bool = False
    """Whether a mask is made once for each two lengths; otherwise every call makes one, and samples hold it."""
