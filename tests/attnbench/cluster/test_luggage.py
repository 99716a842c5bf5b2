"""Plug-ins on their way to another machine."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from attn_impls.plugins import SourceFile
from attnbench.cluster.luggage import Luggage, packed, unpack
from bench.errors import UsageError
from results.records import PluginFile


def file_of(plugin: str, path: Path, text: str) -> PluginFile:
    """Write a source file, and return it as executed for a plug-in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return PluginFile(plugin=plugin, path=str(path), sha256=sha256(text.encode()).hexdigest())


def test_files_and_packages_arrive_as_they_were_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is named by its new path; a package keeps its name, and is found before an installed one."""
    monkeypatch.setattr("sys.path", ["/first"])
    single = str(tmp_path / "here" / "mine.py")
    files = (
        file_of(single, Path(single), "a = 1\n"),
        file_of("pack.gates", tmp_path / "lib" / "pack" / "__init__.py", ""),
        file_of("pack.gates", tmp_path / "lib" / "pack" / "gates" / "se.py", "b = 2\n"),
    )
    luggage = packed((single, "timm", "pack.gates"), files)
    there = tmp_path / "there"
    unpack(luggage, str(there))
    assert luggage.plugins_in(str(there)) == (str(there / "plugin0" / "mine.py"), "timm", "pack.gates")
    assert (there / "plugin0" / "mine.py").read_text() == "a = 1\n"
    assert (there / "plugin2" / "pack" / "gates" / "se.py").read_text() == "b = 2\n"
    assert luggage.files_in(str(there))[2] == SourceFile(
        "pack.gates", str(there / "plugin2" / "pack" / "gates" / "se.py"), files[2].sha256
    )
    import sys

    assert sys.path == [str(there / "plugin2"), "/first"]


def test_a_file_that_was_edited_is_not_sent(tmp_path: Path) -> None:
    """What is measured elsewhere is what was planned here."""
    plugin = str(tmp_path / "mine.py")
    file = file_of(plugin, Path(plugin), "a = 1\n")
    Path(plugin).write_text("a = 2\n")
    with pytest.raises(UsageError, match=r"mine\.py was edited meanwhile, and was not sent to any machine"):
        packed((plugin,), (file,))


def test_other_bytes_are_refused_where_they_arrive(tmp_path: Path) -> None:
    """Nothing of them is written."""
    plugin = str(tmp_path / "mine.py")
    luggage = packed((plugin,), (file_of(plugin, Path(plugin), "a = 1\n"),))
    (piece,) = luggage.pieces
    with pytest.raises(UsageError, match="has arrived with other bytes"):
        unpack(Luggage(luggage.plugins, (piece._replace(data=b"a = 3\n"),)), str(tmp_path / "there"))
    assert not (tmp_path / "there").exists()
