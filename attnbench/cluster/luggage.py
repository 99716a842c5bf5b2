"""Plug-ins on their way to another machine: the bytes that were executed here, and their digests."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from attn_impls.plugins import ADAPTERS, SourceFile, is_file
from bench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.records import PluginFile


class Piece(NamedTuple):
    """A source file."""

    plugin: str
    """As the plan names the plug-in that it belongs to."""
    place: str
    """Below the folder of the luggage."""
    data: bytes
    sha256: str


class Luggage(NamedTuple):
    """The plug-ins of a plan, and their files; adapters come with attnbench, and have none."""

    plugins: tuple[str, ...]
    pieces: tuple[Piece, ...]

    def plugins_in(self, folder: str) -> tuple[str, ...]:
        """Return the names of the plug-ins on a machine where they lie in this folder."""
        return tuple(
            str(Path(folder, _home(number), Path(plugin).name)) if is_file(plugin) else plugin
            for number, plugin in enumerate(self.plugins)
        )

    def files_in(self, folder: str) -> tuple[SourceFile, ...]:
        """Return the only files that may be executed there."""
        names = dict(zip(self.plugins, self.plugins_in(folder), strict=True))
        return tuple(
            SourceFile(names[piece.plugin], str(Path(folder, piece.place)), piece.sha256) for piece in self.pieces
        )


def packed(plugins: Sequence[str], files: Sequence[PluginFile]) -> Luggage:
    """Return plug-ins to be sent.

    Args:
        plugins: as the plan names them.
        files: that were executed for them.

    Raises:
        UsageError: a file is not the one that was executed.

    """
    pieces = []
    for number, plugin in enumerate(plugins):
        for file in (each for each in files if each.plugin == plugin and plugin not in ADAPTERS):
            path = Path(file.path)
            try:
                data = path.read_bytes()
            except OSError as error:
                msg = f"cannot read {path}: {error.strerror}; the plug-in is sent to the machines that measure"
                raise UsageError(msg) from error
            if sha256(data).hexdigest() != file.sha256:
                msg = f"{path} was edited meanwhile, and was not sent to any machine; try again"
                raise UsageError(msg)
            place = Path(_home(number), _below(plugin, path)).as_posix()
            pieces.append(Piece(plugin, place, data, file.sha256))
    return Luggage(tuple(plugins), tuple(pieces))


def unpack(luggage: Luggage, folder: str) -> None:
    """Put plug-ins into a folder of this machine, where they are found by ``plugins_in``.

    Raises:
        UsageError: what has arrived is not what was sent.

    """
    for piece in luggage.pieces:
        if sha256(piece.data).hexdigest() != piece.sha256:
            msg = f"{piece.place} has arrived with other bytes; try again"
            raise UsageError(msg)
        path = Path(folder, piece.place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(piece.data)
    for number, plugin in enumerate(luggage.plugins):
        home = str(Path(folder, _home(number)))
        if not is_file(plugin) and plugin not in ADAPTERS and home not in sys.path:
            # First: one of that name that is installed there may be another. What this process starts inherits it.
            sys.path.insert(0, home)


def _home(number: int) -> str:
    return f"plugin{number}"


def _below(plugin: str, path: Path) -> Path:
    """Return where a file lies below the folder that its plug-in is imported from."""
    if is_file(plugin):
        return Path(path.name)
    top = plugin.partition(".")[0]
    if top in path.parts[:-1]:
        # The innermost folder of that name is the package's, or within it.
        parts = path.parts
        last = max(index for index, part in enumerate(parts[:-1]) if part == top)
        return Path(*parts[last:])
    return Path(path.name)
