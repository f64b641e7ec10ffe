"""The four ways to make a context, as docs/contexts.md shows them, on the launcher and over hosts.

Usage: contexts_test.py NEW_LOCAL LOCAL REMOTE FROM_ARGS
"""

import atexit
import pathlib
import sys
import unittest

from cluster import SKIPPED, Cluster, Unavailable

NEW_LOCAL, LOCAL, REMOTE, FROM_ARGS = (pathlib.Path(sys.argv.pop(1)).resolve() for _ in range(4))
CONFIG = pathlib.Path(__file__).resolve().parent / "contexts" / "config.toml"

# How many numbers below 1000 are multiples of 3.
EXPECTED = b"334\n"

try:
    CLUSTER = Cluster(2, [NEW_LOCAL.parent])
except Unavailable as reason:
    print(reason)
    sys.exit(SKIPPED)
atexit.register(CLUSTER.close)


class Contexts(unittest.TestCase):
    def run_as_user(self, *words, **options):
        return CLUSTER.run("renoir@launcher", *words, **options)

    def write(self, path):
        """Puts the configuration below the home of the user, where programs run."""
        script = 'mkdir -p "$(dirname "$0")" && cat >"$0"'
        data = CONFIG.read_bytes()
        self.run_as_user("sh", "-c", script, path, input=data, stdin=None).check_returncode()
        self.addCleanup(self.run_as_user, "rm", path)

    def assert_counts(self, *words):
        result = self.run_as_user(*words)
        self.assertEqual((result.stderr.decode(), result.returncode), ("", 0))
        self.assertEqual(result.stdout, EXPECTED)

    def hosts_with(self, program):
        """The hosts that a program has been copied to."""
        script = 'ls .renoir 2>/dev/null | grep -c "^$0-"'
        find = lambda host: CLUSTER.run(f"renoir@{host}", "sh", "-c", script, program.name)
        return [host for host in CLUSTER.hosts() if find(host).stdout == b"1\n"]

    def test_all_cores_of_this_machine(self):
        self.assert_counts(NEW_LOCAL)

    def test_so_many_workers(self):
        self.assert_counts(LOCAL)

    def test_the_hosts_of_a_file(self):
        self.write("config.toml")
        self.assert_counts(REMOTE)
        self.assertEqual(self.hosts_with(REMOTE), CLUSTER.hosts())

    def test_what_the_command_line_says(self):
        self.assert_counts(FROM_ARGS)
        self.assert_counts(FROM_ARGS, "--local", 4)
        self.assertEqual(self.hosts_with(FROM_ARGS), [])
        self.write("path/to/config.toml")
        self.assert_counts(FROM_ARGS, "--remote", "path/to/config.toml")
        self.assertEqual(self.hosts_with(FROM_ARGS), CLUSTER.hosts())


if __name__ == "__main__":
    unittest.main()
