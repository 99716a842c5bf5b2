"""Whole machines: everything the doctor says of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.doctor import Verdict, examine

from .machines import FakeNvml, FakeSystem, governors, meminfo, noise, stat

if TYPE_CHECKING:
    from bench.doctor import Finding

NO_NVML = "NVML cannot be used: Driver Not Loaded"


def told(findings: tuple[Finding, ...]) -> dict[str, tuple[str, str]]:
    """Return verdict and observation by name."""
    return {finding.name: (str(finding.verdict), finding.observed) for finding in findings}


def test_a_quiet_server_is_fit() -> None:
    """Nothing runs, the frequency is fixed, nothing is limited: all is ok, and nothing is to be done."""
    server = FakeSystem(
        {
            "/proc/loadavg": "0.08 0.10 0.09 1/900 4242",
            "/proc/stat": stat(busy=2, idle=398),
            **governors("performance", 8),
            "/sys/devices/system/cpu/intel_pstate/no_turbo": "1",
            "/proc/self/cgroup": "0::/user.slice/session-2.scope",
            "/proc/meminfo": meminfo(total_gib=64, swap_gib=8),
            "/proc/cpuinfo": "model name: Example\nflags\t\t: fpu sse avx2",
            "/sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc",
        },
        environ={"OMP_NUM_THREADS": "8", "OMP_PROC_BIND": "close"},
    )
    findings = examine(server, FakeNvml(), 40e-9, lambda: [noise(0.009)])  # type: ignore[arg-type]
    assert told(findings) == {
        "system load": ("ok", "0.08 in the last minute, on 8 cores"),
        "other processes": ("ok", "0% of the CPU busy during 0.5 s of sleep"),
        "stolen CPU time": ("ok", "0% of the CPU given to other virtual machines"),
        "CPU governor": ("ok", "performance on 8 cores"),
        "CPU turbo": ("ok", "off"),
        "CPU quota": ("ok", "none below 8 cores"),
        "memory limit": ("ok", "none below the machine's memory"),
        "swap": ("ok", "0.0 GiB of 8.0 GiB in use"),
        "threads": ("ok", "OMP_NUM_THREADS=8, 8 cores, bound to cores (OMP_PROC_BIND=close)"),
        "virtual machine": ("ok", "no"),
        "clock resolution": ("ok", "40 ns, source tsc"),
        "GPU processes": ("ok", "0 other, GPU busy 0% of the time"),
        "GPU state": ("ok", "persistence mode on, not throttled"),
        "noise floor, cpu": ("ok", "± 0.9% (95% of the ratios of 6 equal cases, 40 rounds, 2.50 ms a call)"),
    }
    assert [finding.remedy for finding in findings] == [""] * len(findings)


def test_a_laptop_on_powersave_is_warned_of() -> None:
    """A browser, a governor that follows the load, turbo, swap: each is a warning with its remedy."""
    laptop = FakeSystem(
        {
            "/proc/loadavg": "2.40 1.10 0.90 3/900 4242",
            "/proc/stat": stat(busy=24, idle=176),
            **governors("powersave", 4),
            "/sys/devices/system/cpu/intel_pstate/no_turbo": "0",
            "/proc/self/cgroup": "0::/user.slice",
            "/proc/meminfo": meminfo(total_gib=16, swap_gib=4, swapped_gib=1.5),
            "/proc/cpuinfo": "flags\t\t: fpu sse avx2",
            "/sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet",
        },
        usable=4,
    )
    findings = examine(laptop, NO_NVML, 70e-9, lambda: [noise(0.052)])
    assert {name: said for name, said in told(findings).items() if said[0] == "warn"} == {
        "system load": ("warn", "2.40 in the last minute, on 4 cores"),
        "other processes": ("warn", "12% of the CPU busy during 0.5 s of sleep"),
        "CPU governor": ("warn", "powersave on 4 cores"),
        "CPU turbo": ("warn", "on: clocks fall as the processor warms up"),
        "swap": ("warn", "1.5 GiB of 4.0 GiB in use"),
        "clock resolution": ("warn", "70 ns, source hpet"),
        "noise floor, cpu": ("warn", "± 5.2% (95% of the ratios of 6 equal cases, 40 rounds, 2.50 ms a call)"),
    }
    remedies = {finding.name: finding.remedy for finding in findings}
    assert remedies["CPU governor"] == "sudo cpupower frequency-set --governor performance"
    assert remedies["CPU turbo"] == "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo"
    assert [finding.name for finding in findings if finding.verdict is Verdict.WARN and not finding.remedy] == []


def test_a_container_with_one_and_a_half_cpus_is_bad() -> None:
    """Eight threads on a quota of 1.5 cores stop in mid-sample: bad, with the number of threads that fits."""
    container = FakeSystem(
        {
            "/proc/loadavg": "0.50 0.40 0.30 1/90 42",
            "/proc/stat": stat(busy=80, idle=300, stolen=20),
            "/proc/self/cgroup": "0::/",
            "/sys/fs/cgroup/cpu.max": "150000 100000",
            "/sys/fs/cgroup/memory.max": str(4 * 2**30),
            "/proc/meminfo": meminfo(total_gib=64),
            "/proc/cpuinfo": "flags\t\t: fpu sse hypervisor avx2",
            "/sys/class/dmi/id/sys_vendor": "QEMU",
        }
    )
    findings = examine(container, NO_NVML, 130e-9, lambda: [noise(0.21)])
    assert {name: said for name, said in told(findings).items() if said[0] in {"warn", "bad"}} == {
        "other processes": ("warn", "20% of the CPU busy during 0.5 s of sleep"),
        "stolen CPU time": ("warn", "5% of the CPU given to other virtual machines"),
        "CPU quota": ("bad", "1.5 cores of CPU time for 8 threads"),
        "memory limit": ("warn", "4.0 GiB of 64.0 GiB: beyond it the process is killed"),
        "virtual machine": ("warn", "yes (QEMU): neighbours may share the processor"),
        "noise floor, cpu": ("bad", "± 21.0% (95% of the ratios of 6 equal cases, 40 rounds, 2.50 ms a call)"),
    }
    (quota,) = (finding for finding in findings if finding.name == "CPU quota")
    assert quota.remedy == "attnbench run --threads 1, or a container without a quota"


def test_a_machine_that_says_nothing_is_unknown() -> None:
    """Without /proc, /sys and NVML there are words instead of verdicts, and nothing is raised."""
    findings = examine(FakeSystem(), NO_NVML, 1e-9, lambda: [noise(0.01)])
    assert told(findings) == {
        "system load": ("unknown", "the system has no /proc/loadavg"),
        "other processes": ("unknown", "the system has no CPU times in /proc/stat"),
        "stolen CPU time": ("unknown", "the system has no CPU times in /proc/stat"),
        "CPU governor": ("unknown", "no frequency settings in /sys: the hypervisor or the firmware decides"),
        "CPU turbo": ("unknown", "no turbo setting in /sys"),
        "CPU quota": ("unknown", "the system tells of no control groups"),
        "memory limit": ("unknown", "the system tells of no control groups"),
        "swap": ("unknown", "the system has no /proc/meminfo"),
        "threads": ("ok", "OMP_NUM_THREADS not set, 8 cores, free to move between cores"),
        "virtual machine": ("unknown", "the processor does not say whether there is a hypervisor"),
        "clock resolution": ("ok", "1 ns"),
        "GPU processes": ("unknown", NO_NVML),
        "GPU state": ("unknown", NO_NVML),
        "noise floor, cpu": ("ok", "± 1.0% (95% of the ratios of 6 equal cases, 40 rounds, 2.50 ms a call)"),
    }


def test_files_full_of_nonsense_are_unknown() -> None:
    """What cannot be understood is treated as missing."""
    nonsense = FakeSystem(
        dict.fromkeys(
            (
                "/proc/loadavg",
                "/proc/stat",
                "/sys/devices/system/cpu/online",
                "/sys/devices/system/cpu/intel_pstate/no_turbo",
                "/proc/meminfo",
                "/proc/cpuinfo",
            ),
            "so it goes",
        )
    )
    findings = examine(nonsense, NO_NVML, 1e-9, lambda: [noise(0.01)])
    known = {finding.name for finding in findings if finding.verdict is not Verdict.UNKNOWN}
    assert known == {"threads", "clock resolution", "noise floor, cpu"}
