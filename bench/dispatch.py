"""Every operator that torch dispatches, told to whoever watches as soon as it has run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._ops import HigherOrderOperator, OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

if TYPE_CHECKING:
    from collections.abc import Callable

    #: What is called after each operator; of operators on functions only a HigherOrderWatch tells.
    Seen = Callable[[Any, tuple[Any, ...], dict[str, Any], object], object]


class OperatorWatch(TorchDispatchMode):
    """Inside its ``with`` block, calls ``seen(operator, args, kwargs, result)`` after each operator.

    Args:
        seen: what it returns is not looked at.
        parts: tell of the parts of an operator that is composed of others, in place of the whole. Autograd takes such
            an operator apart before it comes here, inference mode does not.

    """

    def __init__(self, seen: Seen, *, parts: bool = False) -> None:
        super().__init__()
        self._seen = seen
        self._parts = parts

    def __torch_dispatch__(
        self, func: OpOverload, types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> object:
        """Run one operator and tell of it."""
        del types
        kwargs = kwargs or {}
        if self._parts:
            with self:
                composed = func.decompose(*args, **kwargs)
            if composed is not NotImplemented:
                return composed
        result = func(*args, **kwargs)
        self._seen(func, args, kwargs, result)
        return result


class HigherOrderWatch(OperatorWatch):
    """Sees operators on functions too, such as flexible attention: as one, whatever runs inside."""

    supports_higher_order_operators = True

    def __torch_dispatch__(
        self,
        func: OpOverload | HigherOrderOperator,
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        """Run one operator and tell of it."""
        if not isinstance(func, HigherOrderOperator):
            return super().__torch_dispatch__(func, types, args, kwargs)
        result = func(*args, **(kwargs or {}))
        self._seen(func, args, kwargs or {}, result)
        return result
