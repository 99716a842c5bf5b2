"""Where there is no base: one line with the remedy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bench.errors import UsageError
from regression.git import BaseError
from regression.worktrees import base, head
from results.checks import Side

if TYPE_CHECKING:
    from pathlib import Path

    from tests.regression.conftest import Repository


def refusal(reference: str, folder: Path) -> str:
    """Return the line by which a base is refused."""
    with pytest.raises(BaseError) as caught, base(reference, folder):
        pass
    message = str(caught.value)
    assert isinstance(caught.value, UsageError)
    assert len(message.splitlines()) == 1
    return message


def test_a_ref_that_is_close_is_named(repository: Repository) -> None:
    """A branch, a tag, or a branch that only the remote has."""
    commit = repository.commit({})
    repository.git("branch", "feature")
    repository.git("tag", "v1.0")
    repository.git("update-ref", "refs/remotes/origin/develop", commit)
    assert refusal("featur", repository.root) == "no branch, tag, commit or folder 'featur'; did you mean feature?"
    assert refusal("v1.1", repository.root).endswith("did you mean v1.0?")
    assert refusal("develop", repository.root).endswith("did you mean origin/develop?")
    assert refusal("x", repository.root).endswith("; there are feature, main, origin/develop, v1.0")


@pytest.mark.parametrize("ref", ["--detach", "main..main", "main:a.py", ""])
def test_what_is_no_commit_is_refused(repository: Repository, ref: str) -> None:
    """Options of git, ranges, files and nothing."""
    repository.commit({"a.py": ""})
    assert refusal(ref, repository.root).startswith(f"no branch, tag, commit or folder {ref!r}; ")


def test_a_shallow_clone_says_how_to_get_the_rest(repository: Repository, tmp_path: Path) -> None:
    """With the command, and with the setting of GitHub's action."""
    repository.commit({"a.py": "1\n"})
    repository.commit({"a.py": "2\n"})
    repository.git("branch", "other")
    repository.git("clone", "--quiet", "--depth", "1", f"file://{repository.root}", str(tmp_path / "clone"))
    said = refusal("HEAD~1", tmp_path / "clone")
    assert said.startswith("no 'HEAD~1' here: the clone is shallow; git fetch --unshallow ")
    assert said.endswith("fetch-depth: 0)")
    command = re.search(r"git (fetch .+) \(in", refusal("origin/other", tmp_path / "clone"))
    assert command is not None
    clone = type(repository)(tmp_path / "clone")
    clone.git(*command[1].replace("'", "").split())
    for ref in ("HEAD~1", "origin/other"):
        with base(ref, clone.root) as tree:
            assert (tree.root / "a.py").exists()


def test_without_git_a_folder_will_do(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A branch will not."""
    repository.commit({"a.py": "1\n"})
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refusal("main", repository.root) == (
        "there is no git program here; install git, or compare with a folder: --against FOLDER"
    )
    assert head(repository.root).side == Side(name="working tree")
    with base(str(repository.root), tmp_path) as tree:
        assert tree.root == repository.root


def test_outside_a_repository_a_branch_is_refused(tmp_path: Path) -> None:
    """With what to do."""
    assert refusal("main", tmp_path) == (
        f"{tmp_path} is in no git repository; go into one, or compare with a folder: --against FOLDER"
    )
    assert head(tmp_path).root == tmp_path


def test_a_repository_without_a_commit_is_refused(repository: Repository) -> None:
    """There is nothing to compare with yet."""
    assert refusal("main", repository.root).startswith("no 'main' here: the repository has no commit yet; commit")


def test_a_bare_repository_is_refused(repository: Repository, tmp_path: Path) -> None:
    """It has no working tree to be judged; the same holds inside of .git."""
    repository.commit({"a.py": "1\n"})
    repository.git("clone", "--quiet", "--bare", str(repository.root), str(tmp_path / "bare"))
    assert "is in a bare repository or in .git, without a working tree" in refusal("main", tmp_path / "bare")
    assert "is in a bare repository or in .git, without a working tree" in refusal("main", repository.root / ".git")


@pytest.mark.parametrize(
    ("reference", "end"), [("./none", "does not exist"), ("./file", "is a file"), ("./empty", "is empty")]
)
def test_a_folder_with_nothing_in_it_is_refused(tmp_path: Path, reference: str, end: str) -> None:
    """As are one that is not there, and a file."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    assert refusal(reference, tmp_path) == (
        f"the folder {reference} {end}; name a folder that holds another version, or a branch"
    )


def test_an_owner_that_git_refuses(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that mounts the checkout of somebody else; the remedy is git's own."""
    fake = tmp_path / "git"
    fake.write_text(
        "#!/bin/sh\necho \"fatal: detected dubious ownership in repository at '/repo'\" >&2\n"
        "echo 'To add an exception for this directory, call:' >&2\nexit 128\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert refusal("main", repository.root) == (
        "/repo belongs to another user, so git refuses it; git config --global --add safe.directory /repo"
    )


def test_a_submodule_that_lacks_the_commit_is_refused(repository: Repository, tmp_path: Path) -> None:
    """Nothing is fetched unasked."""
    (tmp_path / "part").mkdir()
    part = type(repository)(tmp_path / "part")
    part.git("init", "--quiet")
    part.commit({"b.py": "1\n"})
    repository.git("submodule", "add", "--quiet", str(part.root), "part")
    missing = "1" * 40
    repository.git("update-index", "--cacheinfo", f"160000,{missing},part")
    repository.git("commit", "--quiet", "--message", "elsewhere")
    assert refusal("main", repository.root) == (
        "the submodule part lacks the commit 111111111111 of the base; git -C part fetch"
    )
    assert repository.worktrees() == [str(repository.root)]
