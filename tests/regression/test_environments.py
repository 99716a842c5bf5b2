"""What of two machines makes their figures incomparable."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from regression.environments import exact_differ, lacks, times_differ
from results.records import Accelerator

from .timed_runs import HERE

H100, H200 = (Accelerator(name=f"NVIDIA {name}", memory_bytes=80, capability="9.0") for name in ("H100", "H200"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, ""),
        ({"attnbench": "0.2.0", "commit": "aaaa", "system": "Linux 6.9", "python": "3.12.9"}, ""),
        ({"driver": "570", "cuda": "13"}, ""),
        ({"torch": "2.12.0"}, "other torch (2.11.0 then, 2.12.0 here)"),
        ({"cpu": "Other CPU", "threads": 2}, "other processor (Example CPU then, Other CPU here); other threads (1"),
        ({"python": "3.13.0"}, "other python (3.12 then, 3.13 here)"),
    ],
)
def test_times_on_the_cpu_need_the_same_processor_and_software(changed: dict[str, Any], words: str) -> None:
    """Neither a patch of Python nor a kernel or a driver of a GPU counts; the reason has both sides."""
    found = times_differ(HERE, replace(HERE, **changed), "cpu")
    assert found.startswith(words)
    assert bool(found) is bool(words)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, ""),
        ({"accelerators": (H200,)}, "other cuda:0 (NVIDIA H100 then, NVIDIA H200 here)"),
        ({"driver": "580"}, "other driver (570 then, 580 here)"),
        ({"float32_products": "tf32"}, "other float32 products (ieee then, tf32 here)"),
    ],
)
def test_times_on_a_gpu_need_the_same_gpu_and_driver_too(changed: dict[str, Any], words: str) -> None:
    with_gpu = replace(HERE, accelerators=(H100,), driver="570", float32_products="ieee")
    assert times_differ(with_gpu, replace(with_gpu, **changed), "cuda:0") == words


def test_what_an_old_version_did_not_record_is_no_difference() -> None:
    assert times_differ(HERE, replace(HERE, float32_products="tf32"), "cuda:0") == ""


def test_a_gpu_that_is_not_there_is_lacking() -> None:
    one = replace(HERE, accelerators=(H100,))
    assert [lacks(one, device) for device in ("cpu", "cuda:0", "cuda:1")] == [False, False, True]
    assert lacks(HERE, "cuda:0")


def test_exact_quantities_do_not_depend_on_cores() -> None:
    assert exact_differ(HERE, replace(HERE, cores=64, threads=8, python="3.13.0"), "cpu") == ""
    assert exact_differ(HERE, replace(HERE, torch="2.12.0"), "cpu") == "other torch (2.11.0 then, 2.12.0 here)"
