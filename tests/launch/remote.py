"""Remote jobs on the test cluster, for the tests that sys.argv gives the programs to."""

import atexit
import contextlib
import fcntl
import itertools
import json
import os
import pathlib
import pty
import re
import subprocess
import sys
import termios
import time
import unittest

from cluster import REPOSITORY, SCRIPT, SKIPPED, Cluster, Unavailable

# remote_program.cpp, word count, and a program with a library that hosts do not see.
PROGRAM, WORDCOUNT, LINKED = (pathlib.Path(sys.argv.pop(1)).resolve() for _ in range(3))

try:
    CLUSTER = Cluster(5, sorted({PROGRAM.parent, WORDCOUNT.parent, LINKED.parent}))
except Unavailable as reason:
    print(reason)
    sys.exit(SKIPPED)
atexit.register(CLUSTER.close)

# Tests and programs on the launcher can write here; hosts do not see it.
FILES = CLUSTER.folder / "test-files"
FILES.mkdir()
KEYS = CLUSTER.folder / "keys"

# The longest time until a failure is told, in seconds: a silent cut, and all else.
SILENCE = 15
SOON = 10

ENTRY_PORTS = 100
USERS = {1: "renoir", 2: "alice", 3: "bob", 4: "carol", 5: "renoir"}
# An entry that no other test has used: ports of a job stay closed for a while.
BASE_PORTS = itertools.count(10000, 100)


def secret(name):
    return (CLUSTER.folder / "secrets" / name).read_text().rstrip("\n")


def new_path(name):
    """A path for a file or a folder of a test."""
    return FILES / f"{len(list(FILES.iterdir()))}-{name}"


def login(number):
    """How to log in to a host, as the table `ssh` of its entry."""
    return {
        1: {"key_file": KEYS / "ed25519"},
        2: {"password": secret("password-2")},
        3: {
            "ssh_port": 2222,
            "key_file": KEYS / "encrypted-ed25519",
            "key_passphrase": secret("passphrase"),
        },
        4: {"password": secret("password-4")},
        5: {"key_file": KEYS / "ed25519"},
    }[number] | {"username": USERS[number]}


def entry(number, ssh=None, **keys):
    """The [[host]] of a host, with other values of some keys, or without those that are None."""
    table = {"address": f"host{number}.lan", "base_port": next(BASE_PORTS), "num_cores": 2, **keys}
    table["ssh"] = login(number) | (ssh or {})
    return table


def toml(value):
    if isinstance(value, dict):
        pairs = [f"{key} = {toml(item)}" for key, item in value.items() if item is not None]
        return "{ " + ", ".join(pairs) + " }"
    # A string of JSON, a number and an array of them are the same in TOML.
    return json.dumps(str(value) if isinstance(value, pathlib.Path) else value)


def config(*entries, launch=None, **keys):
    """Writes a configuration and returns its path. An entry may be the number of its host."""
    lines = [f"{key} = {toml(value)}" for key, value in keys.items()]
    if launch:
        lines.append(f"launch = {toml(launch)}")
    for table in entries:
        table = entry(table) if isinstance(table, int) else table
        lines.append("[[host]]")
        lines += [f"{key} = {toml(value)}" for key, value in table.items() if value is not None]
    path = new_path("config.toml")
    path.touch(0o600)
    path.write_text("\n".join(lines) + "\n")
    return path


def local(*words, program=PROGRAM, **options):
    """The same program on this machine."""
    return CLUSTER.run("launcher", program, *words, "--local", 3, **options)


