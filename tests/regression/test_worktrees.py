"""The files of a base: a commit's in a temporary worktree, or a folder's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from regression.worktrees import base, head
from results.checks import Side

if TYPE_CHECKING:
    from tests.regression.conftest import Repository

#: Enters the context, says so, and waits to be ended.
WAITING = """
import sys
from pathlib import Path
from regression.worktrees import base
with base("main", Path(sys.argv[1])) as tree:
    print(tree.root, flush=True)
    sys.stdin.read()
"""


def started_in_base(repository: Repository) -> tuple[subprocess.Popen[str], Path]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, str(repository.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def state(repository: Repository) -> tuple[str, str, bytes]:
    """Return what must stay as it is: the branch, what differs, the index."""
    index = (repository.root / ".git/index").read_bytes()
    return repository.git("symbolic-ref", "HEAD"), repository.git("--no-optional-locks", "status", "--porcelain"), index


def test_a_branch_is_checked_out_for_a_while(repository: Repository, temporary: Path) -> None:
    """The base has the commit's files; checkout, index and branch stay, and nothing is left."""
    commit = repository.commit({"a.py": "1\n"})
    repository.git("checkout", "--quiet", "-b", "work")
    repository.commit({"a.py": "2\n"})
    repository.write({"a.py": "3\n"})
    before = state(repository)
    with base("main", repository.root) as tree:
        assert (tree.root / "a.py").read_text() == "1\n"
        assert tree.side == Side(name="main", commit=commit[:12])
        assert tree.root.is_relative_to(temporary)
        assert (repository.root / "a.py").read_text() == "3\n"
        assert state(repository) == before
    assert state(repository) == before
    assert list(temporary.iterdir()) == []
    assert repository.worktrees() == [str(repository.root)]
    assert not (repository.root / ".git/worktrees").exists()


@pytest.mark.parametrize("ref", ["v1", "HEAD~1", "{commit}", "heads/main~1"])
def test_any_revision_will_do(repository: Repository, ref: str) -> None:
    """Tags that have a message of their own, ancestors, commits."""
    commit = repository.commit({"a.py": "1\n"})
    repository.git("tag", "--annotate", "--message", "first", "v1")
    repository.commit({"a.py": "2\n"})
    with base(ref.format(commit=commit), repository.root) as tree:
        assert (tree.root / "a.py").read_text() == "1\n"
        assert tree.side.commit == commit[:12]


def test_head_is_the_working_tree(repository: Repository) -> None:
    """From any folder inside; what is changed or new makes it dirty."""
    commit = repository.commit({"sub/a.py": "1\n"})
    clean = head(repository.root / "sub")
    assert clean.root == repository.root
    assert clean.side == Side(name="working tree", commit=commit[:12], dirty=False)
    repository.write({"sub/b.py": "new\n"})
    assert head(repository.root).side == Side(name="working tree", commit=commit[:12], dirty=True)


def test_a_folder_is_itself(repository: Repository, tmp_path: Path) -> None:
    """Relative to the current folder, also where there is no repository and no git."""
    old = tmp_path / "old"
    old.mkdir()
    (old / "a.py").write_text("1\n")
    repository.commit({})
    with base("../old", repository.root) as tree:
        assert (tree.root, tree.side) == (old, Side(name="../old"))
    with base("old", tmp_path) as tree:
        assert tree.root == old
    assert old.is_dir()


def test_a_name_that_is_both_is_the_branch(repository: Repository) -> None:
    """``./main`` is the folder."""
    commit = repository.commit({"main/a.py": "1\n"})
    with base("main", repository.root) as tree:
        assert tree.side.commit == commit[:12]
    with base("./main", repository.root) as tree:
        assert tree.root == repository.root / "main"


def test_an_exception_leaves_nothing(repository: Repository, temporary: Path) -> None:
    """It comes through as it is."""
    repository.commit({"a.py": "1\n"})
    with pytest.raises(OSError, match="mine"), base("main", repository.root):
        raise OSError("mine")  # noqa: EM101 - a test's own
    assert list(temporary.iterdir()) == []
    assert repository.worktrees() == [str(repository.root)]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_nothing(repository: Repository, temporary: Path, how: signal.Signals) -> None:
    """Ctrl-C and a polite kill put the worktree away."""
    repository.commit({"a.py": "1\n"})
    process, tree = started_in_base(repository)
    assert tree.is_relative_to(temporary)
    assert len(repository.worktrees()) == 2
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    assert "SignalledKeyboardInterrupt" in said
    assert process.returncode != 0
    assert list(temporary.iterdir()) == []
    assert repository.worktrees() == [str(repository.root)]


