"""Compiles the CPU kernels with the C++ compiler of the machine and loads them; what was built is kept.

The built library lies in the user's cache (``$XDG_CACHE_HOME``, or ``~/.cache``), in a folder named by a digest of all
it depends on: sources, flags, compiler, torch. What others could have written is not loaded: then the kernels are built
anew, in a folder of this process. Neither ninja nor setuptools is needed.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import torch

from .private import is_private, private_folder

SOURCES = Path(__file__).parent / "native"
#: What is built.
LIBRARY = "kernels.so"
#: What is tried where $CXX names none.
COMPILERS = ("c++", "g++", "clang++")
#: Instructions that the compiler may use: those that torch's own kernels use on this machine.
INSTRUCTIONS = {
    "AVX512": ("-march=x86-64-v4", "-mprefer-vector-width=512"),
    "AVX2": ("-march=x86-64-v3",),
}
#: NaN and infinities keep their meaning; that a division by 0 raises no signal is what lets loops be vectorised.
KERNEL_FLAGS = ("-O3", "-fno-math-errno", "-fno-trapping-math")
COMMON_FLAGS = ("-std=c++20", "-fPIC", "-fopenmp")
#: Compiling takes half a minute; on a machine that does many other things, several times that.
TIME_LIMIT_S = 600


class BuildError(Exception):
    """The kernels cannot be built here; the message says why."""


def load(namespace: str) -> str:
    """Build the kernels unless they were built before, load them into this process, and return what they are.

    Args:
        namespace: of the operators for which the kernels are registered.

    Raises:
        BuildError: there is no compiler, it fails, or what it built does not load.

    """
    if platform.system() != "Linux":
        msg = f"the kernels are built on Linux only, not on {platform.system()}"
        raise BuildError(msg)
    compiler = find_compiler()
    library = _folder(_digest(compiler, namespace)) / LIBRARY
    try:
        if not library.exists():
            _build(compiler, namespace, library)
        torch.ops.load_library(str(library))
    except OSError as error:
        msg = f"{library}: {error.__cause__ or error}"
        raise BuildError(msg) from error
    return f"C++ ({torch.backends.cpu.get_cpu_capability()}, {Path(compiler).name})"


def find_compiler() -> str:
    """Return the path of a C++ compiler.

    Raises:
        BuildError: there is none.

    """
    named = os.environ.get("CXX")
    candidates = (named,) if named else COMPILERS
    for name in candidates:
        found = shutil.which(name)
        if found is not None:
            return found
    msg = f"no C++ compiler found (looked for {', '.join(candidates)}); install g++ or name one in CXX"
    raise BuildError(msg)


def _kernel_flags() -> tuple[str, ...]:
    return (*COMMON_FLAGS, *KERNEL_FLAGS, *INSTRUCTIONS.get(torch.backends.cpu.get_cpu_capability(), ()))


def _binding_flags(namespace: str) -> tuple[str, ...]:
    headers = Path(torch.__file__).parent / "include"
    return (
        *COMMON_FLAGS,
        "-O1",
        f"-D_GLIBCXX_USE_CXX11_ABI={int(torch.compiled_with_cxx11_abi())}",
        f"-DATTNBENCH_NAMESPACE={namespace}",
        # As headers of the system: their warnings are not ours.
        *(f"-isystem{folder}" for folder in (headers, headers / "torch" / "csrc" / "api" / "include")),
    )


def _digest(compiler: str, namespace: str) -> str:
    version = _run([compiler, "--version"])
    digest = hashlib.sha256()
    for text in (version, platform.machine(), torch.__version__, *_kernel_flags(), *_binding_flags(namespace)):
        digest.update(text.encode() + b"\0")
    for path in sorted(SOURCES.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _folder(digest: str) -> Path:
    """Return the folder of what is built, or one for this process alone where nothing can be kept, or trusted."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = private_folder(cache / "attnbench" / "kernels" / digest)
    with suppress(FileNotFoundError):
        if not is_private(folder / LIBRARY):
            # It is replaced: a name in this user's folder is this user's.
            (folder / LIBRARY).unlink()
    return folder


def _build(compiler: str, namespace: str, library: Path) -> None:
    """Compile into a folder beside the library and move it there: nobody ever loads half a library."""
    with tempfile.TemporaryDirectory(dir=library.parent, prefix="building-") as folder:
        parts = {"kernels": _kernel_flags(), "bindings": _binding_flags(namespace)}
        objects = {name: str(Path(folder, f"{name}.o")) for name in parts}
        commands = [
            [compiler, *flags, "-c", str(SOURCES / f"{name}.cpp"), "-o", objects[name]] for name, flags in parts.items()
        ]
        with ThreadPoolExecutor() as both:
            list(both.map(_run, commands))
        built = Path(folder, library.name)
        # Where torch's libraries lie is not written down: they are in the process before this one is.
        torch_libraries = (f"-L{Path(torch.__file__).parent / 'lib'}", "-ltorch_cpu", "-lc10")
        _run([compiler, "-shared", "-fopenmp", *objects.values(), *torch_libraries, "-o", str(built)])
        # The umask may let a group write.
        built.chmod(0o700)
        built.replace(library)


def _run(command: list[str]) -> str:
    """Return what a command prints.

    Raises:
        BuildError: it fails.

    """
    try:
        done = subprocess.run(  # noqa: S603 - the user's own compiler
            command, capture_output=True, text=True, errors="replace", check=False, timeout=TIME_LIMIT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"{command[0]} does not run: {error}"
        raise BuildError(msg) from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines() or ["?"]
        msg = f"{command[0]} fails with status {done.returncode}: {lines[0]}"
        raise BuildError(msg)
    return done.stdout
