"""The machine that is measured: which cores are used, and what it is."""

import os
import pathlib
import platform
import subprocess


def siblings_of(cpu):
    """The logical processors that share a core with `cpu`, as the kernel writes them."""
    path = pathlib.Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    return path.read_text(encoding="ascii").strip() if path.exists() else str(cpu)


def use_cores(wanted):
    """Limits this process and its children to `wanted` cores; returns how many there were."""
    cpus = sorted(os.sched_getaffinity(0))
    one_of_each_core = list({siblings_of(cpu): cpu for cpu in reversed(cpus)}.values())
    one_of_each_core.sort()
    others = [cpu for cpu in cpus if cpu not in one_of_each_core]
    chosen = (one_of_each_core + others)[:wanted]
    os.sched_setaffinity(0, chosen)
    return len(chosen)


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def first_line_of(command, folder):
    """What a command prints first, or '' where it does not run."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.split("\n", 1)[0]


def describe(repository, cores):
    return {
        "processor": processor(),
        "cores": cores,
        "load": round(os.getloadavg()[0], 2),
        "compiler": first_line_of(["g++", "--version"], repository),
        "commit": first_line_of(["git", "describe", "--always", "--dirty"], repository),
    }
