"""The git program: it answers in English, runs nothing of the user's, and leaves the index alone."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

#: No hook and no monitor of the file system is run; what LFS keeps elsewhere is not fetched.
SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "advice.detachedHead=false",
    "filter.lfs.smudge=",
    "filter.lfs.process=",
    "filter.lfs.required=false",
)
#: Variables that say where git and its settings are; a hook's others, such as GIT_DIR, name a repository.
KEPT = re.compile(
    r"GIT_(EXEC_PATH|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|SSH.*|SSL.*|CONFIG_(?!PARAMETERS).+)"
)
#: No user waits longer for a checkout; a hung file system or a question that nobody sees would wait for ever.
TIME_LIMIT_S = 600


class BaseError(UsageError):
    """There is nothing to compare with; the message is one line with the remedy."""


class GitError(BaseError):
    """Git refuses; the message has its words."""


@dataclass(frozen=True, slots=True)
class Git:
    """The git program in one folder."""

    folder: Path

    def __call__(self, *arguments: str, index: Path | None = None) -> str:
        """Return what a command prints, without the line's end.

        Args:
            arguments: the command.
            index: a file to use in place of the index.

        Raises:
            GitError: it fails.
            BaseError: there is no git, or it refuses a repository that belongs to another user.

        """
        done = self._run(arguments, index)
        if done.returncode != 0:
            raise _refusal(done.stderr)
        return done.stdout.rstrip("\n")

    def succeeds(self, *arguments: str) -> bool:
        """Return whether a command, which is a question, succeeds."""
        return self._run(arguments, None).returncode == 0

    def _run(self, arguments: tuple[str, ...], index: Path | None) -> subprocess.CompletedProcess[str]:
        settings = [part for setting in SETTINGS for part in ("-c", setting)]
        command = ["git", "-C", str(self.folder), *settings, *arguments]
        environment = _environment() | ({} if index is None else {"GIT_INDEX_FILE": str(index)})
        try:
            return subprocess.run(  # noqa: S603 - fixed commands; what the user wrote is never an option
                command,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                text=True,
                errors="surrogateescape",
                check=False,
                timeout=TIME_LIMIT_S,
                env=environment,
                # Ctrl-C of a terminal reaches this process alone: git is not cut off while it puts things away.
                start_new_session=True,
            )
        except FileNotFoundError as error:
            msg = "there is no git program here; install git, or compare with a folder: --against FOLDER"
            raise BaseError(msg) from error
        except (OSError, subprocess.TimeoutExpired) as error:
            msg = f"git does not run: {error}; compare with a folder: --against FOLDER"
            raise BaseError(msg) from error


def _environment() -> dict[str, str]:
    """Return the environment without what ties git to the repository of a hook."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or KEPT.fullmatch(name)}
    return kept | {
        "LC_ALL": "C",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_TERMINAL_PROMPT": "0",
        # A look at the working tree does not write to the index, nor wait for whoever does.
        "GIT_OPTIONAL_LOCKS": "0",
    }


def _refusal(said: str) -> BaseError:
    owned = re.search(r"dubious ownership in repository at '(.+)'", said)
    if owned is not None:
        folder = owned[1]
        msg = f"{folder} belongs to another user, so git refuses it; git config --global --add safe.directory {folder}"
        return BaseError(msg)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    # Warnings may stand before what ends it.
    first = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0] if lines else "no reason")
    return GitError(f"git refuses: {first.removeprefix('fatal: ').removeprefix('error: ')}")