def test_what_a_killed_process_left_is_put_away(repository: Repository, temporary: Path, tmp_path: Path) -> None:
    """By the next one; a worktree of the user's own stays, also one whose folder is not there now."""
    repository.commit({"a.py": "1\n"})
    repository.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "own"))
    (tmp_path / "own").rename(tmp_path / "away")
    process, _ = started_in_base(repository)
    process.kill()
    process.communicate(timeout=60)
    assert len(repository.worktrees()) == 3
    with base("main", repository.root):
        assert len(list(temporary.iterdir())) == 1
    assert list(temporary.iterdir()) == []
    assert repository.worktrees() == [str(repository.root), str(tmp_path / "own")]


def test_one_that_is_in_use_is_left_alone(repository: Repository) -> None:
    """Two checks at a time do not take each other's base away."""
    repository.commit({"a.py": "1\n"})
    process, tree = started_in_base(repository)
    with base("main", repository.root):
        assert (tree / "a.py").exists()
    assert (tree / "a.py").exists()
    process.communicate("", timeout=60)
    assert process.returncode == 0
    assert repository.worktrees() == [str(repository.root)]


def test_half_a_worktree_is_put_away(repository: Repository, temporary: Path) -> None:
    """What git had begun when it was cut off: locked, and without files."""
    commit = repository.commit({"a.py": "1\n"})
    name = "attnbench-base-0123456789ab"
    (temporary / name).mkdir()
    repository.git("worktree", "add", "--lock", "--no-checkout", "--detach", str(temporary / name / name), commit)
    with base("main", repository.root):
        pass
    assert repository.worktrees() == [str(repository.root)]
    assert list(temporary.iterdir()) == []


def test_hooks_do_not_run(repository: Repository) -> None:
    """A hook that fails at every checkout is not asked."""
    repository.commit({"a.py": "1\n"})
    hook = repository.root / ".git/hooks/post-checkout"
    hook.write_text("#!/bin/sh\ntouch ran\nexit 1\n")
    hook.chmod(0o755)
    with base("main", repository.root) as tree:
        assert sorted(each.name for each in tree.root.iterdir()) == [".git", "a.py"]
    assert not (repository.root / "ran").exists()


def test_it_works_inside_a_hook(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git names the hook's repository and index to all programs that a hook runs; another folder is asked for."""
    repository.commit({"a.py": "1\n"})
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    with base("main", repository.root) as tree:
        assert (tree.root / "a.py").read_text() == "1\n"


def test_a_lock_of_the_index_is_no_obstacle(repository: Repository) -> None:
    """Another git may be at work in the checkout."""
    repository.commit({"a.py": "1\n"})
    (repository.root / ".git/index.lock").write_text("")
    assert not head(repository.root).side.dirty
    with base("main", repository.root) as tree:
        assert (tree.root / "a.py").exists()


def test_files_of_lfs_are_not_fetched(repository: Repository) -> None:
    """Whatever git is told to filter them with is not run."""
    repository.commit({"a.bin": "pointer\n", ".gitattributes": "*.bin filter=lfs\n"})
    repository.git("config", "filter.lfs.smudge", "false")
    repository.git("config", "filter.lfs.required", "true")
    with base("main", repository.root) as tree:
        assert (tree.root / "a.bin").read_text() == "pointer\n"


def test_a_submodule_has_the_files_of_its_commit(repository: Repository, tmp_path: Path) -> None:
    """They come from the submodule of the working tree, which stays as it is."""
    (tmp_path / "part").mkdir()
    part = type(repository)(tmp_path / "part")
    part.git("init", "--quiet")
    part.commit({"b.py": "1\n"})
    repository.git("submodule", "add", "--quiet", str(part.root), "part")
    repository.commit({"a.py": "1\n"})
    repository.git("tag", "v1")
    inside = type(repository)(repository.root / "part")
    inside.commit({"b.py": "2\n"})
    repository.commit({"a.py": "2\n"})
    with base("v1", repository.root) as tree:
        assert (tree.root / "part/b.py").read_text() == "1\n"
    assert (inside.root / "b.py").read_text() == "2\n"
    assert repository.git("status", "--porcelain") == ""
    assert repository.worktrees() == [str(repository.root)]