def children_of(parent, name):
    """The processes with this name below a process, at any depth."""
    parents, names = {}, {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            text = (folder / "stat").read_text()
            names[int(folder.name)] = text[text.index("(") + 1 : text.rindex(")")]
            parents[int(folder.name)] = int(text[text.rindex(")") :].split()[2])

    def is_below(pid):
        while pid in parents:
            pid = parents[pid]
            if pid == parent:
                return True
        return False

    return [pid for pid in parents if names[pid] == name and is_below(pid)]


# Processes on the launcher that tests have for themselves.
OWN_PROCESSES = set()


def leftovers():
    """What jobs have left besides the copies of programs that they keep."""
    kept = re.compile(r"host\d: file /home/\w+/(\.renoir|copies)(/\w+-[0-9a-f]{16})?")
    given = re.compile(r"\w+: file /tmp/given.*")
    own = [f"launcher: process {pid}:" for pid in OWN_PROCESSES]
    own += [f"pid={pid}," for pid in OWN_PROCESSES]
    return [
        line
        for line in CLUSTER.leftovers()
        if not kept.fullmatch(line)
        and not given.fullmatch(line)
        and not any(part in line for part in own)
    ]


def pattern_of(message):
    """A message without what differs from one failure to the next."""
    for expression, replacement in (
        (r"'[^']*'", "'...'"),
        (r"SHA256:\S+", "SHA256:..."),
        (r">> \S+", ">> FILE"),
        (r"\S+\.toml:", "FILE:"),
        (r"\(\S+\.cpp:\d+\)", "(SOURCE)"),
        (r"of the program: [^;]+;", "of the program: LIBRARY;"),
        (r"host \d+ \([^)]*\)", "host N (HOST)"),
        (r"host\d\.lan|nohost\.lan", "HOST"),
        (r"\d+(\.\d+)*", "N"),
        (r" \(N other logins? failed as well\)", ""),
    ):
        message = re.sub(expression, replacement, message)
    return message


def documented_failures():
    """The messages and exit codes of the table in docs/remote.md."""
    text = (REPOSITORY / "docs" / "remote.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\|[^|]*\| `(error: [^`]*)` \| (\d+) \|$", text, re.MULTILINE)
    return {(pattern_of(message), int(code)) for message, code in rows}


DOCUMENTED = documented_failures()


# What a test that has failed has left is not held against others.
REPORTED = set()


class RunningJob:
    """A job that has been started, with the first lines of its ranks."""

    def __init__(self, path, entries, words=("wait", "/tmp/given/go"), program=PROGRAM, **options):
        self.process = CLUSTER.start(
            "launcher", *options.pop("before", ()), program, *words, "--remote", path, **options
        )
        self.lines = [self.process.stdout.readline().decode() for _ in range(entries)]

    @property
    def pid(self):
        return self.process.pid

    def end(self, seconds=50):
        """Its exit code, and what else it prints."""
        output, errors = self.process.communicate(timeout=seconds)
        return self.process.returncode, output.decode(), errors.decode()

    def close(self):
        """For a test that has failed."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


class Terminal:
    """A job in a terminal, which has its input and its output."""

    def __init__(self, *words, before=()):
        self.end, inner = pty.openpty()
        take = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        command = [str(word) for word in (SCRIPT, "run", "launcher", *before, PROGRAM, *words)]
        self.process = subprocess.Popen(
            command, env={**CLUSTER.environment, "TERM": "dumb"}, stdin=inner, stdout=inner,
            stderr=inner, start_new_session=True, preexec_fn=take,
        )  # fmt: skip
        os.close(inner)
        self.text = ""

    def await_text(self, wanted):
        """Reads until there is a text, or to the end; returns whether it is there."""
        with contextlib.suppress(OSError):  # the end of a terminal is an error
            while wanted not in self.text:
                self.text += os.read(self.end, 4096).decode(errors="replace")
        return wanted in self.text

    def type(self, text):
        os.write(self.end, text.encode())

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.end)


def let_go(*hosts):
    """Lets the ranks of a RunningJob on these hosts end."""
    for number in hosts:
        script = "mkdir -p /tmp/given && touch /tmp/given/go"
        CLUSTER.output(f"host{number}", "sh", "-c", script)


class RemoteTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.addCleanup(self.forget_files)

    @staticmethod
    def forget_files():
        for machine in CLUSTER.machines():
            CLUSTER.run(machine, "rm", "-rf", "/tmp/given")

    def give(self, name, data, *hosts):
        """Puts a file on hosts and on the launcher for the time of a test; returns its path there."""
        path = f"/tmp/given/{name}"
        script = 'mkdir -p /tmp/given && cat >"$0" && chmod -R a+rwX /tmp/given'
        for machine in ("launcher", *(f"host{number}" for number in hosts)):
            result = CLUSTER.run(machine, "sh", "-c", script, path, input=data, stdin=None)
            result.check_returncode()
        return path

    def start(self, path, entries, *more, **options):
        job = RunningJob(path, entries, *more, **options)
        self.addCleanup(job.close)
        return job

    def start_waiting(self, path, entries, **options):
        """A job whose ranks all wait in the middle of it."""
        job = self.start(path, entries, **options)
        found = sorted(line.rpartition("] ")[2] for line in job.lines)
        expected = [f"rank {rank} waits\n" for rank in range(entries)]
        if found != expected:
            job.close()
        self.assertEqual(found, expected)
        return job

    def assert_runs(self, path, *words, program=PROGRAM, **options):
        """Runs a job that ends well without a word of complaint, and returns its output."""
        before = options.pop("before", ())
        more = options.pop("options", ())
        result = CLUSTER.run(
            "launcher", *before, program, *words, "--remote", path, *more, **options
        )
        self.assertEqual((result.returncode, result.stderr.decode()), (0, ""))
        return result.stdout

    def assert_one_error(self, errors, expected):
        """Exactly one line on standard error, which begins with `error:`; no secret in it."""
        self.assertRegex(errors, rf"\Aerror: {expected}\n\Z")
        for line in secret("all").splitlines():
            self.assertNotIn(line, errors)

    def assert_documented(self, errors, code):
        self.assertIn((pattern_of(errors.rstrip("\n")), code), DOCUMENTED)

    def assert_fails(self, path, expected, *words, code=None, seconds=SOON, **options):
        """A job that cannot start: it ends in time, with one line, and leaves nothing."""
        start = time.monotonic()
        before = options.pop("before", ())
        program = options.pop("program", PROGRAM)
        more = options.pop("options", ())
        result = CLUSTER.run(
            "launcher", *before, program, *(words or ("say",)), "--remote", path, *more, **options
        )
        self.assertLess(time.monotonic() - start, seconds)
        errors = result.stderr.decode()
        self.assert_one_error(errors, expected)
        self.assert_documented(errors, result.returncode)
        self.assertEqual(result.stdout, b"")
        if code is None:
            self.assertNotEqual(result.returncode, 0)
        else:
            self.assertEqual(result.returncode, code)
        self.assert_clean()

    def assert_ends(self, job, fault, expected, code=None, seconds=SOON):
        """A fault ends a job in time, with one line (none: without), and nothing stays."""
        start = time.monotonic()
        fault()
        returncode, _, errors = job.end()
        self.assertLess(time.monotonic() - start, seconds, errors)
        if expected is None:
            self.assertEqual(errors, "")
        else:
            self.assert_one_error(errors, expected)
            self.assert_documented(errors, returncode)
        if code is None:
            self.assertNotEqual(returncode, 0)
        else:
            self.assertEqual(returncode, code)
        self.assert_clean()

    def assert_clean(self):
        """Nothing is left anywhere, at the latest when a failure has to be told."""
        end = time.monotonic() + SILENCE
        while (left := set(leftovers()) - REPORTED) and time.monotonic() < end:
            time.sleep(0.05)
        REPORTED.update(left)
        self.assertEqual(sorted(left), [])
