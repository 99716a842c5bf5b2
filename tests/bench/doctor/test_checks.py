"""Single checks, where a machine alone does not show what tells two cases apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attnbench.cli.doctor_command import findings_here
from bench.doctor import Finding, Machine, Verdict, examine
from bench.doctor.cgroup import check_memory_limit, check_quota
from bench.doctor.clock import check_clock
from bench.doctor.frequency import check_governor, check_turbo
from bench.doctor.gpu import check_gpus
from bench.doctor.load import check_others
from bench.doctor.threads import check_threads
from bench.doctor.virtual import check_virtual
from bench.noise import NoFloor, Place

from .machines import FakeNvml, FakeSystem, governors, meminfo, noise, stat

if TYPE_CHECKING:
    from pathlib import Path

    from results.records import NoiseFloor


def verdict_and_words(finding: Finding) -> tuple[str, str]:
    """Return what is compared below."""
    return str(finding.verdict), finding.observed


@pytest.mark.parametrize(
    ("files", "verdict", "observed"),
    [
        pytest.param(
            {
                "/proc/self/cgroup": "4:memory:/docker/ab\n1:cpu,cpuacct:/docker/ab",
                "/sys/fs/cgroup/cpu/docker/ab/cpu.cfs_quota_us": "200000",
                "/sys/fs/cgroup/cpu/docker/ab/cpu.cfs_period_us": "100000",
            },
            "bad",
            "2 cores of CPU time for 8 threads",
            id="v1",
        ),
        pytest.param(
            {
                "/proc/self/cgroup": "1:cpu,cpuacct:/docker/ab",
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000",
                "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            "bad",
            "1 core of CPU time for 8 threads",
            id="v1, own group shown as the top",
        ),
        pytest.param(
            {
                "/proc/self/cgroup": "1:cpu:/",
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
                "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            "ok",
            "none below 8 cores",
            id="v1 without a quota",
        ),
        pytest.param(
            {
                "/proc/self/cgroup": "0::/pod/box",
                "/sys/fs/cgroup/pod/cpu.max": "300000 100000",
                "/sys/fs/cgroup/pod/box/cpu.max": "max 100000",
            },
            "bad",
            "3 cores of CPU time for 8 threads",
            id="v2, a limit above the own group",
        ),
        pytest.param(
            {"/proc/self/cgroup": "0::/", "/sys/fs/cgroup/cpu.max": "1600000 100000"},
            "ok",
            "none below 8 cores",
            id="v2, more than there is",
        ),
    ],
)
def test_a_cpu_quota_is_found_wherever_it_stands(files: dict[str, str], verdict: str, observed: str) -> None:
    """Both versions of control groups, in the own group or above it; -1 and max are no limit."""
    assert verdict_and_words(check_quota(FakeSystem({**files}))) == (verdict, observed)


def test_threads_within_the_quota_are_a_warning_only() -> None:
    """Who sets fewer threads than the quota has cores is not stopped in mid-sample."""
    files: dict[str, str | list[str]] = {"/proc/self/cgroup": "0::/", "/sys/fs/cgroup/cpu.max": "250000 100000"}
    found = check_quota(FakeSystem(files, environ={"OMP_NUM_THREADS": "2"}))
    assert verdict_and_words(found) == ("warn", "2.5 cores of CPU time for 2 threads")


@pytest.mark.parametrize(
    ("limit", "verdict"), [(str(0x7FFFFFFFFFFFF000), "ok"), (str(64 * 2**30), "ok"), (str(8 * 2**30), "warn")]
)
def test_a_memory_limit_beyond_the_memory_is_none(limit: str, verdict: str) -> None:
    """Version 1 writes "no limit" as a very large number."""
    machine = FakeSystem(
        {
            "/proc/self/cgroup": "4:memory:/",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": limit,
            "/proc/meminfo": meminfo(total_gib=64),
        }
    )
    assert check_memory_limit(machine).verdict == verdict


@pytest.mark.parametrize(
    ("busy", "stolen", "verdicts"),
    [(4, 0, ["ok", "ok"]), (5, 1, ["warn", "warn"]), (24, 9, ["warn", "warn"]), (25, 10, ["bad", "bad"])],
)
def test_busy_and_stolen_time_are_judged_by_their_share(busy: int, stolen: int, verdicts: list[str]) -> None:
    """5% busy is a warning and 25% bad; of stolen time 1% and 10%. The process sleeps meanwhile, half a second."""
    machine = FakeSystem({"/proc/stat": stat(busy=busy, idle=100 - busy - stolen, stolen=stolen)})
    assert [finding.verdict for finding in check_others(machine)] == verdicts
    assert machine.slept_s == 0.5


def test_cores_with_different_governors_are_all_told() -> None:
    """The most frequent first; CPUs that are switched off are not asked."""
    files = governors("performance", 4) | {"/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor": "schedutil"}
    files["/sys/devices/system/cpu/cpu9/cpufreq/scaling_governor"] = "powersave"
    assert verdict_and_words(check_governor(FakeSystem(files))) == (
        "warn",
        "performance on 3 cores, schedutil on 1 core",
    )


@pytest.mark.parametrize(("boost", "verdict"), [("1", "warn"), ("0", "ok")])
def test_boost_is_turbo_by_another_name(boost: str, verdict: str) -> None:
    """Drivers other than Intel's have one switch, which says the opposite."""
    assert check_turbo(FakeSystem({"/sys/devices/system/cpu/cpufreq/boost": boost})).verdict == verdict


