"""Runs the programs under test, each test in a folder of its own.

The test scripts are started with the paths of the two programs.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

WORDCOUNT = str(pathlib.Path(sys.argv.pop(1)).resolve())
PIPELINES = str(pathlib.Path(sys.argv.pop(1)).resolve())

# A hang must fail the test that causes it, not the whole script.
PATIENCE = 50


def wordcount(*arguments, **options):
    return run(WORDCOUNT, *arguments, **options)


def run(*command, **options):
    """Runs a command to its end and returns what it printed, as bytes."""
    command = [str(word) for word in command]
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("timeout", PATIENCE)
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


def start(*command, **options):
    """Starts a command whose output is read while it runs."""
    return subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def processes_of(program, folder):
    """The processes that run a program in a folder."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/cwd") == str(folder) and os.path.samefile(
                f"/proc/{pid}/exe", program
            ):
                found.append(int(pid))
        except OSError:
            continue
    return found


def rank_of(process):
    """The rank that mpirun or srun has given to a process."""
    environment = pathlib.Path(f"/proc/{process}/environ").read_bytes()
    found = dict(entry.partition(b"=")[::2] for entry in environment.split(b"\0"))
    return int(found.get(b"OMPI_COMM_WORLD_RANK") or found[b"SLURM_PROCID"])


class ProgramTest(unittest.TestCase):
    """A test in a temporary folder, where the programs run."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="renoir-cli-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        previous = os.getcwd()
        self.addCleanup(os.chdir, previous)
        os.chdir(self.folder)

    def write(self, name, content):
        """Writes a file and returns its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def assert_error(self, result, exit_code, *words):
        """The program ended with one line `error: ...` that has these words, and nothing else."""
        text = result.stderr.decode(errors="replace")
        self.assertEqual(result.returncode, exit_code, text)
        self.assertTrue(text.startswith("error: "), text)
        self.assertEqual(text.count("\n"), 1, text)
        self.assertTrue(text.endswith("\n"), text)
        for word in words:
            self.assertIn(str(word), text)
        self.assertEqual(result.stdout, b"")
