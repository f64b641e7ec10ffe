"""The scripts of scripts/slurm as jobs of sbatch."""

import os
import re
import signal
import time
import unittest

from jobs import CLUSTER, REPOSITORY, JobTest, bindings, run
import programs
from programs import PATIENCE, PIPELINES, WORDCOUNT, processes_of

SCRIPTS = sorted((REPOSITORY / "scripts" / "slurm").glob("*.sbatch"))
# sbatch --wait would look every few seconds only.
SBATCH = ("sbatch", "--parsable", "--nodes=1", "--output=out", "--error=err")


class Sbatch(JobTest):
    def submit(self, *arguments):
        """Returns the number of the job."""
        result = run(*SBATCH, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return int(result.stdout)

    def wait(self, job):
        """Returns the exit code of a job when it has ended."""
        end_of_patience = time.monotonic() + PATIENCE
        while time.monotonic() < end_of_patience:
            state = run("scontrol", "show", "job", job).stdout.decode()
            if not re.search("JobState=(PENDING|CONFIGURING|RUNNING|COMPLETING)", state):
                code, number = map(int, re.search(r"ExitCode=(\d+):(\d+)", state).groups())
                return 128 + number if number else code
            time.sleep(0.05)
        raise self.failureException(f"job {job} does not end: {state}")

    def run_job(self, *arguments):
        return self.wait(self.submit(*arguments))

    def output(self):
        return (self.folder / "out").read_bytes()

    def wait_for_output(self, line):
        end_of_patience = time.monotonic() + PATIENCE
        while line not in (self.output() if os.path.exists("out") else b""):
            self.assertLess(time.monotonic(), end_of_patience)
            time.sleep(0.05)

    def errors(self):
        return (self.folder / "err").read_text()

    def test_there_are_three(self):
        names = [script.name for script in SCRIPTS]
        self.assertEqual(
            names, ["mpirun.sbatch", "rank-per-node.sbatch", "rank-per-socket.sbatch"]
        )

    def test_the_output_is_that_of_one_process(self):
        text = self.write_text()
        expected = self.expected(text)
        for script in SCRIPTS:
            with self.subTest(script=script.name):
                exit_code = self.run_job(script, WORDCOUNT, text, "--output", "found")
                self.assertEqual(exit_code, 0, self.errors())
                found = (self.folder / "found").read_bytes()
                self.assertEqual((self.output(), found), expected)

    def test_every_processor_has_one_worker(self):
        text = self.write("text", b"word\n")
        ranks_of = dict.fromkeys(SCRIPTS, 1)
        ranks_of[SCRIPTS[-1]] = CLUSTER.sockets
        for script, ranks in ranks_of.items():
            with self.subTest(script=script.name):
                tasks = f"--ntasks-per-node={ranks}"
                self.run_job(tasks, script, WORDCOUNT, text, "--report-bindings")
                bound = bindings(self.errors())
                self.assertEqual(len(bound), ranks)
                self.assertEqual(sorted(sum(bound, [])), list(range(CLUSTER.processors)))

    def test_a_killed_rank_ends_the_job(self):
        for script in SCRIPTS:
            with self.subTest(script=script.name):
                tasks = "--ntasks-per-node=2"
                job = self.submit(tasks, script, PIPELINES, "write", "numbers")
                self.wait_for_output(b"writing\n")
                os.kill(self.ranks_that_run(2)[1], signal.SIGKILL)
                began = time.monotonic()
                self.assertNotEqual(self.wait(job), 0)
                self.assertLess(time.monotonic() - began, 5)
                self.assertEqual(processes_of(PIPELINES, self.folder), [])
                self.assertEqual(self.names(), ["err", "out"])

    def test_a_program_that_fails_fails_the_job(self):
        for script in SCRIPTS:
            with self.subTest(script=script.name):
                exit_code = self.run_job(script, WORDCOUNT, "missing")
                self.assertNotEqual(exit_code, 0)
                self.assertIn("error: ", self.errors())
                self.assertIn("missing", self.errors())

    def test_wrong_calls_are_one_line(self):
        for script in SCRIPTS:
            for words in ([], ["./missing", "argument"]):
                with self.subTest(script=script.name, words=words):
                    exit_code = self.run_job(script, *words)
                    self.assertEqual(exit_code, 2)
                    self.assertRegex(self.errors(), r"^error: .*\n$")
                    self.assertIn(words[0] if words else script.name, self.errors())
                    self.assertEqual(self.output(), b"")

    def test_without_sbatch_they_say_how_they_are_used(self):
        for script in SCRIPTS:
            with self.subTest(script=script.name):
                self.assert_error(
                    programs.run(script, WORDCOUNT, "text"), 2, f"sbatch {script.name} PROGRAM"
                )


if __name__ == "__main__":
    unittest.main()
