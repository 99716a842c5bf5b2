"""Does every call do the work? An output that is kept from an earlier call is timed in no time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from .findings import Finding, Name, fault, note
from .origin import Raised, attempt
from .subject import agree, build, draw, largest_difference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from .places import Place

#: Of inputs that no other check draws: an output may be kept for the whole process.
WARM, SEEN, OTHER = 7_450_590, 7_450_591, 7_450_592
REMEDY = "compute the output in every call, from its input"
DOES_NOTHING = "if it is meant to do nothing, leave it out: the baseline is the network without attention"


def check_kept_output(home: Place) -> Iterator[Finding]:
    """Call it again with the same input, and with new numbers in the same memory; watch its operators."""
    watched = {training: _watch(home, training=training) for training in (False, True)}
    found = [each for each in watched.values() if not isinstance(each, Raised)]
    repeated = next((each for each in found if each.skipped), None)
    stale = _stale(home)
    if repeated is not None or stale:
        yield fault(Name.KEPT_OUTPUT, stale if repeated is None else repeated.words, REMEDY)
        return
    evaluation = watched[False]
    if isinstance(evaluation, Raised) or evaluation.operators:
        return
    training = watched[True]
    idle = not isinstance(training, Raised) and not training.operators
    if not evaluation.new:
        words = f"a call {'' if idle else 'in evaluation '}runs no operator: it returns its input"
        yield (fault if idle else note)(Name.NO_OPERATOR, words, DOES_NOTHING)
    else:
        words = "a call runs no operator of torch: nothing is counted, and memory is not seen"
        yield note(Name.NO_OPERATOR, words, "compare its times alone")


class _Watched:
    """What a call with new contents did, and what the call after it with the same contents did not do again."""

    def __init__(self, mode: str, first: _Call, second: _Call, x: Tensor) -> None:
        self.operators = first.operators
        self.skipped = first.operators - second.operators
        #: Whether the output is neither in the memory of the input nor in that of the output before.
        self.new = len({each.untyped_storage().data_ptr() for each in (x, first.output, second.output)}) > 2  # noqa: PLR2004
        one, other = first.operators.total(), second.operators.total()
        self.words = f"in {mode}, a call runs {other} operators where the call before with the same input ran {one}"


class _Call:
    """A call and its operators."""

    def __init__(self, module: nn.Module, x: Tensor) -> None:
        torch.manual_seed(0)
        with _Operators() as seen:
            self.output: Tensor = module(x)
        self.operators = Counter(seen.names)


def _watch(home: Place, *, training: bool) -> _Watched | Raised:
    return attempt(_calls, home, training=training)


def _calls(home: Place, *, training: bool) -> _Watched:
    """Call a module with other numbers first: what it makes at its first call and keeps is no output."""
    module = build(home, training=training)
    x = draw(home, seed=SEEN)
    with torch.inference_mode(not training):
        for _ in range(2):
            module(draw(home, seed=WARM).requires_grad_(training))
        x = (x * 1).requires_grad_(training)
        first, second = _Call(module, x), _Call(module, x)
    return _Watched("training" if training else "evaluation", first, second, x)


def _stale(home: Place) -> str:
    """Return what is wrong with the output for new numbers in the memory of old ones, if anything is."""
    module, x = build(home), draw(home, seed=SEEN)
    with torch.no_grad():
        for _ in range(2):
            module(x)
        x.copy_(draw(home, seed=OTHER))
        output = module(x)
        expected = build(home)(draw(home, seed=OTHER))
    if agree(output, expected):
        return ""
    by = largest_difference(output, expected)
    return f"for new numbers in the same memory the output is off by {by:.3g} from that of a new module"


class _Operators(TorchDispatchMode):
    """Notes the names of operators."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        self.names.append(str(func))
        return func(*args, **(kwargs or {}))
