"""A user function that throws ends the program within a second, with one line that says where."""

import re
import time
import unittest

from programs import PIPELINES, PATIENCE, ProgramTest, run, start


class Failure(ProgramTest):
    def test_the_line_names_operator_rank_worker_and_text(self):
        for workers in (1, 2, 4):
            with self.subTest(workers=workers):
                result = run(PIPELINES, "--local", str(workers), "throw")
                self.assertEqual(result.returncode, 1)
                self.assertRegex(
                    result.stderr.decode(),
                    r"\Aerror: map \(pipelines\.cpp:\d+\) failed on rank 0, worker 0: "
                    r"cannot use 5000\n\Z",
                )
                self.assertEqual(result.stdout, b"throwing\n")

    def test_it_takes_less_than_a_second(self):
        process = start(PIPELINES, "--local", "4", "throw")
        with process:
            self.assertEqual(process.stdout.readline(), b"throwing\n")
            began = time.monotonic()
            _, errors = process.communicate(timeout=PATIENCE)
            self.assertLess(time.monotonic() - began, 1)
        self.assertEqual(process.returncode, 1)
        self.assertTrue(re.match(rb"error: [^\n]*\n\Z", errors), errors)


if __name__ == "__main__":
    unittest.main()
