"""The test cluster itself: what the other tests of this folder stand on."""

import atexit
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from cluster import REPOSITORY, SCRIPT, SKIPPED, Cluster, Unavailable, eventually

USERS = {"host1": "renoir", "host2": "alice", "host3": "bob", "host4": "carol"}
PORTS = {"host1": 22, "host2": 22, "host3": 2222, "host4": 22}
BANNER = 'exec 3<>"/dev/tcp/$0/$1" && read -r line <&3 && echo "$line"'

# On the launcher they are shown, on the hosts hidden. One lies among the folders that each machine
# has for itself, the other, in a usual checkout, among those that it shares.
TEMPORARY = tempfile.TemporaryDirectory()
SHOWN = (pathlib.Path(TEMPORARY.name) / "a build", REPOSITORY / "tests" / "launch")
SHOWN[0].mkdir()
(SHOWN[0] / "program").write_text("program")

try:
    CLUSTER = Cluster(4, SHOWN)
except Unavailable as reason:
    print(reason)
    sys.exit(SKIPPED)
atexit.register(CLUSTER.close)


def tables_of_this_machine():
    """What a cluster must not touch."""
    links = subprocess.run(["ip", "-o", "address"], stdout=subprocess.PIPE, check=True).stdout
    files = ("/etc/hosts", "/etc/passwd", "/etc/shadow", "/etc/group", "/proc/self/mountinfo")
    # The lifetimes of addresses count down.
    return re.sub(rb"\d+sec", b"", links), [pathlib.Path(file).read_bytes() for file in files]


def namespaces_of(cluster):
    """The namespaces of the machines, apart from those of this process."""
    found = set()
    for machine in cluster.machines():
        pid = (cluster.folder / machine / "pid").read_text().strip()
        found |= namespaces_of_process(pid)
    return found - namespaces_of_process("self")


def namespaces_of_process(pid):
    kinds = ("net", "mnt", "uts", "ipc", "pid")
    try:
        return {os.readlink(f"/proc/{pid}/ns/{kind}") for kind in kinds}
    except OSError:
        return set()


def processes_in(namespaces):
    return [
        pid
        for pid in filter(str.isdigit, os.listdir("/proc"))
        if namespaces_of_process(pid) & namespaces
    ]


def processes_that_name(path):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.fsencode(path) in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def secret(name):
    return (CLUSTER.folder / "secrets" / name).read_text().rstrip("\n")


ALL_METHODS = "publickey,password,keyboard-interactive"


def ssh(user, host, *command, key="none", answer=None, methods=ALL_METHODS):
    """Runs OpenSSH's client; the answer to its questions is in a file of secrets."""
    askpass = CLUSTER.folder / "askpass"
    if not askpass.exists():
        askpass.write_text('#!/bin/sh\nexec cat "$ANSWER"\n')
        askpass.chmod(0o700)
    options = {
        "IdentityFile": key if key == "none" else CLUSTER.folder / "keys" / key,
        "PreferredAuthentications": methods,
        "IdentitiesOnly": "yes",
        "NumberOfPasswordPrompts": 1,
        "StrictHostKeyChecking": "yes",
        "ConnectTimeout": 10,
    }
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    variables = {
        "SSH_ASKPASS": str(askpass),
        "SSH_ASKPASS_REQUIRE": "force" if answer else "never",
        "ANSWER": str(CLUSTER.folder / "secrets" / (answer or "none")),
    }
    return CLUSTER.run(
        "launcher", "ssh", "-F", "none", *words, "-p", PORTS[host], f"{user}@{host}.lan",
        *command, variables=variables,
    )  # fmt: skip


