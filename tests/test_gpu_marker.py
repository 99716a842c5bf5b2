"""The marker ``gpu``: what it asks of a GPU is looked at before a test runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

pytest_plugins = ["pytester"]

#: Five tests; none of them touches a GPU.
TESTS = """
import pytest

@pytest.mark.gpu
def test_any(): pass

@pytest.mark.gpu(capability=(8, 0))
def test_kernels(): pass

@pytest.mark.gpu(memory_gib=9)
def test_large(): pass

@pytest.mark.gpu(capability=(8, 0), memory_gib=9)
def test_large_kernels(): pass

def test_elsewhere(): pass
"""
TOO_OLD = "needs compute capability 8.0; cuda:0 has 7.5"
TOO_FULL = "needs 9 GiB of free memory; cuda:0 has 7.8"


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the machine a GPU that is told about by ``gpu``; return what is done to torch's allocator."""
    done: list[str] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: done.append("emptied"))
    # The session inside gives it another folder, which is gone with that session.
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "unused")
    return done


@pytest.fixture
def session(pytester: pytest.Pytester) -> pytest.Pytester:
    """Return a folder with these tests, this project's conftest.py, and its marker."""
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text())
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\nmarkers = ["gpu: see conftest.py"]')
    pytester.makepyfile(TESTS)
    return pytester


@pytest.mark.parametrize(
    ("capability", "free_gib", "reasons"),
    [
        ((8, 0), 9.0, {}),
        ((12, 0), 90.0, {}),
        ((7, 5), 15.0, {"kernels": TOO_OLD, "large_kernels": TOO_OLD}),
        ((8, 9), 7.8, {"large": TOO_FULL, "large_kernels": TOO_FULL}),
        ((7, 5), 7.8, {"kernels": TOO_OLD, "large": TOO_FULL, "large_kernels": f"{TOO_OLD}; {TOO_FULL}"}),
    ],
)
def test_what_a_gpu_has_too_little_of(
    cuda: list[str],
    session: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    *,
    capability: tuple[int, int],
    free_gib: float,
    reasons: dict[str, str],
) -> None:
    """A test is skipped if the first GPU is too old or too full for it, and the reason names what it has."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: [capability][index])
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda index: [(int(free_gib * 2**30), 2**40)][index])
    done = session.inline_run("--strict-markers")
    _, skipped, failed = done.listoutcomes()
    assert failed == []
    found = {report.nodeid.partition("::test_")[2]: str(report.longrepr) for report in skipped}
    assert found.keys() == reasons.keys()
    assert all(f"'Skipped: {reason}'" in found[name] for name, reason in reasons.items())
    # What the allocator only keeps is free: it gives that back before it is asked, for each test that needs memory.
    assert cuda == ["emptied"] * 2


def test_without_a_gpu_they_are_deselected(session: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked of a GPU that is not there."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "unused")
    session.runpytest_inprocess().assert_outcomes(passed=1, deselected=4)


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("asked", ["memory=9", "9"])
def test_a_misspelt_need_is_an_error(session: pytest.Pytester, asked: str) -> None:
    """It is not taken for no need at all."""
    session.makepyfile(f"import pytest\n@pytest.mark.gpu({asked})\ndef test_it(): pass")
    session.runpytest_inprocess().assert_outcomes(errors=1)
