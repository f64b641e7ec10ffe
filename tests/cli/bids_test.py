"""Compares bids with loops over all bids, made by the definition of the bids."""

import collections
import json
import os
import unittest

from programs import WORDCOUNT, ProgramTest, run

BIDS = os.path.join(os.path.dirname(WORDCOUNT), "bids")
BITS = 2**64 - 1
BLOCK = 256  # bids that a worker makes in a row


def mix(value):
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & BITS
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & BITS
    return value ^ (value >> 31)


def bid(number, keys, disorder):
    """Its time, the time before it was moved back, auction and price."""
    r = mix((number * 0x9E3779B97F4A7C15 + 1) & BITS)
    auction = (number // 4096) % 997 if r & 7 else mix(r) % 10000
    in_order = number // 100
    time = in_order - (mix(number) % (disorder + 1) if disorder else 0)
    return time, in_order, auction % keys if keys else auction, 100 + (r >> 20) % 10000


def windows(time, size, slide):
    first = (time - size) // slide + 1
    return range(first * slide, time + 1, slide)


def reference(count, size=1000, slide=None, keys=0, disorder=0, delay=None, every=1000, workers=1):
    """The rows of the output and the late bids."""
    slide = slide or size
    delay = disorder if delay is None else delay
    tallies = collections.defaultdict(lambda: [0, 0])
    late = []
    for worker in range(workers):
        watermark = -2**63
        seen = 0
        for block in range(worker * BLOCK, count, workers * BLOCK):
            for number in range(block, min(block + BLOCK, count)):
                time, in_order, auction, price = bid(number, keys, disorder)
                open_windows = [w for w in windows(time, size, slide) if w + size - 1 > watermark]
                if not open_windows:
                    late.append((time, auction, price))
                for start in open_windows:
                    tally = tallies[start, auction]
                    tally[0] += 1
                    tally[1] = max(tally[1], price)
                seen += 1
                if seen % every == 0:
                    watermark = max(watermark, in_order - delay - 1)
    rows = [(start, auction, *tally) for (start, auction), tally in sorted(tallies.items())]
    return rows, sorted(late)


def numbers_of(path):
    return [tuple(map(int, line.split("\t"))) for line in path.read_text().splitlines()]


class Bids(ProgramTest):
    def bids(self, *arguments):
        result = run(BIDS, *map(str, arguments), "--output", str(self.folder / "rows"))
        self.assertEqual((result.returncode, result.stderr), (0, b""), result.stderr)
        return result

    def test_windows(self):
        for options in ({}, {"size": 50}, {"size": 100, "slide": 10}, {"size": 70, "slide": 30},
                        {"size": 37, "keys": 5}, {"size": 100, "slide": 50, "disorder": 40}):
            count = 20_000
            rows, late = reference(count, **options)
            self.assertEqual(late, [])
            arguments = [part for name, value in options.items()
                         for part in ("--" + name.replace("size", "window"), value)]
            for workers in (1, 2, 3):
                with self.subTest(workers=workers, **options):
                    self.bids(count, *arguments, "--local", workers)
                    self.assertEqual(numbers_of(self.folder / "rows"), rows)

    def test_few_bids(self):
        for count in (0, 1, 1023, 1025):
            rows, _ = reference(count)
            self.bids(count, "--local", 2)
            self.assertEqual(numbers_of(self.folder / "rows"), rows)

    def test_late_bids_are_counted_or_written(self):
        options = {"size": 20, "disorder": 60, "delay": 5, "every": 100}
        for workers in (1, 2):
            with self.subTest(workers=workers):
                rows, late = reference(20_000, workers=workers, **options)
                self.assertTrue(late)
                arguments = (20_000, "--window", 20, "--disorder", 60, "--delay", 5, "--watermark",
                             100, "--local", workers)
                result = self.bids(*arguments)
                self.assertEqual(numbers_of(self.folder / "rows"), rows)
                self.assertIn(f"{len(late)} late bids dropped".encode(), result.stdout)
                self.bids(*arguments, "--late", "output")
                self.assertEqual(numbers_of(self.folder / "rows"), rows)
                self.assertEqual(sorted(numbers_of(self.folder / "rows.late")), late)

    def test_json(self):
        report = json.loads(self.bids(100_000, "--json").stdout.splitlines()[-1])
        self.assertEqual(report["items"], 100_000)
        self.assertEqual(int(report["result"]), len(numbers_of(self.folder / "rows")))

    def test_mistakes(self):
        for arguments, words in (((), "BIDS"), ((-1,), "BIDS"), (("many",), "many"),
                                 ((10, "--keys", -1), "--keys"),
                                 ((10, "--window", 0), "size"), ((10, "--window", -5), "size"),
                                 ((10, "--slide", -5), "slide"),
                                 ((10, "--window", 10, "--slide", 11), "slide"),
                                 ((10, "--disorder", -1), "--disorder"),
                                 ((10, "--watermark", 0), "--watermark"),
                                 ((10, "--late", "perhaps"), "--late"),
                                 ((10, "--late", "output"), "--output")):
            with self.subTest(arguments=arguments):
                result = run(BIDS, *map(str, arguments))
                self.assertNotEqual(result.returncode, 0)
                lines = result.stderr.decode().splitlines()
                self.assertEqual(len([line for line in lines if line.startswith("error:")]), 1,
                                 lines)
                self.assertIn(words, result.stderr.decode())
                self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
