"""Kernels are loaded only from what nobody else can have written."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from attn_impls.kernels import building
from attn_impls.kernels.private import private_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have temporary folders made in one that can be looked at."""
    folder = tmp_path / "temporary"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_is_made_for_this_user_alone(tmp_path: Path) -> None:
    """Those above it too."""
    wanted = tmp_path / "cache" / "attnbench" / "digest"
    assert private_folder(wanted) == wanted
    assert [mode(each) for each in (wanted, wanted.parent, wanted.parent.parent)] == [0o700] * 3


@pytest.mark.parametrize("writable", ["digest", "attnbench", "cache"])
@pytest.mark.parametrize("permissions", [0o777, 0o770])
def test_a_folder_that_others_can_write_or_replace_is_left_alone(
    tmp_path: Path, temporary: Path, writable: str, permissions: int
) -> None:
    """A temporary one of this user's stands in for it."""
    wanted = tmp_path / "cache" / "attnbench" / "digest"
    wanted.mkdir(parents=True, mode=0o700)
    next(each for each in (wanted, *wanted.parents) if each.name == writable).chmod(permissions)
    found = private_folder(wanted)
    assert found.parent == temporary
    assert mode(found) == 0o700


def test_a_shared_folder_that_protects_its_names_may_be_above(tmp_path: Path) -> None:
    """Such as /tmp."""
    wanted = tmp_path / "cache" / "digest"
    wanted.parent.mkdir()
    wanted.parent.chmod(0o1777)
    assert private_folder(wanted) == wanted


def test_a_link_is_not_followed(tmp_path: Path, temporary: Path) -> None:
    """It may lead to somebody else's."""
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert private_folder(tmp_path / "link").parent == temporary


def test_a_file_in_the_way(tmp_path: Path, temporary: Path) -> None:
    """There is no folder to be had."""
    (tmp_path / "file").write_text("")
    assert private_folder(tmp_path / "file" / "digest").parent == temporary


@pytest.mark.parametrize("kind", ["writable", "link", "own"])
def test_a_library_that_others_could_have_written_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """It is built again in its place; what a link leads to stays as it is."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "attnbench" / "kernels" / "digest"
    folder.mkdir(parents=True, mode=0o700)
    for each in (folder.parent, folder.parent.parent):
        each.chmod(0o700)
    library, planted = folder / "kernels.so", tmp_path / "planted.so"
    planted.write_bytes(b"planted")
    if kind == "link":
        library.symlink_to(planted)
    else:
        library.write_bytes(b"planted")
        library.chmod(0o777 if kind == "writable" else 0o700)
    built: list[Path] = []
    loaded: list[str] = []

    def build(_compiler: str, _namespace: str, library: Path) -> None:
        built.append(library)
        library.write_bytes(b"built")

    monkeypatch.setattr(building, "find_compiler", lambda: "c++")
    monkeypatch.setattr(building, "_digest", lambda *_: "digest")
    monkeypatch.setattr(building, "_build", build)
    monkeypatch.setattr("torch.ops.load_library", loaded.append)
    building.load("anything")
    assert loaded == [str(library)]
    assert built == ([] if kind == "own" else [library])
    assert planted.read_bytes() == b"planted"