class Machines(unittest.TestCase):
    def test_they_have_names_and_addresses(self):
        addresses = {f"host{number}": f"10.77.0.{number}" for number in range(1, 5)}
        addresses["launcher"] = "10.77.0.254"
        for machine in CLUSTER.machines():
            with self.subTest(machine=machine):
                self.assertEqual(CLUSTER.output(machine, "hostname"), machine)
                own = CLUSTER.output(machine, "ip", "-o", "-4", "address", "show", "eth0")
                self.assertIn(f" {addresses[machine]}/24 ", own)
                names = [f"{name}.lan" for name in addresses]
                found = CLUSTER.output(machine, "getent", "ahostsv4", "localhost", *names)
                for address in addresses.values():
                    self.assertIn(f"{address} ", found)

    def test_their_users_differ(self):
        numbers = []
        for host, user in USERS.items():
            number, home = CLUSTER.output(f"{user}@{host}", "sh", "-c", "id -u; pwd").split()
            numbers.append(number)
            self.assertEqual(home, f"/home/{user}")
            self.assertEqual(CLUSTER.run(f"nobody{number}@{host}", "true").returncode, 2)
        self.assertEqual(len({*numbers, str(os.getuid())}), 5)
        self.assertEqual(CLUSTER.output("1", "id", "-un"), "root")

    def test_they_see_only_their_own_processes_and_files(self):
        for host in CLUSTER.hosts():
            found = CLUSTER.output(host, "sh", "-c", "cat /proc/[0-9]*/comm").splitlines()
            # The host's own script may just be waiting for something.
            self.assertEqual(sorted({*found} - {"sleep"}), ["bash", "sh", "sshd"])
            script = 'find "$@" -mindepth 1 2>/dev/null || true'
            folders = [*SHOWN, CLUSTER.folder, "/tmp", "/root", "/dev/shm"]
            self.assertEqual(CLUSTER.output(host, "sh", "-c", script, "sh", *folders), "")

    def test_they_cannot_write_the_files_of_this_machine(self):
        for machine in CLUSTER.machines():
            for folder in ("/etc", "/usr", "/var/lib"):
                result = CLUSTER.run(machine, "touch", f"{folder}/renoir-test-cluster")
                self.assertIn(b"Read-only", result.stderr, machine)

    def test_the_launcher_sees_what_it_is_shown(self):
        for folder in SHOWN:
            for user in ("root", "renoir"):
                names = CLUSTER.output(f"{user}@launcher", "ls", "-A", folder).splitlines()
                self.assertEqual(sorted(names), sorted(os.listdir(folder)))
            result = CLUSTER.run("launcher", "touch", folder / "new")
            self.assertIn(b"Read-only", result.stderr)
        CLUSTER.output("launcher", "cp", SHOWN[0] / "program", CLUSTER.folder / "copy")
        self.assertEqual((CLUSTER.folder / "copy").read_text(), "program")

    @unittest.skipUnless(shutil.which("mpirun"), "there is no mpirun")
    def test_mpirun_is_there(self):
        own = subprocess.run(["mpirun", "--version"], stdout=subprocess.PIPE, check=True).stdout
        for host, user in USERS.items():
            found = CLUSTER.output(f"{user}@{host}", "mpirun", "--version")
            self.assertEqual(found, own.decode().rstrip("\n"))

    def test_commands_take_input_signals_and_exit_codes(self):
        for machine in ("launcher", "host2"):
            with self.subTest(machine=machine):
                result = CLUSTER.call("run", machine, "cat", stdin=None, input=b"a\0b\n")
                self.assertEqual(result.stdout, b"a\0b\n")
                self.assertEqual(CLUSTER.run(machine, "sh", "-c", "exit 9").returncode, 9)
        with CLUSTER.start("launcher", "sh", "-c", "echo; exec sleep 60") as command:
            command.stdout.readline()
            command.send_signal(signal.SIGINT)
            self.assertEqual(command.wait(10), -signal.SIGINT)
        with CLUSTER.start("host2", "sh", "-c", "echo; exec sleep 61") as command:
            command.stdout.readline()
            command.terminate()
            command.wait(10)
        self.assertTrue(eventually(lambda: not CLUSTER.leftovers("host2")))