@pytest.mark.parametrize(
    ("variables", "verdict"),
    [
        ({"OMP_NUM_THREADS": "9"}, "bad"),
        ({"OMP_NUM_THREADS": "4"}, "ok"),
        ({"OMP_NUM_THREADS": "4,2"}, "ok"),
        ({"OMP_NUM_THREADS": "four"}, "warn"),
        ({"OMP_NUM_THREADS": "0"}, "warn"),
        ({}, "ok"),
    ],
)
def test_more_threads_than_cores_are_bad(variables: dict[str, str], verdict: str) -> None:
    """Eight cores: nine threads wait for each other, and what is no number is not obeyed."""
    assert check_threads(FakeSystem(environ=variables)).verdict == verdict


def test_a_xen_guest_is_a_virtual_machine() -> None:
    """Where the kernel names the hypervisor, the processor's flags are not needed."""
    found = check_virtual(FakeSystem({"/sys/hypervisor/type": "xen"}))
    assert verdict_and_words(found) == ("warn", "yes (xen): neighbours may share the processor")


@pytest.mark.parametrize(("resolution_s", "verdict"), [(999e-9, "ok"), (1e-6, "warn"), (15e-3, "bad")])
def test_a_coarse_clock_is_told(resolution_s: float, verdict: str) -> None:
    """From a microsecond on a warning; steps of 15 ms are useless."""
    assert check_clock(FakeSystem(), resolution_s).verdict == verdict


