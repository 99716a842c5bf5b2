"""What a user wrote -> a commit, or one line that says why there is none."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from .git import BaseError, GitError

if TYPE_CHECKING:
    from .git import Git

#: Names of a repository that are listed where none is close.
SHOWN = 8
#: In a shallow clone of one branch this brings all branches, with their history.
UNSHALLOW = "git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'"


def commit_of(git: Git, ref: str) -> str | None:
    """Return the commit that a branch, a tag or any other revision stands for, in full; None: there is no such."""
    # Git would take it for an option.
    if not ref or ref.startswith("-"):
        return None
    try:
        return git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    except GitError:
        return None


def missing(git: Git, ref: str) -> BaseError:
    """Return the error that says what there is in place of a ref."""
    if git.succeeds("rev-parse", "--verify", "--quiet", "HEAD"):
        names = git("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags").split("\n")
        if git("rev-parse", "--is-shallow-repository") == "true":
            msg = f"no {ref!r} here: the clone is shallow; {UNSHALLOW} (in GitHub Actions: fetch-depth: 0)"
            return BaseError(msg)
        return BaseError(f"no branch, tag, commit or folder {ref!r}; {_close(ref, names)}")
    return BaseError(f"no {ref!r} here: the repository has no commit yet; commit, or compare with a folder")


def _close(ref: str, names: list[str]) -> str:
    # A branch that only the remote has ends like what was asked for.
    same = [name for name in names if name.endswith(f"/{ref}")]
    close = [*same, *(name for name in difflib.get_close_matches(ref, names, n=3) if name not in same)]
    if close:
        return f"did you mean {' or '.join(close[:3])}?"
    more = ", ..." if len(names) > SHOWN else ""
    return f"there are {', '.join(names[:SHOWN])}{more}"
