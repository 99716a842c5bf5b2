"""A snapshot of the settings of a process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from .setting import Change, Weight

if TYPE_CHECKING:
    from .setting import Setting

#: How torch and Python refuse a setting that can be set once, or whose old value is gone.
REFUSALS = (RuntimeError, ValueError, OSError)


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What some settings were when the snapshot was taken."""

    settings: tuple[Setting[Any], ...]
    values: tuple[object, ...]

    @classmethod
    def take(cls, settings: tuple[Setting[Any], ...]) -> Self:
        """Read the settings."""
        return cls(settings, _read(settings))

    def put_back(self) -> tuple[Change, ...]:
        """Set what is no longer as it was, and return what that is, in the order of the table, without what was drawn.

        Where nothing has changed, this only reads.
        """
        return self._put_back() if _read(self.settings) != self.values else ()

    def _put_back(self) -> tuple[Change, ...]:
        pairs = tuple(zip(self.settings, self.values, strict=True))
        changed = [(setting, before, now) for setting, before in pairs if (now := setting.read()) != before]
        # Every setting is read again: setting one may change another, such as gradients after inference mode.
        for setting, before in pairs:
            if setting.read() != before:
                try:
                    setting.write(before)
                except REFUSALS:
                    # It is read again below, and said.
                    continue
        return tuple(
            Change(
                setting=setting.name,
                value=str(setting.show(now)),
                weight=setting.weight,
                put_back=setting.read() == before,
            )
            for setting, before, now in changed
            if setting.weight != Weight.DRAWN
        )


def _read(settings: tuple[Setting[Any], ...]) -> tuple[object, ...]:
    return tuple(setting.read() for setting in settings)
