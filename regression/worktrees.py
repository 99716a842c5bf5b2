"""Files of the two versions: head is the working tree of the current folder, base a commit or another folder.

The checkout, the index and the branch are never touched. A commit is checked out into a temporary worktree, which is
gone afterwards, with its registration; what a killed process left behind, the next one puts away.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.termination import termination_as_interrupt, uninterrupted
from results.checks import Side
from results.durable import open_locked

from .git import BaseError, Git, GitError
from .refs import commit_of, missing
from .submodules import fill

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Temporary worktrees of this program, and nobody else's, have such names.
PREFIX = "attnbench-base-"
OURS = re.compile(rf"{PREFIX}[0-9a-f]{{12}}")
#: Held for as long as a worktree is in use.
LOCK = "lock"
#: Digits of a commit, as in the record of the environment.
DIGITS = 12
#: What is written so is a folder, whatever branches there are.
FOLDER = re.compile(r"(/|\.{1,2}(/|$)|~).*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The files of one version."""

    root: Path
    """The repository's root; of a folder outside a repository, the folder."""
    side: Side


def head(folder: Path) -> Tree:
    """Return the working tree that has this folder, with its changes; outside a repository, the folder itself."""
    here = folder.resolve()
    root = next((each for each in (here, *here.parents) if (each / ".git").exists()), here)
    return Tree(root=root, side=_side("working tree", root))


@contextmanager
def base(reference: str, folder: Path) -> Iterator[Tree]:
    """Give the files of the version that is compared with, for as long as the context lasts.

    SIGTERM is a KeyboardInterrupt meanwhile, in the main thread.

    Args:
        reference: a branch, a tag or any other revision; or a folder. A name that is both is the revision, but what
            begins with ``/``, ``./``, ``../`` or ``~`` is a folder.
        folder: where it is looked up: the current folder.

    Raises:
        BaseError: there is no such version; the message is one line with the remedy.

    """
    commit = _commit(reference, folder)
    if commit is None:
        yield _folder(reference, folder)
        return
    root = head(folder).root
    with termination_as_interrupt(), _worktree(root, commit) as files:
        yield Tree(root=files, side=Side(name=reference, commit=commit[:DIGITS]))


def _commit(reference: str, folder: Path) -> str | None:
    """Return the commit that is meant; None: it is a folder that is meant."""
    if FOLDER.fullmatch(reference):
        return None
    named = bool(reference) and Path(folder, reference).is_dir()
    git = Git(folder)
    try:
        _check_repository(git)
        commit = commit_of(git, reference)
    except BaseError:
        if named:
            return None
        raise
    if commit is None and not named:
        raise missing(git, reference)
    return commit


def _check_repository(git: Git) -> None:
    try:
        inside = git("rev-parse", "--is-inside-work-tree")
    except GitError as error:
        if "not a git repository" not in str(error):
            raise
        msg = f"{git.folder} is in no git repository; go into one, or compare with a folder: --against FOLDER"
        raise BaseError(msg) from error
    if inside != "true":
        msg = f"{git.folder} is in a bare repository or in .git, without a working tree; go into a checkout"
        raise BaseError(msg)


def _folder(reference: str, folder: Path) -> Tree:
    path = Path(folder, Path(reference).expanduser()).resolve()
    if not path.is_dir():
        what = "is a file" if path.is_file() else "does not exist"
        msg = f"the folder {reference} {what}; name a folder that holds another version, or a branch"
        raise BaseError(msg)
    if all(each.name == ".git" for each in path.iterdir()):
        msg = f"the folder {reference} is empty; name a folder that holds another version, or a branch"
        raise BaseError(msg)
    return Tree(root=path, side=_side(reference, path))


def _side(name: str, root: Path) -> Side:
    """Describe a folder: with its commit where it is the root of a checkout and git tells."""
    git = Git(root)
    if not (root / ".git").exists():
        return Side(name=name)
    try:
        commit = git("rev-parse", "--verify", f"--short={DIGITS}", "HEAD")
        changed = git("status", "--porcelain")
    except BaseError:
        # No git, no commit yet, or an owner that git refuses: the files can be measured all the same.
        return Side(name=name)
    return Side(name=name, commit=commit, dirty=bool(changed))


@contextmanager
def _worktree(root: Path, commit: str) -> Iterator[Path]:
    git = Git(root)
    _put_away_stale(git)
    name = f"{PREFIX}{secrets.token_hex(6)}"
    # The worktree has the name of its folder: git registers it by its last part.
    folder = Path(tempfile.gettempdir()).resolve() / name
    lock: int | None = None
    try:
        lock = _make(folder)
        git("worktree", "add", "--quiet", "--detach", str(folder / name), commit)
        fill(root, commit, folder / name)
        yield folder / name
    finally:
        with uninterrupted():
            _put_away(git, folder / name)
            if lock is not None:
                os.close(lock)


def _make(folder: Path) -> int:
    """Make a folder for this user alone, and return the lock that says it is in use."""
    try:
        folder.mkdir(mode=0o700)
        return open_locked(folder / LOCK, os.O_CREAT)
    except OSError as error:
        msg = f"no temporary folder for the base: {error}; name another in TMPDIR"
        raise BaseError(msg) from error


def _put_away_stale(git: Git) -> None:
    """Put away the worktrees of processes of this program that were killed."""
    for line in git("worktree", "list", "--porcelain").splitlines():
        path = Path(line.removeprefix("worktree "))
        if line.startswith("worktree ") and OURS.fullmatch(path.name) and path.parent.name == path.name:
            try:
                lock = open_locked(path.parent / LOCK)
            except FileNotFoundError:
                _put_away(git, path)
            except OSError:
                # In use, or another user's.
                continue
            else:
                _put_away(git, path)
                os.close(lock)


def _put_away(git: Git, path: Path) -> None:
    """Remove a worktree of ours with its temporary folder and its registration, also one that was half made."""
    shutil.rmtree(path.parent, ignore_errors=True)
    with suppress(BaseError):
        # Twice forced: git locks a worktree while it makes it.
        git("worktree", "remove", "--force", "--force", str(path))
    with suppress(BaseError):
        registered = Path(git.folder, git("rev-parse", "--git-common-dir")) / "worktrees"
        # Of one that was made so little that git does not list it. The name is random: it is nobody else's.
        shutil.rmtree(registered / path.name, ignore_errors=True)
        with suppress(OSError):
            registered.rmdir()
