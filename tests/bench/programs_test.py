"""Runs the small benchmarks on little input.

Usage: programs_test.py MICROBENCH BASELINE_MICROBENCH BASELINE_JOIN
"""

import json
import subprocess
import sys
import unittest

BASELINE_JOIN = sys.argv.pop()
BASELINE = sys.argv.pop()
MICROBENCH = sys.argv.pop()
WRAP = 2**64
GOLDEN_RATIO = 0x9E3779B97F4A7C15


def report_of(*command):
    command = [*map(str, command), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def digest_of(number):
    key = number * GOLDEN_RATIO % WRAP
    return (key ^ (key >> 32)) + number


class SmallBenchmarks(unittest.TestCase):
    def test_the_library_and_the_hand_written_program_agree(self):
        for row in ("shuffle", "maps", "mixed"):
            for records, parallel in ((0, 2), (1, 2), (2_500, 1), (100_003, 3)):
                with self.subTest(row=row, records=records, parallel=parallel):
                    same = [row, "--records", records, "--first", 12_345]
                    ours = report_of(MICROBENCH, *same, "--local", parallel)
                    theirs = report_of(BASELINE, *same, "--threads", parallel)
                    self.assertEqual(ours["result"], theirs["result"])
                    self.assertEqual((ours["items"], theirs["items"]), (records, records))

    def test_both_joins_find_the_same_pairs(self):
        for left, right, parallel in ((0, 1, 2), (1, 1, 1), (5_000, 700, 2), (3_000, 9_000, 3)):
            with self.subTest(left=left, right=right, parallel=parallel):
                ours = report_of(MICROBENCH, "join", "--records", left, "--right-records", right,
                                 "--local", parallel)
                theirs = report_of(BASELINE_JOIN, "--left", left, "--right", right,
                                   "--threads", parallel)
                self.assertEqual(ours["result"], theirs["result"])
                self.assertEqual(ours["result"].split()[0], str(left))

    def test_the_shuffle_adds_up_every_record_once(self):
        expected = sum(digest_of(number) for number in range(1, 5_001)) % WRAP
        self.assertEqual(report_of(MICROBENCH, "shuffle", "--records", 5_000)["result"], expected)

    def test_simulated_ranks_have_the_channels_that_they_need(self):
        expected = sum(digest_of(number) for number in range(7, 20_007)) % WRAP
        for ranks in (1, 3, 8):
            for workers, levels in ((1, 1), (2, 1), (2, 2)):
                with self.subTest(ranks=ranks, workers=workers, levels=levels):
                    report = report_of(MICROBENCH, "ranks", "--ranks", ranks, "--workers-per-rank",
                                       workers, "--levels", levels, "--records", 20_000,
                                       "--first", 7)
                    self.assertEqual((report["result"], report["items"]), (expected, 20_000))
                    self.assertEqual((report["ranks"], report["workers"]), (ranks, ranks * workers))
                    ends = workers if levels == 1 else 1
                    self.assertEqual(report["channels_per_rank"], (ranks - 1) * workers * ends)
                    # Every record that leaves its rank, once, and what marks and headers add.
                    least = 16 * (ranks - 1) / ranks
                    headers = 64 * ranks * report["frames_per_rank"] / 20_000
                    self.assertLessEqual(abs(report["bytes_per_record"] - least),
                                         0.05 * least + headers)
                    self.assertGreater(report["peak_kb_per_rank"], 0)
                    self.assertGreater(report["build_seconds"], 0)

    def test_an_exchange_has_two_levels_above_64_workers(self):
        for ranks, workers, levels in ((8, 8, 1), (33, 2, 2), (66, 1, 1)):
            with self.subTest(ranks=ranks, workers=workers):
                report = report_of(MICROBENCH, "ranks", "--ranks", ranks, "--workers-per-rank",
                                   workers, "--records", 1_000)
                self.assertEqual(report["levels"], levels)

    def test_a_loop_makes_as_many_rounds_as_it_is_asked_for(self):
        for count, parallel in ((0, 2), (1, 1), (1_000, 3)):
            with self.subTest(rounds=count, parallel=parallel):
                report = report_of(MICROBENCH, "rounds", "--rounds", count, "--local", parallel)
                self.assertEqual(report["items"], count)

    def test_no_record_is_sent_before_it_is_due(self):
        report = report_of(MICROBENCH, "latency", "--rate", 20_000, "--duration", 0.1, "--local", 2)
        self.assertEqual(report["items"], 2_000)
        self.assertGreaterEqual(report["seconds"], 0.0999)
        self.assertGreater(report["median_us"], 0)
        self.assertLessEqual(report["median_us"], report["p99_us"])
        self.assertLessEqual(report["p99_us"], report["max_us"])

    def test_a_quiet_channel_is_waited_for(self):
        report = report_of(MICROBENCH, "idle", "--duration", 0.1, "--local", 2)
        self.assertGreaterEqual(report["seconds"], 0.1)
        self.assertGreaterEqual(report["cores"], 0)


if __name__ == "__main__":
    unittest.main()
