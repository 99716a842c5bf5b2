"""What needs packages that only an extra installs."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from bench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable


def require_extra(packages: Iterable[str]) -> None:
    """Refuse in one line what needs packages that are not installed.

    Raises:
        UsageError: one of them cannot be imported.

    """
    lacking = [name for name in packages if find_spec(name) is None]
    if lacking:
        msg = f"this needs {', '.join(lacking)}; install the extra: pip install 'attnbench[plot]'"
        raise UsageError(msg)