@pytest.mark.parametrize(
    ("nvml", "processes", "state"),
    [
        pytest.param(
            FakeNvml(pids=(7, 8), busy=93),
            ("bad", "2 other, GPU busy 93% of the time"),
            ("ok", "persistence mode on, not throttled"),
            id="a job of others",
        ),
        pytest.param(
            FakeNvml(pids=(7, 1000), persistence=0),
            ("warn", "1 other, GPU busy 0% of the time"),
            ("warn", "persistence mode off: the driver unloads between processes"),
            id="an idle process beside our own",
        ),
        pytest.param(
            FakeNvml(used_bytes=3 * 2**29),
            ("unknown", "1.5 GiB in use by processes that are not shown, GPU busy 0% of the time"),
            ("ok", "persistence mode on, not throttled"),
            id="a job outside of this container",
        ),
        pytest.param(
            FakeNvml(used_bytes=3 * 2**29, busy=93),
            ("bad", "1.5 GiB in use by processes that are not shown, GPU busy 93% of the time"),
            ("ok", "persistence mode on, not throttled"),
            id="a job outside of this container, at work",
        ),
        pytest.param(
            FakeNvml(used_bytes=3 * 2**29, pids=(7,)),
            ("warn", "1 other, GPU busy 0% of the time"),
            ("ok", "persistence mode on, not throttled"),
            id="a job that is shown",
        ),
        pytest.param(
            FakeNvml(used_bytes=None),
            ("ok", "0 other, GPU busy 0% of the time"),
            ("ok", "persistence mode on, not throttled"),
            id="memory refused",
        ),
        pytest.param(
            FakeNvml(reasons=0x61),
            ("ok", "0 other, GPU busy 0% of the time"),
            ("bad", "throttled now: software thermal slowdown, hardware thermal slowdown"),
            id="too hot",
        ),
        pytest.param(
            FakeNvml(reasons=0x4),
            ("ok", "0 other, GPU busy 0% of the time"),
            ("ok", "persistence mode on, not throttled, at its power limit now, as large GPUs are under load"),
            id="at its power limit",
        ),
        pytest.param(
            FakeNvml(reasons=0x24),
            ("ok", "0 other, GPU busy 0% of the time"),
            ("bad", "throttled now: software thermal slowdown"),
            id="at its power limit, and too hot",
        ),
        pytest.param(
            FakeNvml(pids=(7, 8), busy=None, mig=1),
            ("warn", "2 other, on all parts of the GPU (MIG), which share its clocks and power"),
            ("ok", "persistence mode on, not throttled"),
            id="neighbours on other parts",
        ),
        pytest.param(
            FakeNvml(pids=(7,), mig=None),
            ("warn", "1 other, GPU busy 0% of the time"),
            ("ok", "persistence mode on, not throttled"),
            id="a GPU that cannot be divided",
        ),
        pytest.param(
            FakeNvml(pids=None, busy=None, persistence=None, reasons=None),
            ("unknown", "compute processes: Not Supported; utilization: Not Supported"),
            ("unknown", "persistence mode: Not Supported; throttle reasons: Not Supported"),
            id="all refused",
        ),
    ],
)
def test_a_gpu_is_judged_by_its_processes_and_its_state(
    nvml: FakeNvml, processes: tuple[str, str], state: tuple[str, str]
) -> None:
    """Others at work and throttling are bad, idle guests and a driver that unloads a warning, silence unknown.

    So is memory that somebody holds who is not listed: NVML shows a container its own processes alone.
    """
    found = {finding.name: verdict_and_words(finding) for finding in check_gpus(nvml, own_pid=1000)}  # type: ignore[arg-type]
    assert found == {"GPU processes": processes, "GPU state": state}


def test_every_kind_of_device_has_its_noise_floor() -> None:
    """Each under its name; where none could be measured, it is said why."""
    floors: list[NoiseFloor | NoFloor] = [noise(0.009), NoFloor(Place("cuda:0"), "CUDA error: no room")]
    found = examine(FakeSystem(), "no NVML", 1e-9, lambda: floors)[-2:]
    assert [(finding.name, finding.verdict) for finding in found] == [
        ("noise floor, cpu", Verdict.OK),
        ("noise floor, cuda:0", Verdict.UNKNOWN),
    ]
    assert found[1].observed == "CUDA error: no room"


@pytest.mark.parametrize(("best", "devices"), [("cpu", ["cpu"]), ("cuda:0", ["cpu", "cuda:0"])])
def test_the_doctor_listens_to_the_gpu_too(monkeypatch: pytest.MonkeyPatch, best: str, devices: list[str]) -> None:
    """The CPU's noise floor, and that of a GPU where there is one."""
    asked: list[str] = []

    def floors(places: tuple[Place, ...]) -> list[NoiseFloor]:
        asked.extend(place.device for place in places)
        return []

    monkeypatch.setattr("bench.noise.noise_floors", floors)
    monkeypatch.setattr("suites.choices.devices", lambda _: (best,))
    findings_here()
    assert asked == devices


def test_several_gpus_are_numbered() -> None:
    """Each GPU has its own two findings."""
    names = [finding.name for finding in check_gpus(FakeNvml(gpus=2), own_pid=1000)]  # type: ignore[arg-type]
    assert names == ["GPU processes 0", "GPU state 0", "GPU processes 1", "GPU state 1"]


@pytest.mark.parametrize(("gpus", "observed"), [(0, "NVML knows no GPU"), (None, "number of GPUs: Not Supported")])
def test_nvml_without_gpus_is_unknown(gpus: int | None, observed: str) -> None:
    """A driver that finds no device is told in words."""
    (found,) = check_gpus(FakeNvml(gpus=gpus), own_pid=1000)  # type: ignore[arg-type]
    assert (found.verdict, found.observed) == (Verdict.UNKNOWN, observed)


def test_the_real_system_reads_files_and_misses_none(tmp_path: Path) -> None:
    """Text comes without its line end; a missing file and a folder are None."""
    (tmp_path / "file").write_text("tsc\n")
    host = Machine()
    assert [host.read(str(tmp_path / name)) for name in ("file", "missing", "")] == ["tsc", None, None]
    assert host.cores() >= 1
