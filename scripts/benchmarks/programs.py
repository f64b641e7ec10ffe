"""Running programs and reading what they report."""

import json
import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass

SECONDS_TO_END = 300
SECONDS_TO_CLEAN_UP = 10
# mpirun refuses root otherwise, and containers have no other user.
ENVIRONMENT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


class Failed(Exception):
    """A program failed, or two programs disagree: the table would be worth nothing."""


@dataclass(frozen=True)
class Run:
    """One run of a program."""

    wall_seconds: float
    peak_megabytes: float  # of memory; never less than what this script itself has (about 15)
    report: dict  # the line of JSON that the program ended with, if any

    @property
    def seconds(self):
        return self.report["seconds"]


def run(command, environment=None):
    """Runs a program to its end. Throws Failed when it is not there, fails or hangs."""
    command = [str(word) for word in command]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as problems:
        began = time.monotonic()
        try:
            process = subprocess.Popen(command, stdout=out, stderr=problems,
                                       env={**os.environ, **ENVIRONMENT, **(environment or {})})
        except OSError as problem:
            raise Failed(f"cannot run '{command[0]}': {problem.strerror}") from problem
        usage = wait_for(process)
        seconds = time.monotonic() - began
        if process.returncode != 0:
            problems.seek(0)
            raise Failed(f"'{' '.join(command)}' ended with {process.returncode}: "
                         f"{problems.read().strip() or 'no message'}")
        out.seek(0)
        return Run(seconds, usage.ru_maxrss / 1024, report_of(out.read()))


def wait_for(process):
    """Waits for a child, ends it when it takes too long, and returns what it used."""
    # A launcher can end what it has started before it is killed.
    watchdogs = [threading.Timer(SECONDS_TO_END, process.terminate),
                 threading.Timer(SECONDS_TO_END + SECONDS_TO_CLEAN_UP, process.kill)]
    for watchdog in watchdogs:
        watchdog.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.terminate()
        raise
    finally:
        for watchdog in watchdogs:
            watchdog.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage


def report_of(output):
    lines = output.splitlines()
    return json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
