from __future__ import annotations

import gc
import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The same examples every time: whether a change is good must not depend on luck. To search on, with other examples:
#: --hypothesis-profile=default
settings.register_profile("same", derandomize=True)
settings.load_profile("same")

HERE = Path(__file__).parent
#: Tests of these folders compute so little that threads cost time, and very much of it on a busy machine.
ONE_THREAD = ("attn_impls", "suites", "training", "bench/complexity", "bench/memory", "bench/numerics")


@pytest.fixture(autouse=True, scope="module")
def _one_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep torch to one thread where that is faster."""
    if not any(request.path.is_relative_to(HERE / folder) for folder in ONE_THREAD):
        yield
        return
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def importable_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let other processes import tests by name; last on the path, so that the installed packages stay before ours."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(HERE.parent)])


def pytest_configure(config: pytest.Config) -> None:
    """Give what is compiled a cache of its own: PyTorch's may hold code that calls operators as they once were."""
    cache = tempfile.TemporaryDirectory(prefix="attnbench-tests-")
    config.add_cleanup(cache.cleanup)
    # At the end of the process all of it is to be taken apart.
    config.add_cleanup(gc.unfreeze)
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache.name
    # Workers of pytest-xdist, and the processes that tests start, inherit it.
    if "CXX" not in os.environ and (compiler := shutil.which("g++")):
        os.environ["CXX"] = str(_compiling_once(compiler, Path(cache.name)))


def _compiling_once(compiler: str, folder: Path) -> Path:
    """Write a program that compiles the kernels once for all tests, under the name of the compiler."""
    command = (sys.executable, "-I", "-S", str(HERE / "compile_once.py"), compiler, str(folder))
    program = folder / Path(compiler).name
    program.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    program.chmod(0o755)
    return program


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage in what is imported and collected, neither now nor later: it is much, and stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what is marked ``gpu`` where there is no CUDA device; pytest's last line says how many."""
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if not on_gpu:
        return
    import torch

    if torch.cuda.is_available():
        return
    items[:] = [item for item in items if item not in on_gpu]
    config.hook.pytest_deselected(items=on_gpu)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs more than the first GPU has; the reason names all that is missing."""
    marker = item.get_closest_marker("gpu")
    if marker is not None and (missing := list(_missing(*marker.args, **marker.kwargs))):
        pytest.skip("; ".join(missing))


def _missing(*, capability: tuple[int, int] = (0, 0), memory_gib: float = 0) -> Iterator[str]:
    """Yield what ``gpu(capability=(8, 0), memory_gib=4)`` asks for and cuda:0 does not have.

    Args:
        capability: compute capability, major and minor.
        memory_gib: memory that must be free, in GiB: what the test allocates at its peak, in other processes too.

    """
    import torch

    found = torch.cuda.get_device_capability(0)
    if found < capability:
        needed, has = (".".join(map(str, each)) for each in (capability, found))
        yield f"needs compute capability {needed}; cuda:0 has {has}"
    if memory_gib:
        # What earlier tests have left to torch's allocator is free too.
        torch.cuda.empty_cache()
        free, _ = torch.cuda.mem_get_info(0)
        if free < memory_gib * 2**30:
            yield f"needs {memory_gib:g} GiB of free memory; cuda:0 has {free / 2**30:.1f}"