class Logins(unittest.TestCase):
    def assert_enters(self, user, host, **options):
        result = ssh(user, host, "id -un; hostname", **options)
        self.assertEqual(result.stdout.decode().split(), [user, host], result.stderr.decode())

    def assert_refused(self, user, host, **options):
        result = ssh(user, host, "true", **options)
        self.assertEqual(result.returncode, 255)
        self.assertIn(b"Permission denied", result.stderr)

    def test_by_key(self):
        self.assert_enters("renoir", "host1", key="ed25519")
        self.assert_refused("renoir", "host1", key="encrypted-ecdsa", answer="passphrase")
        self.assert_refused("renoir", "host1", answer="password-1")

    def test_by_password(self):
        self.assert_enters("alice", "host2", methods="password", answer="password-2")
        self.assert_refused("alice", "host2", answer="password-1")
        self.assert_refused("alice", "host2", key="ed25519")
        self.assert_refused(
            "alice", "host2", methods="keyboard-interactive", answer="password-2"
        )

    def test_by_encrypted_key(self):
        for kind in ("ed25519", "ecdsa", "rsa", "rsa-pem"):
            self.assert_enters("bob", "host3", key=f"encrypted-{kind}", answer="passphrase")
        self.assert_refused("bob", "host3", key="encrypted-ed25519", answer="password-3")
        self.assert_refused("bob", "host3", answer="password-3")

    def test_by_keyboard_interaction(self):
        self.assert_enters("carol", "host4", methods="keyboard-interactive", answer="password-4")
        self.assert_refused("carol", "host4", answer="password-3")
        self.assert_refused("carol", "host4", methods="password", answer="password-4")

    def test_renoir_needs_nothing_but_the_key_at_home(self):
        for host, port in PORTS.items():
            command = ("ssh", "-o", "BatchMode=yes", "-p", port, f"{host}.lan", "id", "-un")
            self.assertEqual(CLUSTER.output("renoir@launcher", *command), "renoir")

    def test_only_root_can_read_the_secrets(self):
        self.assertEqual(CLUSTER.folder.stat().st_mode & 0o7777, 0o700)
        for path in [CLUSTER.folder / "config.toml", *CLUSTER.folder.glob("cases/*")]:
            self.assertEqual(path.stat().st_mode & 0o7777, 0o600, path)

    def test_the_configurations_tell_how_to_log_in(self):
        try:
            import tomllib
        except ImportError:
            self.skipTest("this Python is older than 3.11")
        keys = ["ed25519", "encrypted-ecdsa", "encrypted-ed25519", "encrypted-rsa"]
        files = {path.stem: path.read_text() for path in CLUSTER.folder.glob("cases/*.toml")}
        cases = {name: tomllib.loads(text)["host"] for name, text in files.items()}
        self.assertEqual({len(hosts) for hosts in cases.values()}, {1})
        self.assertEqual(
            sorted(cases),
            [*sorted([*keys[1:], "encrypted-rsa-pem"]), "key", "keyboard-interactive", "password"],
        )
        hosts = tomllib.loads((CLUSTER.folder / "config.toml").read_text())["host"]
        found = {
            host["address"]: (host["ssh"]["username"], host["ssh"]["ssh_port"]) for host in hosts
        }
        expected = {f"{name}.lan": (user, PORTS[name]) for name, user in USERS.items()}
        self.assertEqual(found, expected)
        self.assertEqual(hosts[1]["ssh"]["password"], secret("password-2"))
        self.assertEqual(hosts[2]["ssh"]["key_passphrase"], secret("passphrase"))
        self.assertEqual(hosts[3]["ssh"]["password"], secret("password-4"))
        self.assertEqual(len({host["base_port"] for host in hosts}), 4)


class Faults(unittest.TestCase):
    def answers(self, host, seconds=20):
        result = CLUSTER.run(
            "launcher", "timeout", seconds, "bash", "-c", BANNER, f"{host}.lan", PORTS[host]
        )
        return result.stdout.startswith(b"SSH-2.0")

    def test_a_cut_host_is_silent_until_it_is_healed(self):
        echo = CLUSTER.start(
            "renoir@launcher", "ssh", "-o", "BatchMode=yes", "host2.lan", "cat",
            stdin=subprocess.PIPE, bufsize=0,
        )  # fmt: skip
        self.addCleanup(CLUSTER.do, "heal", 2)
        with echo:
            echo.stdin.write(b"first\n")
            self.assertEqual(echo.stdout.readline(), b"first\n")
            CLUSTER.do("cut", 2)
            self.assertIn("host2 10.77.0.2:22 alice password: cut", CLUSTER.do("status"))
            echo.stdin.write(b"second\n")
            self.assertFalse(self.answers("host2", 0.5))
            self.assertTrue(self.answers("host1"))
            # Neither end has been told anything: no link is down, the connection is open.
            self.assertEqual(CLUSTER.output("host2", "cat", "/sys/class/net/eth0/carrier"), "1")
            self.assertIsNone(echo.poll())
            CLUSTER.do("heal", "host2")
            self.assertEqual(echo.stdout.readline(), b"second\n")
            self.assertTrue(self.answers("host2"))
            echo.stdin.close()
            self.assertEqual(echo.wait(10), 0)

    def test_sshd_can_be_stopped_and_started(self):
        self.addCleanup(CLUSTER.do, "start-sshd", 3)
        for _ in range(2):
            CLUSTER.do("stop-sshd", 3)
        self.assertFalse(self.answers("host3"))
        self.assertIn("bob encrypted-key: up, without sshd", CLUSTER.do("status"))
        for _ in range(2):
            CLUSTER.do("start-sshd", 3)
        self.assertTrue(self.answers("host3"))
        self.assertEqual(CLUSTER.do("status").count(": up\n"), 5)


def kill(leftover):
    """Kills what a line of leftovers tells of, and returns whether it told of a process."""
    process = re.match(r"\w+: process (\d+): ", leftover)
    if process:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(process.group(1)), signal.SIGKILL)
    return bool(process)


