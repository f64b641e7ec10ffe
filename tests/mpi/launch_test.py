"""How programs start under mpirun, and how they refuse to."""

import os
import unittest

from ranks import ENVIRONMENT, launch
import programs
from programs import WORDCOUNT, ProgramTest


class Launch(ProgramTest):
    def assert_refused(self, result, *words):
        text = result.stderr.decode()
        self.assertEqual(result.returncode, 2, text)
        self.assertEqual(text.count("error: "), 1, text)
        for word in words:
            self.assertIn(word, text)
        self.assertEqual(result.stdout, b"")

    def test_own_workers_are_refused(self):
        text = self.write("text", b"word\n")
        self.assert_refused(launch(2, WORDCOUNT, "--local", 2, text), "--local", "2 ranks of mpirun")

    def test_one_rank_may_have_its_own_workers(self):
        text = self.write("text", b"word\n")
        result = launch(1, WORDCOUNT, "--local", 2, text)
        self.assertEqual(result.stdout, b"word\t1\n")

    def test_tasks_that_mpi_cannot_bring_together_are_refused(self):
        text = self.write("text", b"word\n")
        slurm = {**os.environ, "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "2"}
        result = programs.run(WORDCOUNT, text, env=slurm)
        self.assert_error(result, 2, "2 ranks of srun", "srun --mpi=pmix")

    def test_a_missing_file_ends_all_ranks(self):
        self.assert_refused(launch(2, WORDCOUNT, "missing"), "missing")

    def test_every_core_is_used_once(self):
        text = self.write("text", b"word\n")
        cores = sorted(os.sched_getaffinity(0))
        result = launch(2, WORDCOUNT, "--report-bindings", text)
        rows = [line.split() for line in result.stderr.decode().splitlines()]
        rows = [row for row in rows if row and row[0] != "host"]
        bound = sorted(int(row[3]) for row in rows if row[3] != "any")
        self.assertEqual(bound, cores if len(cores) >= 2 else [])

    @unittest.skipIf(os.cpu_count() < 2, "there is one core")
    def test_a_rank_that_is_bound_to_one_core_says_so(self):
        text = self.write("text", b"word\n")
        options = ("-np", 1, "--bind-to", "core", WORDCOUNT, text)
        result = programs.run("mpirun", *options, env=ENVIRONMENT)
        self.assertIn(b"warning: each rank may use one of", result.stderr)
        self.assertIn(b"mpirun --bind-to none", result.stderr)
        result = programs.run("mpirun", *options, "--workers-per-rank", 1, env=ENVIRONMENT)
        self.assertEqual((result.stdout, result.stderr), (b"word\t1\n", b""))


if __name__ == "__main__":
    unittest.main()
