"""Which keys a query sees: what an attention between tokens promises by its options."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .spec import Option


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A pattern of keys; the fields are options of that name. The default: every query sees every key."""

    causal: bool = False
    """No key after the query's own position."""
    window: int = 0
    """Only keys whose distance is below this; 0: of any distance."""
    prefix: int = 0
    """With causal: so many first keys are seen by all queries, also by earlier ones."""
    document: int = 0
    """Tokens are documents of so many, one after the other, which do not see each other; 0: they are one."""

    def __post_init__(self) -> None:
        """Refuse a number below 0, and a prefix of what is not causal (ValueError)."""
        for name in ("window", "prefix", "document"):
            if getattr(self, name) < 0:
                msg = f"{name} is {getattr(self, name)}; choose a number of keys, or 0 for none"
                raise ValueError(msg)
        if self.prefix and not self.causal:
            msg = f"prefix={self.prefix}: all keys are seen as it is; choose causal=true with it"
            raise ValueError(msg)

    @property
    def aligned(self) -> bool:
        """Whether it depends on positions, so that there may be no more queries than keys."""
        return bool(self.causal or self.window or self.document)

    @classmethod
    def of(cls, options: Mapping[str, Option]) -> Seen:
        """Return what options promise; one that is of another kind is no promise."""
        kinds = {field.name: type(field.default) for field in fields(cls)}
        given = {name: options[name] for name, kind in kinds.items() if type(options.get(name)) is kind}
        return cls(**given)  # type: ignore[arg-type]  # each has the type of its default
