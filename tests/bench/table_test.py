"""Checks scripts/bench with stand-ins for the programs that it measures.

Usage: table_test.py REPOSITORY
"""

import json
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

    def bench(self, *arguments):
        command = [sys.executable, "-B", ROOT / "scripts" / "benchmarks",
                   "--programs", self.folder, "--data", self.folder / "data",
                   "--json", self.folder / "json", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)

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
        line, = json.loads((self.folder / "json").read_text(encoding="utf-8"))["lines"]
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
        time, memory = json.loads((self.folder / "json").read_text(encoding="utf-8"))["lines"]
        self.assertEqual((time["ours"], time["compared"], time["holds"]), ([3], [2], False))
        self.assertGreater(memory["ours"][0], 0)

    def test_a_program_that_fails_is_an_error_with_its_own_words(self):
        self.program("microbench")
        self.program("baseline_microbench", ending="echo 'too few threads' >&2; exit 3")
        done = self.bench("mixed", "--rounds", "1")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "baseline_microbench .* ended with 3: too few threads")

    def test_an_unknown_row_is_an_error(self):
        done = self.bench("suffle")
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no row 'suffle'", done.stderr)


if __name__ == "__main__":
    unittest.main()