class Findings(unittest.TestCase):
    LISTENER = (
        "use IO::Socket::INET; my $s = IO::Socket::INET->new(Listen => 1, LocalPort => 9555);"
        "sleep 62"
    )

    def plant(self, machine, script, *arguments):
        CLUSTER.output(machine, "sh", "-c", script, "sh", *arguments)

    def test_leftovers_are_found(self):
        self.assertEqual(CLUSTER.call("leftovers").stdout, b"")
        self.assertEqual(CLUSTER.call("leftovers").returncode, 0)
        script = 'setsid perl -e "$1" </dev/null >/dev/null 2>&1 & echo >"/tmp/a file"'
        self.plant("alice@host2", f"{script}; echo >.hidden; echo >/dev/shm/shared", self.LISTENER)
        script_there = "setsid sleep 63 </dev/null >/dev/null 2>&1 & echo >/tmp/left"
        self.plant("renoir@launcher", script_there)
        # Perl has to start first.
        self.assertTrue(eventually(lambda: "0.0.0.0:9555" in "".join(CLUSTER.leftovers("2"))))
        result = CLUSTER.call("leftovers")
        self.assertEqual(result.returncode, 1)
        found = re.sub(r"process \d+:", "process N:", result.stdout.decode()).splitlines()
        self.assertEqual(
            [line for line in found if "file" in line],
            [
                "host2: file /dev/shm/shared",
                "host2: file /home/alice/.hidden",
                "host2: file /tmp/a file",
                "launcher: file /tmp/left",
            ],
        )
        self.assertIn(f"host2: process N: perl -e {self.LISTENER}", found)
        self.assertIn("launcher: process N: sleep 63", found)
        self.assertRegex("\n".join(found), r'host2: port tcp 0\.0\.0\.0:9555 .*"perl"')
        self.assertEqual(len(found), 7)
        self.assertEqual(CLUSTER.leftovers("1"), [])
        self.end_processes()
        self.plant("host2", 'rm "/tmp/a file" /home/alice/.hidden /dev/shm/shared')
        self.plant("launcher", "rm /tmp/left")
        self.assertEqual(CLUSTER.leftovers(), [])

    def end_processes(self):
        """Ends the processes that are left over."""
        self.assertTrue(eventually(lambda: not any([kill(line) for line in CLUSTER.leftovers()])))

    def test_an_open_session_is_a_leftover(self):
        session = CLUSTER.start(
            "renoir@launcher", "ssh", "-o", "BatchMode=yes", "host1.lan", "echo; exec sleep 64"
        )
        with session:
            session.stdout.readline()
            found = "\n".join(CLUSTER.leftovers("host1"))
            self.assertIn("sshd: renoir@notty", found)
            self.assertIn("sleep 64", found)
            session.kill()
        self.end_processes()
        self.assertEqual(CLUSTER.leftovers(), [])

    def test_secrets_are_found(self):
        secrets = CLUSTER.folder / "secrets" / "all"
        lines = secrets.read_text().splitlines()
        self.assertEqual(len(lines), len(set(lines)))
        clean = CLUSTER.call("scan", secrets)
        self.assertEqual((clean.returncode, clean.stdout, clean.stderr), (0, b"", b""))

        password = secret("password-2")
        number = 1 + lines.index(password)
        wait = "</dev/null >/dev/null 2>&1 & echo $!"
        self.plant("host1", 'printf "log %s\\0" "$1" >/run/test-cluster/log', password)
        self.plant("carol@host4", 'printf %s "$1" >.secret', password)
        self.plant("host3", f'setsid sh -c "sleep 65; :" "$1" {wait}', password)
        self.plant("launcher", f'SECRET=$1 setsid sleep 66 {wait}', password)
        result = CLUSTER.call("scan", secrets)
        self.assertEqual(result.returncode, 1)
        self.assertNotIn(password.encode(), result.stdout + result.stderr)
        found = re.sub(r"/proc/\d+/", "/proc/N/", result.stdout.decode()).splitlines()
        self.assertEqual(
            found,
            [
                f"{place} holds the secret of line {number}"
                for place in (
                    "host1: /run/test-cluster/log",
                    "host3: /proc/N/cmdline",
                    "host4: /home/carol/.secret",
                    "launcher: /proc/N/environ",
                )
            ],
        )
        self.end_processes()
        self.plant("host1", "rm /run/test-cluster/log")
        self.plant("host4", "rm /home/carol/.secret")
        self.assertEqual(CLUSTER.call("scan", secrets).stdout, b"")


