"""Checks scripts/bench with stand-ins for the programs that it measures.

Usage: table_test.py REPOSITORY
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))
sys.path.insert(0, str(ROOT / "scripts" / "benchmarks"))

from bench import Line  # noqa: E402  (the path is known only now)


class Medians(unittest.TestCase):
    def test_the_ratio_is_the_median_of_those_of_the_rounds(self):
        line = Line("", "s", ours=[1, 4, 9], by_hand=[1, 1, 9], most_ratio=1.5)
        self.assertEqual((line.median, line.median_by_hand, line.ratio), (4, 1, 1))
        self.assertTrue(line.holds)

    def test_a_limit_of_our_own_time_does_not_look_at_the_ratio(self):
        line = Line("", "ns", ours=[4, 6, 5], by_hand=[1, 1, 1], most=5)
        self.assertTrue(line.holds)
        self.assertFalse(Line("", "ns", ours=[5.1], most=5).holds)

    def test_of_a_bandwidth_more_is_better(self):
        self.assertTrue(Line("", "GB/s", ours=[9, 8], by_hand=[10, 8], least_ratio=0.9).holds)
        self.assertFalse(Line("", "GB/s", ours=[8, 9], by_hand=[10, 10], least_ratio=0.9).holds)

    def test_a_limit_of_the_difference_is_for_its_median(self):
        line = Line("", "ms", ours=[300, 150, 210], by_hand=[100, 100, 100], most_more=110)
        self.assertEqual(line.difference, 110)
        self.assertTrue(line.holds)
        self.assertFalse(Line("", "ms", ours=[211], by_hand=[100], most_more=110).holds)


class Script(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def program(self, name, seconds=1.0, result=7, output="", ending="exit 0"):
        """A program that reports what it is told to, and writes down that it ran."""
        path = self.folder / name
        path.write_text("#!/bin/sh\n"
                        f"echo {name} >> '{self.folder}/order'\n"
                        "while [ $# -gt 0 ]; do\n"
                        f"  if [ \"$1\" = --output ]; then echo '{output}' > \"$2\"; fi\n"
                        "  shift\n"
                        "done\n"
                        f"echo '{{\"seconds\": {seconds}, \"items\": 5, \"result\": {result}}}'\n"
                        f"{ending}\n", encoding="utf-8")
        path.chmod(0o755)

    def mpirun(self):
        """A launcher that writes down how it is called and runs the program once."""
        path = self.folder / "mpirun"
        path.write_text("#!/bin/sh\n"
                        f"echo \"$@\" >> '{self.folder}/launches'\n"
                        "while [ \"$1\" != -np ]; do shift; done\n"
                        "shift 2\n"
                        "exec \"$@\"\n", encoding="utf-8")
        path.chmod(0o755)

    def launches(self):
        return (self.folder / "launches").read_text(encoding="utf-8").splitlines()

    def lines(self):
        return json.loads((self.folder / "json").read_text(encoding="utf-8"))["lines"]

    def bench(self, *arguments, path=None):
        command = [sys.executable, "-B", ROOT / "scripts" / "benchmarks",
                   "--programs", self.folder, "--data", self.folder / "data",
                   "--json", self.folder / "json", *arguments]
        path = path or f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False,
                              env={**os.environ, "PATH": path})

    def test_slow_is_no_error(self):
        self.program("microbench", seconds=1000)
        self.program("baseline_microbench", seconds=10)
        done = self.bench("shuffle", "--rounds", "1")
        self.assertEqual((done.returncode, done.stderr.count("error")), (0, 0))
        row = next(text for text in done.stdout.splitlines() if "shuffle" in text)
        self.assertRegex(row, r"\| 100\.00 \| <= 5 ns \| NO ")

    def test_fast_holds(self):
        self.program("microbench", seconds=0.001)
        self.program("baseline_microbench", seconds=0.001)
        self.assertEqual(self.bench("shuffle", "--rounds", "1").returncode, 0)
        line, = self.lines()
        self.assertEqual((line["ratio"], line["holds"]), (1, True))

    def test_the_sides_take_turns_in_being_first(self):
        self.program("microbench")
        self.program("baseline_microbench")
        self.bench("maps", "--rounds", "3")
        order = (self.folder / "order").read_text(encoding="utf-8").split()
        first, second = "microbench", "baseline_microbench"
        self.assertEqual(order, [first, second, second, first, first, second])

    def test_a_different_result_is_an_error(self):
        self.program("microbench", result=7)
        self.program("baseline_microbench", result=8)
        done = self.bench("maps", "--rounds", "1")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("results differ", done.stderr)

    def test_equal_totals_of_different_counts_are_an_error(self):
        self.program("generate")
        self.program("wordcount", output="a 2 b 3")
        self.program("baseline_wordcount", output="a 3 b 2")
        done = self.bench("wordcount-assoc", "--rounds", "1")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("results differ", done.stderr)

    def test_sums_may_be_rounded_in_another_way(self):
        self.program("generate")
        self.program("kmeans", output="1.5,2.0000000000000004")
        self.program("baseline_kmeans", output="1.5,2")
        done = self.bench("kmeans", "--rounds", "1")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_other_numbers_are_an_error(self):
        self.program("generate")
        self.program("kmeans", output="1.5,2")
        for output in ("1.5,2.00001", "1.5", "1.5,2,3", "1.5\t2\n1.5,2", ""):
            with self.subTest(output=output):
                self.program("baseline_kmeans", output=output)
                done = self.bench("kmeans", "--rounds", "1")
                self.assertEqual((done.returncode, done.stdout), (1, ""))

    def test_labels_must_be_the_same(self):
        self.program("generate")
        self.program("connected_components", output="0 1")
        self.program("baseline_connected_components", output="0 2")
        done = self.bench("components", "--rounds", "1")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("results differ", done.stderr)

    def test_word_count_has_a_line_of_time_and_one_of_memory(self):
        self.program("generate")
        self.program("wordcount", output="a 2", seconds=3)
        self.program("baseline_wordcount", output="a 2", seconds=2)
        done = self.bench("wordcount-fold", "--rounds", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        time, memory = self.lines()
        self.assertEqual((time["ours"], time["compared"], time["holds"]), ([3], [2], False))
        self.assertGreater(memory["ours"][0], 0)

    def test_a_program_that_fails_is_an_error_with_its_own_words(self):
        self.program("microbench")
        self.program("baseline_microbench", ending="echo 'too few threads' >&2; exit 3")
        done = self.bench("mixed", "--rounds", "1")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "baseline_microbench .* ended with 3: too few threads")

    def test_a_bandwidth_is_measured_on_each_transport(self):
        self.mpirun()
        self.program("microbench", seconds=2)
        self.program("baseline_mpi_stream", seconds=1)
        done = self.bench("mpi-stream", "--rounds", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([(line["ratio"], line["target"], line["holds"]) for line in self.lines()],
                         2 * [(0.5, "ratio >= 0.90", False)])
        self.assertEqual(["self,tcp" in launch for launch in self.launches()],
                         [False, False, True, True])

    def test_two_ranks_are_compared_with_one(self):
        self.mpirun()
        self.program("generate")
        self.program("wordcount", output="a 2")
        done = self.bench("mpi-wordcount", "--rounds", "1", "--quick")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([(line["ratio"], line["target"]) for line in self.lines()],
                         [(1, "ratio <= 1.15"), (1, "ratio <= 1.15"), (1, "ratio <= 2.00")])
        # Once for the results and once for the time.
        self.assertEqual(len(self.launches()), 3 * 2)
        for launch in self.launches():
            self.assertIn(" -np 2 ", launch)
            self.assertIn(" --workers-per-rank 1", launch)

    def test_the_start_is_compared_with_a_program_that_only_starts(self):
        self.mpirun()
        self.program("wordcount")
        self.program("baseline_mpi_start")
        done = self.bench("mpi-start", "--rounds", "3")
        self.assertEqual(done.returncode, 0, done.stderr)
        line, = self.lines()
        self.assertEqual((len(line["ours"]), line["target"]), (3, "<= 100 ms more"))

    def test_a_missing_launcher_is_an_error_at_once(self):
        self.program("microbench")
        self.program("baseline_microbench")
        done = self.bench("maps", "mpi-shuffle", path=str(self.folder))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn("error: there is no mpirun", done.stderr)
        self.assertFalse((self.folder / "order").exists())

    def test_an_unknown_row_is_an_error(self):
        done = self.bench("suffle")
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no row 'suffle'", done.stderr)


if __name__ == "__main__":
    unittest.main()
