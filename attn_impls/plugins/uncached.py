"""Source files that are compiled each time they are imported."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType


class Uncached(SourceFileLoader):
    """Loads a source file as it is: no ``.pyc`` is written beside it, and none that is out of date is read.

    A ``.pyc`` is up to date to Python if the source has the same size and the same second: two edits may share both.
    """

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the file."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)
