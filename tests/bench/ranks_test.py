"""Runs the small benchmarks on the ranks of mpirun, on little input.

Usage: ranks_test.py REPOSITORY FOLDER_OF_PROGRAMS
"""

import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(sys.argv.pop(1)) / "scripts" / "benchmarks"))
PROGRAMS = pathlib.Path(sys.argv.pop(1))

from mpi_rows import MOST_QUEUED_KB, SHARED_MEMORY, TCP, on_ranks  # noqa: E402
from programs import ENVIRONMENT  # noqa: E402  (the path is known only now)

WRAP = 2**64
GOLDEN_RATIO = 0x9E3779B97F4A7C15


def launch(ranks, name, *arguments, transport=SHARED_MEMORY):
    command = on_ranks(ranks, [PROGRAMS / name, *arguments], transport)
    # MPI keeps memory until its process ends.
    environment = {**os.environ, **ENVIRONMENT, "ASAN_OPTIONS": "detect_leaks=0"}
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=50, check=False, env=environment)


def report_of(ranks, name, *arguments, **options):
    done = launch(ranks, name, *arguments, "--json", **options)
    if done.returncode != 0:
        raise AssertionError(f"{name} {arguments} ended with {done.returncode}: {done.stderr}")
    text, report = done.stdout.splitlines()  # of one rank
    return json.loads(report)


def mixed(word):
    return word ^ (word >> 32)


def sum_of_records(first, count):
    numbers = range(first, first + count)
    return sum(mixed(number * GOLDEN_RATIO % WRAP) + number for number in numbers) % WRAP


def sum_of_large_records(first, count):
    return sum(mixed(number * GOLDEN_RATIO % WRAP ^ (i << 32))
               for number in range(first, first + count) for i in range(128)) % WRAP


class Ranks(unittest.TestCase):
    def assert_refused(self, done, text):
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("error: ", done.stderr)
        self.assertIn(text, done.stderr)

    def test_large_records_arrive(self):
        for count in (0, 1, 65, 1_500):
            expected = sum_of_large_records(1, count)
            for ranks in (1, 2, 3):
                with self.subTest(records=count, ranks=ranks):
                    report = report_of(ranks, "microbench", "stream", "--records", count,
                                       "--workers-per-rank", 1)
                    self.assertEqual((report["result"], report["items"], report["ranks"]),
                                     (expected, count, ranks))
            with self.subTest(records=count, by="hand"):
                report = report_of(2, "baseline_mpi_stream", "--records", count)
                self.assertEqual((report["result"], report["items"]), (expected, count))

    def test_large_records_arrive_over_tcp(self):
        options = ["--records", 1_500, "--first", 12_345]
        expected = sum_of_large_records(12_345, 1_500)
        ours = report_of(2, "microbench", "stream", *options, transport=TCP)
        theirs = report_of(2, "baseline_mpi_stream", *options, transport=TCP)
        self.assertEqual((ours["result"], theirs["result"]), (expected, expected))

    def test_the_stream_by_hand_takes_two_ranks(self):
        for ranks in (1, 3):
            self.assert_refused(launch(ranks, "baseline_mpi_stream"), "it takes two ranks")

    def test_the_shuffle_adds_up_every_record_once(self):
        for count in (0, 1, 5_000, 40_001):
            expected = sum_of_records(7, count)
            options = ["--records", count, "--first", 7]
            for ranks in (1, 2, 3):
                with self.subTest(records=count, ranks=ranks):
                    ours = report_of(ranks, "microbench", "shuffle", *options,
                                     "--workers-per-rank", 2)
                    theirs = report_of(ranks, "baseline_mpi_shuffle", *options)
                    self.assertEqual((ours["result"], theirs["result"]), (expected, expected))
                    self.assertEqual(ours["workers"], 2 * ranks)

    def test_records_are_timed_from_one_rank_to_another(self):
        report = report_of(2, "microbench", "far-latency", "--rate", 20_000, "--duration", 0.1)
        self.assertEqual((report["items"], report["ranks"]), (2_000, 2))
        self.assertGreaterEqual(report["seconds"], 0.0999)
        self.assertGreater(report["median_us"], 0)
        self.assertLessEqual(report["median_us"], report["max_us"])

    def test_latency_within_a_process_is_refused(self):
        self.assert_refused(launch(2, "microbench", "latency"), "see 'far-latency'")

    def test_simulated_ranks_are_refused_among_real_ones(self):
        self.assert_refused(launch(2, "microbench", "ranks"), "without a launcher")

    def test_a_slow_consumer_has_no_more_waiting_than_its_credit(self):
        records = ["--records", 100_000]
        options = ["slow", *records, "--workers-per-rank", 2]
        expected = report_of(2, "baseline_mpi_stream", *records)["result"]
        for transport in (SHARED_MEMORY, TCP):
            with self.subTest(transport=transport[0]):
                beside = report_of(2, "microbench", *options, transport=transport)
                self.assertEqual(beside["result"], expected)
                self.assertGreater(beside["queued_kb"], 0)
                self.assertLessEqual(beside["queued_kb"], MOST_QUEUED_KB)
        alone = report_of(2, "microbench", *options, "--slow-records", 0)
        self.assertEqual((alone["result"], alone["queued_kb"]), (expected, 0))

    def test_a_slow_consumer_needs_a_worker_of_its_own(self):
        done = launch(2, "microbench", "slow", "--workers-per-rank", 1)
        self.assert_refused(done, "--workers-per-rank 2")

    def test_a_loop_and_a_pause_end_among_ranks(self):
        rounds = report_of(2, "microbench", "rounds", "--rounds", 100)
        self.assertEqual(rounds["items"], 100)
        idle = report_of(2, "microbench", "idle", "--duration", 0.1)
        self.assertGreaterEqual(idle["cores"], 0)

    def test_the_program_that_only_starts_ends_well(self):
        for ranks in (1, 2):
            done = launch(ranks, "baseline_mpi_start")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))


if __name__ == "__main__":
    unittest.main()
