"""Ranks that are killed at random moments: the job ends, and nothing is left of it."""

import os
import random
import signal
import time
import unittest

from ranks import start
import programs
from programs import PIPELINES, WORDCOUNT, ProgramTest, processes_of, rank_of

KILLS = 50
RANKS = 3


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

    def test_a_rank_that_is_stopped_is_missed(self):
        for rank in (0, 2):
            with self.subTest(rank=rank):
                job = start(RANKS, PIPELINES, "--peer-timeout", 2, "write", "numbers")
                self.assertEqual(job.stdout.readline(), b"writing\n")
                processes = {rank_of(pid): pid for pid in processes_of(PIPELINES, self.folder)}
                os.kill(processes[rank], signal.SIGSTOP)
                text = job.stderr.readline().decode()
                self.assertRegex(text, rf"^error: .*rank {rank} \(.*\) has been silent for 2 s")
                self.wait_for_the_end_of_all_ranks()
                # mpirun 4.1.4 may itself crash or block when the ranks that it ends are gone.
                job.kill()
                job.communicate()

    def wait_for_the_end_of_all_ranks(self):
        deadline = time.monotonic() + 5
        while processes_of(PIPELINES, self.folder):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)


if __name__ == "__main__":
    unittest.main()
