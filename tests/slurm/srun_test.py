"""Programs as tasks of srun."""

import os
import signal
import time
import unittest

from jobs import CLUSTER, JobTest, bindings, run, start
from programs import PATIENCE, PIPELINES, WORDCOUNT, processes_of

SRUN = ("srun", "--ntasks=2", "--quiet")
WITH_MPI = (*SRUN, "--mpi=pmix")


class Srun(JobTest):
    def test_two_ranks_give_what_one_process_gives(self):
        text = self.write_text()
        result = run(*WITH_MPI, WORDCOUNT, text, "--output", "found")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((result.stdout, (self.folder / "found").read_bytes()), self.expected(text))

    def test_every_processor_has_one_worker(self):
        text = self.write("text", b"word\n")
        each = f"--cpus-per-task={CLUSTER.processors // 2}"
        result = run(*WITH_MPI, each, WORDCOUNT, text, "--report-bindings")
        first, second = bindings(result.stderr.decode())
        self.assertEqual(len(first), len(second))
        self.assertEqual(len({*first, *second}), CLUSTER.processors // 2 * 2)

    def test_tasks_without_pmix_are_refused(self):
        text = self.write("text", b"word\n")
        result = run(*SRUN, "--kill-on-bad-exit=1", WORDCOUNT, text)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("error: this program runs as 2 ranks of srun", result.stderr.decode())
        self.assertIn("srun --mpi=pmix", result.stderr.decode())
        self.assertEqual(result.stdout, b"")

    def test_one_task_needs_no_mpi(self):
        text = self.write("text", b"word\n")
        result = run("srun", "--ntasks=1", WORDCOUNT, text)
        self.assertEqual((result.returncode, result.stdout), (0, b"word\t1\n"), result.stderr)

    def test_an_error_of_a_rank_ends_the_job(self):
        for option in ("--kill-on-bad-exit=0", "--kill-on-bad-exit=1"):
            result = run(*WITH_MPI, option, PIPELINES, "throw")
            text = result.stderr.decode()
            self.assertEqual(result.returncode, 1, text)
            self.assertEqual(text.count("error: map (pipelines.cpp:"), 1, text)
            self.assertEqual(processes_of(PIPELINES, self.folder), [])

    def test_a_killed_rank_ends_the_job(self):
        with start(*WITH_MPI, "--kill-on-bad-exit=1", PIPELINES, "write", "numbers") as job:
            self.assertEqual(job.stdout.readline(), b"writing\n")
            os.kill(self.ranks_that_run(2)[1], signal.SIGKILL)
            began = time.monotonic()
            job.communicate(timeout=PATIENCE)
            self.assertLess(time.monotonic() - began, 5)
        self.assertNotEqual(job.returncode, 0)
        self.assertEqual(processes_of(PIPELINES, self.folder), [])
        self.assertEqual(self.names(), [])


if __name__ == "__main__":
    unittest.main()
