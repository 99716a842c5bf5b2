"""What a run records of the machine and the software."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

import torch

from results.records import Environment

from .gpus import known_gpus
from .processor import cpu_name, usable_cores


def describe(threads: int) -> Environment:
    """Return the environment of this process.

    Args:
        threads: CPU threads that the run will use.

    Raises:
        SubprocessError: there is a GPU, and CUDA fails.

    """
    # Not asked here: this process must not open a CUDA context.
    found = known_gpus()
    return Environment(
        attnbench=importlib.metadata.version("attnbench"),
        commit=commit(Path(__file__).parent.parent),
        python=platform.python_version(),
        # A str that compares as versions do; records hold plain ones.
        torch=str(torch.__version__),
        torchvision=importlib.metadata.version("torchvision"),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        cpu=cpu_name(),
        cores=usable_cores(),
        threads=threads,
        memory_bytes=_memory_bytes(),
        accelerators=found.accelerators if found else (),
        driver=_driver(),
        cuda=found.cuda if found else None,
        cudnn=found.cudnn if found else None,
        float32_convolutions=found.float32_convolutions if found else None,
        float32_products=found.float32_products if found else None,
    )


def commit(folder: Path) -> str | None:
    """Return the git commit of a checkout, ``+dirty`` appended if files differ from it; None outside a checkout."""
    if not (folder / ".git").exists():
        return None
    try:
        head = _git(folder, "rev-parse", "--short=12", "HEAD")
        changed = _git(folder, "status", "--porcelain")
    except (OSError, subprocess.CalledProcessError):
        # No git on this machine, or a checkout without a commit: there is nothing to name.
        return None
    return f"{head}+dirty" if changed else head


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - fixed


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _driver() -> str | None:
    """Return the NVIDIA driver's version, or None where there is no driver to ask."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    try:
        return str(pynvml.nvmlSystemGetDriverVersion())
    except pynvml.NVMLError:
        return None
    finally:
        pynvml.nvmlShutdown()