class Life(unittest.TestCase):
    """With clusters of their own."""

    def cluster(self, hosts):
        cluster = Cluster(hosts)
        self.addCleanup(cluster.close)
        return cluster

    def test_nothing_stays(self):
        before = tables_of_this_machine()
        cluster = self.cluster(2)
        self.assertEqual(tables_of_this_machine(), before)
        namespaces = namespaces_of(cluster)
        self.assertGreaterEqual(len(namespaces), 2 * 5 + 4)
        detached = "setsid sleep 67 </dev/null >/dev/null 2>&1 &"
        cluster.output("host1", "sh", "-c", detached)
        cluster.output("launcher", "sh", "-c", detached)
        session = cluster.start(
            "renoir@launcher", "ssh", "-o", "BatchMode=yes", "host2.lan", "echo; exec sleep 68"
        )
        with session:
            session.stdout.readline()
            cluster.do("power-off", 2)
            self.assertEqual(session.wait(10), 255)
        self.assertIn("host2 10.77.0.2:22 alice password: off", cluster.do("status"))
        self.assertEqual(cluster.run("host2", "true").returncode, 1)
        self.assertEqual(cluster.leftovers("host2"), [])

        for _ in range(2):
            cluster.do("down")
            self.assertFalse(cluster.folder.exists())
        self.assertEqual(processes_in(namespaces), [])
        self.assertEqual(processes_that_name(cluster.folder), [])
        self.assertEqual(tables_of_this_machine(), before)
        self.assertEqual(cluster.call("status").returncode, 1)

    def test_a_cluster_gives_way_to_the_next_one(self):
        cluster = self.cluster(1)
        with cluster.start("launcher", "sh", "-c", "echo; exec sleep 69") as command:
            command.stdout.readline()
            cluster.do("up", 1)
            self.assertEqual(command.wait(10), -signal.SIGKILL)
        self.assertEqual(cluster.output("host1", "hostname"), "host1")

    def test_an_interrupted_start_leaves_nothing(self):
        for number, moment in ((signal.SIGTERM, "keeper/pid"), (signal.SIGKILL, "host1/pid")):
            with self.subTest(signal=number.name, moment=moment):
                self.interrupt_start(number, moment)

    def interrupt_start(self, number, moment):
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary) / "cluster"
            start = subprocess.Popen(
                [SCRIPT, "up", "1"],
                env={**os.environ, "RENOIR_TEST_CLUSTER": str(folder)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            self.assertTrue(eventually((folder / moment).exists))
            start.send_signal(number)
            self.assertNotEqual(start.wait(30), 0)
            self.assertTrue(eventually(lambda: not processes_that_name(folder)))
            self.assertFalse(folder.exists())

    def test_other_folders_are_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            precious = pathlib.Path(folder) / "file"
            precious.touch()
            environment = {**os.environ, "RENOIR_TEST_CLUSTER": folder}
            for command in ("down", "up"):
                result = CLUSTER.call(command, env=environment)
                self.assertEqual(result.returncode, 1)
                self.assertIn(b"is not the folder of a test cluster", result.stderr)
            self.assertTrue(precious.exists())

    def test_where_something_is_missing_it_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            for program in ("bash", "cat", "id", "ip", "mkdir", "readlink", "ssh-keygen", "tr"):
                os.symlink(shutil.which(program), f"{folder}/{program}")
            environment = {"PATH": folder, "RENOIR_TEST_CLUSTER": f"{folder}/cluster"}
            result = CLUSTER.call("up", env=environment)
        self.assertEqual(result.returncode, SKIPPED)
        self.assertRegex(
            result.stderr.decode(),
            r"\Askipped: not installed: bridge nsenter perl setpriv ss unshare; "
            r"scripts/install-dependencies cluster does that\n\Z",
        )

    def test_wrong_calls_are_one_line(self):
        calls = (
            [], ["launch"], ["up", "0"], ["up", "many"], ["up", "--show", "/nowhere"], ["run"],
            ["run", "host1"], ["run", "host9", "true"], ["run", "someone@host1", "true"], ["cut"],
            ["cut", "launcher"], ["heal", "x"], ["power-off", "5"], ["leftovers", "5"], ["scan"],
            ["scan", "/nowhere"],
        )  # fmt: skip
        for words in calls:
            with self.subTest(words=words):
                result = CLUSTER.call(*words)
                self.assertEqual((result.returncode, result.stdout), (2, b""))
                self.assertRegex(
                    result.stderr.decode(), r"\Aerror: .*--help shows the commands\n\Z"
                )
        self.assertEqual(CLUSTER.do("status").count(": up\n"), 5)


if __name__ == "__main__":
    unittest.main()
