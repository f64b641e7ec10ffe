"""Checks scripts/scaling, and that its model says what microbench does.

Usage: scaling_test.py REPOSITORY FOLDER_OF_PROGRAMS [CLASS...]
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

ROOT = pathlib.Path(sys.argv.pop(1))
PROGRAMS = pathlib.Path(sys.argv.pop(1))
sys.path.insert(0, str(ROOT / "scripts" / "benchmarks"))

from scaling_model import KB, MARKS, Exchange, Layout, levels_of  # noqa: E402  (known only now)

RECORDS = 500_000


def report_of(ranks, workers, *options):
    command = [PROGRAMS / "microbench", "ranks", "--ranks", ranks, "--workers-per-rank", workers,
               *options, "--json"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=50, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def scaling(*options):
    command = [ROOT / "scripts" / "scaling", *options]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=50, check=False)


def cells_of(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def table_in(output):
    """A dictionary for each row of the table in Markdown."""
    heading, _, *rows = [cells_of(line) for line in output.splitlines() if line.startswith("|")]
    return [dict(zip(heading, row)) for row in rows]


class Model(unittest.TestCase):
    def test_it_takes_two_levels_where_the_library_does(self):
        for ranks, workers in ((1, 70), (4, 16), (5, 13), (2, 32), (2, 33), (65, 1)):
            with self.subTest(ranks=ranks, workers=workers):
                report = report_of(ranks, workers, "--records", 0)
                self.assertEqual(levels_of(ranks, workers), int(report["levels"]))

    def test_it_knows_what_leaves_a_rank(self):
        for layout in (Layout(1, 2), Layout(5, 1), Layout(3, 2, 1), Layout(3, 2, 2),
                       Layout(9, 3, 2)):
            with self.subTest(layout=layout):
                report = report_of(layout.ranks, layout.workers, "--levels", layout.levels,
                                   "--records", RECORDS)
                exchange = Exchange(layout, RECORDS)
                self.assertEqual(report["channels_per_rank"], layout.channels)
                slabs = layout.channels * (exchange.full_slabs_of_a_channel + MARKS)
                # Late credits are fewer.
                self.assertGreaterEqual(report["frames_per_rank"], slabs)
                self.assertLessEqual(report["frames_per_rank"], exchange.frames)
                self.assertLessEqual(report["most_frames_under_way"], exchange.most_under_way)
                self.assertAlmostEqual(report["bytes_per_record"], exchange.bytes_per_record,
                                       delta=0.01 * exchange.bytes_per_record)

    def test_credits_bound_what_is_under_way(self):
        layout = Layout(2, 1)
        exchange = Exchange(layout, 10 * RECORDS)
        self.assertLess(exchange.most_under_way, exchange.frames / 10)
        report = report_of(2, 1, "--records", 10 * RECORDS)
        self.assertGreater(report["most_frames_under_way"], 0)
        self.assertLessEqual(report["most_frames_under_way"], exchange.most_under_way)


class Memory(unittest.TestCase):
    """Not for programs with a sanitizer, which takes memory of its own."""

    def test_it_is_as_much_as_predicted_before_the_first_record(self):
        for layout in (Layout(64, 2, 1), Layout(64, 2, 2), Layout(16, 8, 1)):
            with self.subTest(layout=layout):
                report = report_of(layout.ranks, layout.workers, "--levels", layout.levels,
                                   "--records", 0)
                predicted = Exchange(layout, 0).memory_before / KB
                self.assertAlmostEqual(report["built_kb_per_rank"], predicted,
                                       delta=0.3 * predicted)

    def test_it_keeps_its_bound(self):
        for layout in (Layout(4, 2, 1), Layout(4, 2, 2), Layout(64, 2, 2)):
            with self.subTest(layout=layout):
                report = report_of(layout.ranks, layout.workers, "--levels", layout.levels,
                                   "--records", RECORDS)
                self.assertLessEqual(report["peak_kb_per_rank"],
                                     Exchange(layout, RECORDS).most_memory / KB)


class Script(unittest.TestCase):
    def test_a_quick_run_agrees_with_the_model_and_is_drawn(self):
        with tempfile.TemporaryDirectory() as folder:
            picture = pathlib.Path(folder) / "scaling.svg"
            done = scaling("--quick", "--programs", PROGRAMS, "--svg", picture)
            self.assertEqual(done.returncode, 0, done.stderr)
            drawing = xml.etree.ElementTree.parse(picture)
        rows = table_in(done.stdout)
        layouts = [tuple(int(row[name]) for name in ("ranks", "workers", "levels")) for row in rows]
        self.assertEqual(layouts, [(1, 1, 1), (4, 1, 1), (1, 2, 1), (4, 2, 1), (4, 2, 2),
                                   (1, 8, 1), (4, 8, 1), (4, 8, 2)])
        for row in rows:
            with self.subTest(row=row):
                predicted, measured = row["channels"].split(" / ")
                self.assertEqual(predicted, measured)
                bound, measured = row["under way"].removeprefix("<= ").split(" / ")
                self.assertLessEqual(float(measured), float(bound))
        circles = drawing.findall("{http://www.w3.org/2000/svg}circle")
        # In the legend, and of each row in each panel; one rank has no channels to draw.
        self.assertEqual(len(circles), 5 + 4 * len(rows) - 3)
        for circle in circles:
            self.assertTrue(0 < float(circle.get("cx")) < float(drawing.getroot().get("width")))
            self.assertTrue(0 < float(circle.get("cy")) < float(drawing.getroot().get("height")))

    def test_it_predicts_without_running_anything(self):
        done = scaling("--predict", 64, 64, "--programs", "/nowhere")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual([(row["levels"], row["channels"]) for row in table_in(done.stdout)],
                         [("1", str(64 * 63 * 64)), ("2", str(63 * 64))])
        self.assertIn("levels that the library takes: 2\n", done.stdout)
        alone = scaling("--predict", 64, 1)
        self.assertEqual([row["levels"] for row in table_in(alone.stdout)], ["1"])

    def test_mistakes_end_it_at_once(self):
        for options, text in ((["--rounds", 0], "give a number from 1 on"),
                              (["--rounds", "many"], "--rounds"),
                              (["--ranks", 4], "unrecognized arguments: --ranks"),
                              (["--predict", 64], "--predict"),
                              (["--svg", "/nowhere/scaling.svg"], "no folder '/nowhere'")):
            with self.subTest(options=options):
                done = scaling(*options)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn("scripts/scaling: error: ", done.stderr)
                self.assertIn(text, done.stderr)

    def test_a_program_that_is_not_there_is_named(self):
        done = scaling("--quick", "--programs", "/nowhere")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("\nerror: cannot run '/nowhere/microbench': ", done.stderr)


if __name__ == "__main__":
    unittest.main()
