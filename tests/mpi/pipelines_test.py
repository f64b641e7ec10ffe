"""The tests of pipelines by the same bodies, each rank in a process of its own."""

import unittest

from ranks import PROGRAMS, launch
from programs import ProgramTest

TESTS = str(PROGRAMS / "test_stream")


class Pipelines(ProgramTest):
    """What a rank asserts it asserts in every layout of workers and batch modes."""

    def assert_passes(self, ranks):
        result = launch(ranks, TESTS, "[ranks]", timeout=280)
        self.assertEqual(result.returncode, 0, result.stdout.decode() + result.stderr.decode())
        self.assertEqual(result.stdout.count(b"All tests passed"), ranks)

    def test_two_ranks(self):
        self.assert_passes(2)

    def test_four_ranks(self):
        self.assert_passes(4)


if __name__ == "__main__":
    unittest.main()
