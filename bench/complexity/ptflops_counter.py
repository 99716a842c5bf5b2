"""ptflops's module-hook backend, set not to count a module and the functional inside it twice."""

from __future__ import annotations

import contextlib
import io
import re
from collections import Counter as Tally
from typing import TYPE_CHECKING, Any

from ptflops import get_model_complexity_info
from ptflops.pytorch_ops import MODULES_MAPPING

from results.records import Count, Unit

from .counter import by_operator
from .names import class_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    Hook = Callable[[Any, Any, Any], None]

#: How ptflops says what an exception of the module was.
_CAUSE = re.compile(r"<class '(?:[\w<>]+\.)*(\w+)'>: (.*)")


class PtflopsCounter:
    """Multiply-accumulates (bias included) and ptflops's own figures for activations, norms and pools.

    Functionals, products of tensors and attention count 0: this backend sees modules only.
    """

    rule = "ptflops"
    unit = Unit.MAC

    def count(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> Count:
        """Count one forward call with a single tensor as input. The meta device miscounts linear layers.

        Raises:
            RuntimeError: ptflops could not run the module; the cause is included.

        """
        (image,) = inputs
        tally: Tally[str] = Tally()
        messages = io.StringIO()
        # ptflops reports a failure by printing a traceback and returning None.
        with contextlib.redirect_stdout(messages), contextlib.redirect_stderr(messages):
            total, _ = get_model_complexity_info(
                module,
                tuple(image.shape[1:]),
                as_strings=False,
                print_per_layer_stat=False,
                backend="pytorch",
                input_constructor=lambda _: image,
                # Its own hooks, wrapped to see which operator each count belongs to.
                custom_modules_hooks={kind: _recording(hook, tally) for kind, hook in _hooks(module).items()},
                backend_specific_config={"count_functional": False},
            )
        if total is None:
            said = messages.getvalue().strip()
            cause = _CAUSE.search(said)
            msg = f"ptflops could not count: {said if cause is None else ': '.join(cause.groups())}"
            raise RuntimeError(msg)
        # ptflops adds a module that is shared once for every place where it hangs; its own total is what its users see.
        tally["shared modules, again"] += int(total) - tally.total()
        return Count(rule=self.rule, unit=self.unit, total=int(total), by_operator=by_operator(tally))


def _hooks(module: nn.Module) -> dict[type[nn.Module], Hook]:
    """Return ptflops's hooks, and those of the base for derived classes, which ptflops itself would count as 0."""
    hooks: dict[type[nn.Module], Hook] = dict(MODULES_MAPPING)
    for kind in {type(inner) for inner in module.modules()} - hooks.keys():
        base = next((base for base in kind.__mro__ if base in MODULES_MAPPING), None)
        if base is not None:
            hooks[kind] = MODULES_MAPPING[base]
    return hooks


def _recording(hook: Hook, tally: Tally[str]) -> Hook:
    def record(module: Any, inputs: Any, output: Any) -> None:
        before = module.__flops__
        hook(module, inputs, output)
        known = next(base for base in type(module).__mro__ if base in MODULES_MAPPING)
        tally[class_name(known)] += int(module.__flops__ - before)

    return record
