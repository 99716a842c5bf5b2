"""A C++ compiler that compiles each source of the fused kernels once for all tests, in whichever process they build.

It is called as the compiler is, after two arguments of its own: the compiler, and the folder that keeps the objects.
The kernels are built under two namespaces, for several processors, and by workers that begin at the same time; most of
what they compile is the same.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path


def main(compiler: str, kept: Path, arguments: list[str]) -> int:
    """Compile, or copy what the same call made before; return the compiler's status."""
    if len(arguments) < 4 or arguments[-4] != "-c" or Path(arguments[-3]).parent.name != "native":
        # Links, asks for the version, or compiles what torch.compile wrote.
        os.execv(compiler, [compiler, *arguments])  # noqa: S606 - the compiler that was asked for
    *flags, _, source, _, result = arguments
    digest = hashlib.sha256("\0".join((*flags, Path(source).name)).encode())
    for path in sorted(Path(source).parent.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    made = kept / f"{digest.hexdigest()}.o"
    with made.with_suffix(".lock").open("w") as lock:
        # Whoever asks for the same meanwhile waits.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            status = subprocess.run([compiler, *arguments], check=False).returncode
            if status:
                return status
            shutil.copyfile(result, partial := made.with_suffix(".partial"))
            partial.replace(made)
            return 0
    shutil.copyfile(made, result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
