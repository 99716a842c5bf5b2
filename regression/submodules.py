"""Submodules of a commit, from the repositories that the working tree has of them: nothing is fetched."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .git import BaseError, Git

#: How git marks a submodule in the listing of a tree.
SUBMODULE = "160000"


def fill(root: Path, commit: str, target: Path) -> None:
    """Write the files of a commit's submodules, at any depth.

    A submodule that the working tree does not have either is left empty.

    Args:
        root: the working tree whose submodules are there.
        commit: of the repository.
        target: the checkout of the commit.

    Raises:
        BaseError: the working tree's submodule lacks the commit that is wanted.

    """
    for entry in Git(root)("ls-tree", "-r", "-z", commit).split("\0"):
        if not entry.startswith(SUBMODULE):
            continue
        facts, _, name = entry.partition("\t")
        wanted = facts.split()[2]
        if not (root / name / ".git").exists():
            continue
        git = Git(root / name)
        if not git.succeeds("cat-file", "-e", f"{wanted}^{{commit}}"):
            msg = f"the submodule {name} lacks the commit {wanted[:12]} of the base; git -C {name} fetch"
            raise BaseError(msg)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            # An index of its own: the submodule's is the user's.
            index = Path(folder, "index")
            git("read-tree", wanted, index=index)
            git("checkout-index", "--all", f"--prefix={target / name}/", index=index)
        fill(root / name, wanted, target / name)
