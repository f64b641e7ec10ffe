"""Jobs inside MPI programs: results at every thread level, refusals and failures."""

import unittest

from ranks import HEAT, WITHIN_MPI, launch
from programs import ProgramTest

LEVELS = ("funneled", "serialized", "multiple")


class WithinMpi(ProgramTest):
    def assert_well(self, result):
        self.assertEqual(result.returncode, 0, result.stderr)

    def assert_ends_with(self, result, exit_code, *words):
        text = result.stderr.decode()
        self.assertEqual(result.returncode, exit_code, text)
        self.assertEqual(text.count("error: "), 1, text)
        for word in words:
            self.assertIn(word, text)

    def test_sums(self):
        for level in LEVELS:
            for ranks in (1, 2, 4):
                with self.subTest(level=level, ranks=ranks):
                    self.assert_well(launch(ranks, WITHIN_MPI, level))

    def test_progress_of_the_calling_thread(self):
        for ranks in (1, 3):
            self.assert_well(launch(ranks, WITHIN_MPI, "progress"))

    def test_a_failure_ends_the_loop_over_time(self):
        self.assert_ends_with(launch(2, WITHIN_MPI, "failure"), 1, "for_each", "five thousand")

    def test_refusals(self):
        self.assert_ends_with(launch(2, WITHIN_MPI, "not initialised"), 2, "MPI_Init_thread")
        self.assert_ends_with(launch(2, WITHIN_MPI, "single"), 2, "MPI_THREAD_SINGLE")
        self.assert_ends_with(launch(2, WITHIN_MPI, "own context"), 2, "renoir/mpi.hpp")

    def test_heat_is_the_same_however_it_is_started(self):
        shape = (40, 50, "--steps", 60, "--output", "found")
        self.assert_well(launch(1, HEAT, *shape))
        expected = (self.folder / "found").read_text().splitlines()
        self.assertEqual(len(expected), 60)
        for level in LEVELS:
            for ranks in (1, 2, 3):
                with self.subTest(level=level, ranks=ranks):
                    self.assert_well(launch(ranks, HEAT, *shape, "--threads", level))
                    found = (self.folder / "found").read_text().splitlines()
                    self.assertEqual(found, expected)

    def test_heat_loses_nothing(self):
        self.assert_well(launch(2, HEAT, 30, 30, "--steps", 200, "--output", "found"))
        rows = [line.split("\t") for line in (self.folder / "found").read_text().splitlines()]
        self.assertEqual({row[2] for row in rows}, {rows[0][2]})
        highest = [float(row[3]) for row in rows]
        self.assertEqual(highest, sorted(highest, reverse=True))
        self.assertLess(highest[-1], highest[0])


if __name__ == "__main__":
    unittest.main()
