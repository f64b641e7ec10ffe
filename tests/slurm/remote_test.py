"""--remote slurm in an allocation of this machine."""

import unittest

from jobs import CLUSTER, JobTest, run
from programs import WORDCOUNT

SALLOC = ("salloc", "--quiet", "--exclusive")
REMOTE = (WORDCOUNT, "text", "--remote", "slurm", "--dry-run")


class Remote(JobTest):
    def assert_lists_this_machine(self, result):
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        name = CLUSTER.output_of("sinfo", "-h", "-o", "%N")
        text = result.stdout.decode()
        self.assertIn(f"slots=1  # host 1: {name}, {CLUSTER.processors} cores\n", text)
        self.assertNotIn("# host 2", text)

    def test_its_host_and_cores_are_taken(self):
        self.assert_lists_this_machine(run(*SALLOC, *REMOTE))

    def test_they_are_in_the_shell_that_salloc_starts_on_a_node_too(self):
        # What salloc without a command does where LaunchParameters has use_interactive_step.
        self.assert_lists_this_machine(
            run(*SALLOC, "srun", "--interactive", "--preserve-env", *REMOTE)
        )

    def test_a_task_of_srun_needs_no_remote(self):
        result = run(*SALLOC, "srun", "--ntasks=1", "--quiet", *REMOTE)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn(b"leave the option out", result.stderr)


if __name__ == "__main__":
    unittest.main()
