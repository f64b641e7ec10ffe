"""Runs programs under a Slurm of this machine, or ends the script where there can be none.

The test scripts are started with the paths of wordcount and of cli_pipelines.
"""

import atexit
import pathlib
import random
import sys
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "cli"))

import programs  # noqa: E402  (reads the arguments)
from cluster import Cluster, Unavailable  # noqa: E402
from programs import PIPELINES, WORDCOUNT, processes_of, rank_of  # noqa: E402

# What CTest takes for a skipped test.
SKIPPED = 77

try:
    CLUSTER = Cluster()
except Unavailable as reason:
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)
atexit.register(CLUSTER.close)


def run(name, *arguments):
    return programs.run(CLUSTER.paths[name], *arguments, env=CLUSTER.environment)


def start(name, *arguments):
    return programs.start(CLUSTER.paths[name], *arguments, env=CLUSTER.environment)


class JobTest(programs.ProgramTest):
    def write_text(self):
        words = [f"word{chr(97 + i % 26)}" * (1 + i % 9) for i in range(300)]
        pick = random.Random(5)
        lines = (" ".join(pick.choices(words, k=9)) for _ in range(20_000))
        return self.write("text", "\n".join(lines).encode())

    def expected(self, text):
        """What one process prints, and writes into its output file."""
        result = programs.run(WORDCOUNT, "--local", 2, text, "--output", "expected")
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout, (self.folder / "expected").read_bytes()

    def ranks_that_run(self, count):
        """Waits until the pipelines run as so many ranks, and returns their processes by rank."""
        end_of_patience = time.monotonic() + programs.PATIENCE
        while time.monotonic() < end_of_patience:
            processes = processes_of(PIPELINES, self.folder)
            if len(processes) == count:
                return sorted(processes, key=rank_of)
            time.sleep(0.02)
        raise self.failureException(f"{count} ranks do not come up")


def bindings(report):
    """The processors of the workers of each rank, from the table of --report-bindings."""
    rows = [line.split() for line in report.splitlines()]
    ranks = {}
    for row in rows[1 + rows.index(["host", "rank", "worker", "CPUs", "core", "NUMA", "node"]) :]:
        if len(row) == 6:
            ranks.setdefault(int(row[1]), []).append(int(row[3]))
    return [sorted(ranks[rank]) for rank in sorted(ranks)]
