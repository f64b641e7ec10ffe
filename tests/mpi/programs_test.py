"""The programs give under mpirun what they give in one process."""

import json
import os
import random
import unittest

from ranks import LINK, launch
from programs import PIPELINES, WORDCOUNT, ProgramTest, run

FOLDER = os.path.dirname(WORDCOUNT)
RANKS = (1, 2, 3, 4)


def program(name):
    return os.path.join(FOLDER, name)


class Programs(ProgramTest):
    def assert_same(self, name, *arguments, same=None):
        """The output file of each number of ranks is that of one process."""
        run(program(name), "--local", 2, "--output", "expected", *arguments)
        expected = (self.folder / "expected").read_bytes()
        self.assertTrue(expected)
        for ranks in RANKS:
            result = launch(ranks, program(name), "--output", "found", *arguments)
            self.assertEqual(result.returncode, 0, result.stderr)
            found = (self.folder / "found").read_bytes()
            if same:
                self.assertTrue(same(found, expected), ranks)
            else:
                self.assertEqual(found, expected, ranks)

    def test_frames_arrive_in_order_and_links_end(self):
        for ranks in (2, 4):
            result = launch(ranks, LINK, ranks)
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_word_count(self):
        words = [f"word{chr(97 + i % 26)}" * (1 + i % 9) for i in range(300)]
        pick = random.Random(5)
        lines = (" ".join(pick.choices(words, k=9)) for _ in range(30_000))
        text = self.write("text", "\n".join(lines).encode())
        for variant in ("assoc", "fold", "opt"):
            self.assert_same("wordcount", text, "--variant", variant)

    def test_windows(self):
        self.assert_same("bids", 300_000)
        self.assert_same("bids", 100_000, "--window", 200, "--slide", 50)

    def test_iterations(self):
        pick = random.Random(6)
        edges = "".join(f"{pick.randrange(3000)},{pick.randrange(3000)}\n" for _ in range(4000))
        self.assert_same("connected_components", 100, self.write("edges", edges.encode()))
        self.assert_same("pagerank", 10, "edges", same=self.values_are_close)

    def values_are_close(self, found, expected):
        """Sums in another order are rounded in another way."""
        rows = [line.split(b"\t") for line in found.splitlines()]
        others = [line.split(b"\t") for line in expected.splitlines()]
        return [row[0] for row in rows] == [row[0] for row in others] and all(
            abs(float(a[1]) - float(b[1])) < 1e-12 for a, b in zip(rows, others)
        )

    def test_results_are_on_rank_0_unless_all_ranks_are_to_have_them(self):
        lines = launch(3, PIPELINES, "results").stdout.decode().splitlines()
        everywhere = [f"rank {rank}: no and 100" for rank in (1, 2)]
        self.assertEqual(sorted(lines), ["rank 0: 100 and 100", *everywhere])

    def test_one_rank_prints_for_all(self):
        text = self.write("text", b"one two two\n" * 1000)
        result = launch(3, WORDCOUNT, text, "--json")
        lines = result.stdout.decode().splitlines()
        self.assertEqual(lines[:-1], ["two\t2000", "one\t1000"])
        report = json.loads(lines[-1])
        self.assertEqual(report["ranks"], 3)
        self.assertGreaterEqual(report["workers"], 3)
        self.assertEqual(report["items"], 3000)


if __name__ == "__main__":
    unittest.main()
