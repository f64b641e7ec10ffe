"""Ranks that are killed at random moments: the job ends, and nothing is left of it."""

import os
import random
import signal
import time
import unittest

from ranks import start
import programs
from programs import WORDCOUNT, ProgramTest

KILLS = 50
RANKS = 3


def processes_of(program, folder):
    """The processes that run a program in a folder."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/cwd") == str(folder) and os.path.samefile(
                f"/proc/{pid}/exe", program
            ):
                found.append(int(pid))
        except OSError:
            continue
    return found


def has_open(pid, file):
    try:
        descriptors = os.listdir(f"/proc/{pid}/fd")
        return any(os.readlink(f"/proc/{pid}/fd/{fd}") == str(file) for fd in descriptors)
    except OSError:
        return False


class Kill(ProgramTest):
    def setUp(self):
        super().setUp()
        self.text = self.write("text", b"some words of a line\n" * 2_000_000)

    def start_job(self):
        """A job and its ranks, which have begun to read: before, MPI is being started, and mpirun
        may block itself when a rank dies then."""
        job = start(RANKS, WORDCOUNT, self.text, "--output", "counts")
        deadline = time.monotonic() + programs.PATIENCE
        while job.poll() is None and time.monotonic() < deadline:
            ranks = processes_of(WORDCOUNT, self.folder)
            if len(ranks) == RANKS and all(has_open(pid, self.text) for pid in ranks):
                return job, ranks
        return job, []

    def kill_one_of(self, ranks, pick):
        try:
            os.kill(pick.choice(ranks), pick.choice([signal.SIGKILL, signal.SIGTERM]))
        except (IndexError, ProcessLookupError):
            pass  # the job was faster

    def test_random_kills(self):
        pick = random.Random(7)
        expected = b"line\t2000000\n"
        for _ in range(KILLS):
            job, ranks = self.start_job()
            time.sleep(pick.random() / 10)  # a random moment of the job, not a wait for anything
            self.kill_one_of(ranks, pick)
            began = time.monotonic()
            _, text = job.communicate(timeout=programs.PATIENCE)
            self.assertLess(time.monotonic() - began, 10, text)
            self.assertEqual(processes_of(WORDCOUNT, self.folder), [])
            if job.returncode == 0:
                self.assertIn(expected, (self.folder / "counts").read_bytes())
            self.assertEqual([n for n in self.names() if n not in ("text", "counts")], [])


if __name__ == "__main__":
    unittest.main()
