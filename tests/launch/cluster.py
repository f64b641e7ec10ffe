"""The cluster of scripts/test-cluster, from Python."""

import contextlib
import os
import pathlib
import subprocess
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "scripts" / "test-cluster"

# What CTest and the script take for a skipped test.
SKIPPED = 77

# Seconds until a command counts as hanging.
PATIENCE = 50


class Unavailable(Exception):
    """This machine cannot run a cluster; the text says why."""


class Cluster:
    """Runs from its construction until close(), in a folder that only the launcher sees too."""

    def __init__(self, hosts=4, show=()):
        self.count = hosts
        self.closing = contextlib.ExitStack()
        with contextlib.ExitStack() as undo:
            undo.callback(self.closing.close)
            temporary = tempfile.TemporaryDirectory(prefix="renoir-launch-")
            self.folder = pathlib.Path(self.closing.enter_context(temporary)) / "cluster"
            self.closing.callback(self.call, "down")
            shown = [word for folder in show for word in ("--show", folder)]
            result = self.call("up", hosts, *shown)
            if result.returncode == SKIPPED:
                raise Unavailable(result.stderr.decode().strip())
            result.check_returncode()
            undo.pop_all()

    def close(self):
        self.closing.close()

    @property
    def environment(self):
        # Should this process be killed, the cluster ends by itself.
        own = {"RENOIR_TEST_CLUSTER": str(self.folder), "RENOIR_TEST_CLUSTER_MINUTES": "10"}
        return {**os.environ, **own}

    def call(self, *words, **options):
        """Runs a command of the script to its end and returns what it printed, as bytes."""
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("env", self.environment)
        return subprocess.run(
            [str(word) for word in (SCRIPT, *words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
            **options,
        )

    def do(self, *words):
        """Runs a command that must succeed, and returns its output as a text."""
        result = self.call(*words)
        if result.returncode != 0:
            raise AssertionError(f"{words}: {result.returncode}: {result.stderr.decode()}")
        return result.stdout.decode()

    def run(self, machine, *command, **options):
        """Runs a command on a machine; `variables` are added to the environment of a launcher."""
        variables = options.pop("variables", {})
        return self.call("run", machine, *command, env={**self.environment, **variables}, **options)

    def output(self, machine, *command):
        """What a command that must succeed prints on a machine."""
        return self.do("run", machine, *command).rstrip("\n")

    def start(self, machine, *command, **options):
        """Starts a command. On the launcher, the process is that command and takes its signals."""
        return subprocess.Popen(
            [str(word) for word in (SCRIPT, "run", machine, *command)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )

    def leftovers(self, *machine):
        return self.call("leftovers", *machine).stdout.decode().splitlines()

    def hosts(self):
        return [f"host{number}" for number in range(1, self.count + 1)]

    def machines(self):
        return ["launcher", *self.hosts()]


def eventually(is_so):
    """Gives something time to become true, and returns whether it did."""
    end_of_patience = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > end_of_patience:
            return False
        time.sleep(0.02)
    return True
