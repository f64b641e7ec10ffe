"""The SSH client against real sshd. Usage: ssh_test.py PROGRAM (of ssh_program.cpp)"""

import atexit
import contextlib
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

from cluster import SKIPPED, Cluster, Unavailable, eventually

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()

try:
    CLUSTER = Cluster(4, [PROGRAM.parent])
except Unavailable as reason:
    print(reason)
    sys.exit(SKIPPED)
atexit.register(CLUSTER.close)

# With these options a test can write files for the program and read its own.
FILES = CLUSTER.folder / "test-files"
FILES.mkdir()

# The longest time until a failure is told, in seconds: a silent cut, and all else.
SILENCE = 15
SOON = 10

# Drops some connections as a busy sshd does, and hands the next one on to host1.
BUSY_SERVER = r"""
    use IO::Socket::INET;
    $| = 1;
    my ($port, $drops) = @ARGV;
    my $listener = IO::Socket::INET->new(Listen => 9, LocalPort => $port, ReuseAddr => 1) or die;
    print "listening\n";
    for (1 .. $drops) { my $client = $listener->accept; print $client "Exceeded MaxStartups\r\n"; }
    my $client = $listener->accept;
    my $server = IO::Socket::INET->new("host1.lan:22") or die;
    sub copy { my ($from, $to) = @_; while (sysread $from, my $text, 65536) { syswrite $to, $text } }
    if (fork) { copy($client, $server); shutdown $server, 1; wait }
    else { copy($server, $client); shutdown $client, 1 }
"""
SILENT_SERVER = r"""
    use IO::Socket::INET;
    $| = 1;
    my $listener = IO::Socket::INET->new(Listen => 9, LocalPort => $ARGV[0], ReuseAddr => 1) or die;
    print "listening\n";
    my @clients;
    while (1) { push @clients, scalar $listener->accept }
"""


def secret(name):
    return (CLUSTER.folder / "secrets" / name).read_text().rstrip("\n")


def case(name):
    """The text of a host file with one host that is logged in to in a certain way."""
    return (CLUSTER.folder / "cases" / f"{name}.toml").read_text()


def config(text):
    """Writes a host file and returns its path."""
    path = FILES / f"config-{len(list(FILES.iterdir()))}.toml"
    path.touch(0o600)
    path.write_text(text)
    return path


def changed(text, **keys):
    """A host file with other values (in TOML) of some keys, or without those that are None."""
    for key, value in keys.items():
        pattern = re.compile(rf'(, )?\b{key} = ("(?:[^"\\]|\\.)*"|\d+)')
        if value is None:
            text = pattern.sub("", text)
        else:
            text = pattern.sub(lambda match: f"{match.group(1) or ''}{key} = {value}", text)
    return text


def program(*words, **options):
    return CLUSTER.run("launcher", *options.pop("before", ()), PROGRAM, *words, **options)


def known_hosts():
    return (CLUSTER.folder / "known_hosts").read_text()


def fingerprint(host, kind="ed25519"):
    key = f"/run/test-cluster/host-key-{kind}.pub"
    return CLUSTER.output(host, "ssh-keygen", "-l", "-f", key).split()[1]


class Case(unittest.TestCase):
    def assert_runs(self, path, expected, *options, **more):
        result = program(*options, path, "run", "id -un; hostname", **more)
        self.assertEqual(result.stdout.decode().split(), expected, result.stderr.decode())
        self.assertEqual(result.returncode, 0)
        return result.stderr.decode()

    def assert_error(self, result, expected, code=2):
        """One line that begins with the host and is exactly, or matches, what is expected."""
        text = result.stderr.decode()
        self.assertRegex(text, rf"\Aerror: {expected}\n\Z")
        self.assertEqual((result.returncode, result.stdout), (code, b""))
        for line in (CLUSTER.folder / "secrets" / "all").read_text().splitlines():
            self.assertNotIn(line, text)

    def assert_fails(self, text, expected, *options, code=2, **more):
        start = time.monotonic()
        result = program(*options, config(text), "run", "true", **more)
        self.assertLess(time.monotonic() - start, SOON)
        self.assert_error(result, expected, code)
        return result


class Logins(Case):
    def test_by_key(self):
        self.assert_runs(config(case("key")), ["renoir", "host1"])

    def test_by_password(self):
        self.assert_runs(config(case("password")), ["alice", "host2"])

    def test_by_encrypted_key(self):
        for kind in ("ed25519", "ecdsa"):
            self.assert_runs(config(case(f"encrypted-{kind}")), ["bob", "host3"])

    def test_by_keyboard_interaction(self):
        self.assert_runs(config(case("keyboard-interactive")), ["carol", "host4"])

    def test_entries_of_one_file(self):
        users = ["renoir", "alice", "bob", "carol"]
        for number, user in enumerate(users, 1):
            self.assert_runs(
                CLUSTER.folder / "config.toml", [user, f"host{number}"], "--entry", number
            )

    def test_by_address(self):
        text = changed(case("password"), address='"10.77.0.2"')
        self.assert_runs(config(text), ["alice", "host2"])

    def test_by_agent(self):
        path = config(changed(case("key"), key_file=None))
        key = CLUSTER.folder / "keys" / "ed25519"
        agent = ("ssh-agent", "sh", "-c", 'ssh-add -q "$0" && exec "$@"', key)
        self.assert_runs(path, ["renoir", "host1"], before=agent)

    def test_by_the_second_key_of_an_agent(self):
        self.assert_keygen(FILES / "unknown", "ecdsa")
        path = config(changed(case("key"), key_file=None))
        key = CLUSTER.folder / "keys" / "ed25519"
        script = 'ssh-add -q "$0" "$1" && shift && exec "$@"'
        agent = ("ssh-agent", "sh", "-c", script, FILES / "unknown", key)
        self.assert_runs(path, ["renoir", "host1"], before=agent)

    def assert_keygen(self, path, kind):
        if not path.exists():
            subprocess.run(
                ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "unknown", "-f", path], check=True
            )

    def home(self, *keys):
        """A home with key files, whose .ssh/known_hosts is that of the cluster."""
        folder = FILES / f"home-{len(list(FILES.iterdir()))}"
        (folder / ".ssh").mkdir(parents=True)
        (folder / ".ssh" / "known_hosts").write_text(known_hosts())
        for source, name in keys:
            path = folder / ".ssh" / name
            path.touch(0o600)
            path.write_bytes((CLUSTER.folder / "keys" / source).read_bytes())
        return ("env", f"HOME={folder}")

    def answers(self, name):
        path = FILES / f"answers-{name}"
        path.touch(0o600)
        path.write_text(secret(name) + "\n")
        return "--answers", path

    def test_by_a_usual_key_file(self):
        path = config(changed(case("key"), key_file=None))
        self.assert_runs(path, ["renoir", "host1"], before=self.home(("ed25519", "id_ed25519")))

    def test_somebody_is_asked_for_a_passphrase(self):
        path = config(changed(case("encrypted-ecdsa"), key_passphrase=None))
        asked = self.assert_runs(path, ["bob", "host3"], *self.answers("passphrase"))
        self.assertIn("host 1 (host3.lan): passphrase of encrypted-ecdsa\n", asked)
        path = config(changed(case("encrypted-ecdsa"), key_passphrase=None, key_file=None))
        home = self.home(("encrypted-ecdsa", "id_ecdsa"))
        asked = self.assert_runs(path, ["bob", "host3"], *self.answers("passphrase"), before=home)
        self.assertIn("host 1 (host3.lan): passphrase of id_ecdsa\n", asked)

    def test_somebody_is_asked_for_a_password(self):
        for name, user, number in (("password", "alice", 2), ("keyboard-interactive", "carol", 4)):
            path = config(changed(case(name), password=None))
            expected = [user, f"host{number}"]
            asked = self.assert_runs(path, expected, *self.answers(f"password-{number}"))
            self.assertIn(f"host 1 (host{number}.lan): password of {user}\n", asked)

    # Refusals

    def test_wrong_password(self):
        for name, user, host in (("password", "alice", 2), ("keyboard-interactive", "carol", 4)):
            expected = (
                rf"host 1 \(host{host}.lan\): the host refuses the password of user '{user}'; "
                r"correct 'ssh.password' or 'ssh.username'"
            )
            self.assert_fails(changed(case(name), password='"no"'), expected)
            self.assert_fails(changed(case(name), password='""'), expected)

    def test_wrong_user(self):
        self.assert_fails(
            changed(case("password"), username='"nobody"'),
            r"host 1 \(host2.lan\): the host refuses the password of user 'nobody'; .*",
        )

    def test_wrong_key(self):
        self.assert_keygen(FILES / "unknown", "ecdsa")
        self.assert_fails(
            changed(case("key"), key_file=f'"{FILES / "unknown"}"'),
            r"host 1 \(host1.lan\): the host refuses the key '.*/unknown' of user 'renoir'; add its "
            r"public half to ~/.ssh/authorized_keys there \(ssh-copy-id\), or correct "
            r"'ssh.key_file' or 'ssh.username'",
        )

    def test_wrong_passphrase(self):
        for kind in ("ed25519", "ecdsa"):
            self.assert_fails(
                changed(case(f"encrypted-{kind}"), key_passphrase='"no"'),
                rf"host 1 \(host3.lan\): wrong passphrase for the key file '.*/encrypted-{kind}'; "
                r"correct 'ssh.key_passphrase'",
            )

    def test_missing_passphrase(self):
        self.assert_fails(
            changed(case("encrypted-ed25519"), key_passphrase=None),
            r"host 1 \(host3.lan\): the key file '.*/encrypted-ed25519' is encrypted; give "
            r"'ssh.key_passphrase'",
        )

    def test_rsa_works_or_is_explained(self):
        for kind in ("rsa", "rsa-pem"):
            result = program(config(case(f"encrypted-{kind}")), "run", "id -un")
            if result.returncode != 0:
                self.assert_error(
                    result,
                    rf"host 1 \(host3.lan\): the host refuses the key '.*/encrypted-{kind}' of user "
                    r"'bob'; the SSH library here \(libssh2 before 1.11\) cannot use RSA keys with "
                    r"OpenSSH 8.8 and later; use an ed25519 key .*",
                )

    def test_a_file_that_is_no_private_key(self):
        (FILES / "garbage").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nxyz\n")
        key = CLUSTER.folder / "keys" / "ed25519.pub"
        for path, problem in ((key, "holds a public key"), (FILES / "garbage", "no private key")):
            self.assert_fails(
                changed(case("key"), key_file=f'"{path}"'),
                rf"host 1 \(host1.lan\): the key file '{path}' .*{problem}.*'ssh.key_file'",
            )

    def test_a_way_that_the_host_does_not_take(self):
        self.assert_fails(
            changed(case("key"), key_file=None).replace("}", ', password = "no" }'),
            r"host 1 \(host1.lan\): the host takes no password from user 'renoir' \(it takes: "
            r"publickey\); give 'ssh.key_file' instead of 'ssh.password'",
        )
        key = CLUSTER.folder / "keys" / "ed25519"
        self.assert_fails(
            changed(case("password"), password=None).replace("}", f', key_file = "{key}" }}'),
            r"host 1 \(host2.lan\): the host takes no key from user 'alice' \(it takes: password\); "
            r"give 'ssh.password' instead of 'ssh.key_file'",
        )

    def test_nothing_to_log_in_with(self):
        self.assert_fails(
            changed(case("key"), key_file=None),
            r"host 1 \(host1.lan\): no way to log in as user 'renoir' \(there is no key to try; the "
            r"host takes: publickey\); give 'ssh.key_file' or 'ssh.password'",
            before=("env", "-u", "SSH_AUTH_SOCK"),
        )
        self.assert_fails(
            changed(case("encrypted-ecdsa"), key_file=None, key_passphrase=None),
            r"host 1 \(host3.lan\): no way to log in as user 'bob' \(tried: the ssh-agent does not "
            r"answer, '.*/id_ecdsa' is encrypted; the host takes: publickey\); .*",
            before=(*self.home(("encrypted-ecdsa", "id_ecdsa")), "SSH_AUTH_SOCK=/nowhere"),
        )


class HostKeys(Case):
    def file(self, text):
        path = FILES / f"known-hosts-{len(list(FILES.iterdir()))}"
        path.write_text(text)
        return path

    def line(self, name, kind, host="host1"):
        public = CLUSTER.output(host, "cat", f"/run/test-cluster/host-key-{kind}.pub").split()
        return f"{name} {public[0]} {public[1]}\n"

    def attempts(self, host, user):
        """How often the sshd of a host was told the name of a user."""
        return CLUSTER.output(host, "cat", "/run/test-cluster/sshd.log").count(user)

    def test_the_type_that_is_known_is_asked_for(self):
        path = config(case("key"))
        for kind in ("ed25519", "ecdsa"):
            known = self.file("a bad line\n" + self.line("host1.lan", kind))
            self.assert_runs(path, ["renoir", "host1"], "--known-hosts", known)

    def test_hashed_names(self):
        known = self.file(self.line("[host3.lan]:2222", "ecdsa", "host3"))
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", known], check=True, capture_output=True)
        self.assertNotIn("host3", known.read_text())
        path = config(case("encrypted-ed25519"))
        self.assert_runs(path, ["bob", "host3"], "--known-hosts", known)

    def test_an_unknown_host_is_refused_before_anything_is_said(self):
        before = self.attempts("host2", "alice")
        known = FILES / "missing"
        self.assert_fails(
            case("password"),
            r"host 1 \(host2.lan\): the host is unknown: it shows the ssh-ed25519 key "
            rf"{re.escape(fingerprint('host2'))}; if that is right, start with "
            rf"--accept-new-host-keys, or add it: ssh-keyscan host2.lan >> {known}",
            "--known-hosts",
            known,
        )
        self.assertFalse(known.exists())
        self.assertEqual(self.attempts("host2", "alice"), before)

    def test_the_advice_for_an_unknown_host_helps(self):
        known = FILES / "known-by-advice"
        path = config(case("encrypted-ed25519"))
        result = program("--known-hosts", known, path, "run", "true")
        advice = result.stderr.decode().rstrip("\n").rpartition(": ")[2]
        self.assertIn("-p 2222", advice)
        CLUSTER.output("launcher", "sh", "-c", advice)
        self.assert_runs(path, ["bob", "host3"], "--known-hosts", known)

    def test_a_new_host_is_accepted_once_when_that_is_wished(self):
        known = FILES / "accepted"
        path = config(case("encrypted-ed25519"))
        for options in (["--accept"], ["--accept"], []):
            self.assert_runs(path, ["bob", "host3"], "--known-hosts", known, *options)
        self.assertEqual(known.read_text(), self.line("[host3.lan]:2222", "ed25519", "host3"))
        self.assertEqual(known.stat().st_mode & 0o777, 0o600)

    def test_a_changed_key_is_refused_even_when_new_ones_are_accepted(self):
        before = self.attempts("host2", "alice")
        known = self.file("# first\n" + self.line("host2.lan", "ed25519", "host1"))
        result = self.assert_fails(
            case("password"),
            r"host 1 \(host2.lan\): the key of the host has changed, somebody may pose as it: the "
            rf"ssh-ed25519 key {re.escape(fingerprint('host2'))} differs from {known}:2; if the "
            rf"change is right, remove the old one: ssh-keygen -R 'host2.lan' -f '{known}'",
            "--accept",
            "--known-hosts",
            known,
        )
        self.assertEqual(self.attempts("host2", "alice"), before)
        advice = result.stderr.decode().rstrip("\n").rpartition(": ")[2]
        CLUSTER.output("launcher", "sh", "-c", advice)
        path = config(case("password"))
        self.assert_runs(path, ["alice", "host2"], "--accept", "--known-hosts", known)

    def test_a_key_of_another_type_than_the_known_one_is_refused(self):
        rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQE=\n"
        known = self.file("host2.lan " + rsa)
        self.assert_fails(
            case("password"),
            r"host 1 \(host2.lan\): the host shows its ssh-ed25519 key "
            rf"{re.escape(fingerprint('host2'))}, but only a key of another type is known "
            rf"\({known}:1\); if it is right, add it: ssh-keyscan host2.lan >> {known}",
            "--accept",
            "--known-hosts",
            known,
        )

    def test_a_revoked_key_is_refused(self):
        line = self.line("host2.lan", "ed25519", "host2")
        known = self.file(line + "@revoked " + line)
        self.assert_fails(
            case("password"),
            rf"host 1 \(host2.lan\): the host shows a key that is revoked in {known}:2, .*",
            "--accept",
            "--known-hosts",
            known,
        )


class Connections(Case):
    @contextlib.contextmanager
    def server(self, script, *arguments):
        """A server of Perl on the launcher."""
        with CLUSTER.start("launcher", "perl", "-e", script, *arguments) as process:
            try:
                self.assertEqual(process.stdout.readline(), b"listening\n")
                yield
            finally:
                process.kill()

    def at_launcher(self, port):
        return changed(case("key"), address='"launcher.lan"').replace(
            "ssh_port = 22", f"ssh_port = {port}"
        )

    def test_an_unknown_name(self):
        self.assert_fails(
            changed(case("key"), address='"nohost.lan"'),
            r"host 1 \(nohost.lan\): the address cannot be resolved: .*; correct 'address', or add "
            r"the name to the name service",
        )

    def test_a_wrong_port(self):
        self.assert_fails(
            changed(case("key"), ssh_port="23"),
            r"host 1 \(host1.lan\): nothing listens on port 23 \(connection refused\); start sshd "
            r"there, or correct 'ssh.ssh_port'",
        )

    def test_no_answer(self):
        self.assert_fails(
            changed(case("key"), address='"10.77.0.77"'),
            r"host 1 \(10.77.0.77\): no answer from port 22 within 1.5 s; check that the host is "
            r"up, its address, and firewalls between",
            "--timeout",
            "1500",
        )

    def test_no_way_there(self):
        self.assert_fails(
            changed(case("key"), address='"192.0.2.1"'),
            r"host 1 \(192.0.2.1\): port 22 cannot be reached: Network is unreachable; .*",
        )

    def test_all_addresses_of_a_name_are_tried(self):
        # The server has no IPv6.
        with self.server(BUSY_SERVER, "2201", "0"):
            text = changed(case("key"), address='"two.lan"').replace("port = 22", "port = 2201")
            names = FILES / "hosts"
            names.write_text("::1 two.lan\n10.77.0.254 two.lan\n")
            bind = 'mount --bind "$0" /etc/hosts && exec "$@"'
            before = ("unshare", "--mount", "sh", "-c", bind, names)
            known = FILES / "known-two"
            self.assert_runs(
                config(text), ["renoir", "host1"], "--accept", "--known-hosts", known, before=before
            )

    def test_a_busy_server_is_tried_again(self):
        with self.server(BUSY_SERVER, "2202", "4"):
            known = FILES / "known-busy"
            self.assert_runs(
                config(self.at_launcher(2202)),
                ["renoir", "host1"],
                "--accept",
                "--known-hosts",
                known,
            )

    def test_a_server_that_lets_nobody_in(self):
        with self.server(BUSY_SERVER, "2203", "1000"):
            self.assert_fails(
                self.at_launcher(2203),
                r"host 1 \(launcher.lan\): port 2203 closes every connection before the login; check "
                r"that an SSH server listens there, that it lets this machine in, and its "
                r"MaxStartups",
                "--timeout",
                "1000",
            )

    def test_a_server_that_says_nothing(self):
        with self.server(SILENT_SERVER, "2204"):
            self.assert_fails(
                self.at_launcher(2204),
                r"host 1 \(launcher.lan\): port 2204 accepts the connection but says nothing within "
                r"1 s; check that an SSH server listens there \('ssh.ssh_port'\)",
                "--timeout",
                "1000",
            )


class Commands(Case):
    def test_streams_pass_unharmed(self):
        # Both directions are full at the same time, and no byte means anything.
        data = bytes(range(256)) * 40_000
        result = program(config(case("key")), "run", "tee /dev/stderr; exit 3", input=data, stdin=None)
        self.assertEqual(result.stdout, data)
        self.assertEqual(result.stderr, data + b"status 3 signal ''\n")
        self.assertEqual(result.returncode, 0)

    def test_a_command_need_not_read_its_input(self):
        data = bytes(10_000_000)
        result = program(config(case("key")), "run", "exec <&-; echo done", input=data, stdin=None)
        self.assertEqual(result.stdout, b"done\n", result.stderr)

    def test_a_signal(self):
        result = program(config(case("key")), "run", "kill -KILL $$")
        self.assertEqual(result.stderr, b"status 0 signal 'KILL'\n")

    def test_a_command_that_takes_too_long(self):
        result = program("--limit", 1000, config(case("key")), "run", "exec sleep 5")
        self.assert_error(
            result,
            r"host 1 \(host1.lan\): 'exec sleep 5' does not end within 1 s; check the load of the "
            r"host",
            1,
        )

    def assert_loses(self, number, fault, seconds):
        command = CLUSTER.start(
            "launcher", PROGRAM, "--limit", 60000, "--entry", number,
            CLUSTER.folder / "config.toml", "run", "echo here; exec sleep 50",
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        with command:
            self.assertEqual(command.stdout.readline(), b"here\n")
            start = time.monotonic()
            fault()
            self.assertEqual(command.wait(50), 1)
            self.assertLess(time.monotonic() - start, seconds)
            self.assertEqual(
                command.stderr.read().decode(),
                f"error: host {number} (host{number}.lan): the connection is lost; check that the "
                "host is up, and the network\n",
            )

    def test_a_silent_cut(self):
        self.addCleanup(CLUSTER.do, "heal", 4)
        self.assert_loses(4, lambda: CLUSTER.do("cut", 4), SILENCE)

    def test_a_killed_login(self):
        self.assert_loses(2, lambda: CLUSTER.output("host2", "pkill", "-KILL", "sshd.*alice", "-f"), SOON)


class Uploads(Case):
    def write(self, name, data):
        path = FILES / name
        path.write_bytes(data)
        return path

    def upload(self, path, remote, entry=2, **more):
        return program(
            "--entry", entry, CLUSTER.folder / "config.toml", "upload", path, remote, **more
        )

    def assert_uploads(self, path, remote, expected, entry=2):
        result = self.upload(path, remote, entry)
        self.assertEqual(result.stdout.decode(), expected + "\n", result.stderr.decode())

    def test_a_copy_is_complete_private_and_made_once(self):
        data = os.urandom(9_000_001)
        path = self.write("program", data)
        remote = "a folder/it's"
        self.assert_uploads(path, remote, "copied 9000001")
        self.assert_uploads(path, remote, "present 0")
        copy = CLUSTER.run("alice@host2", "cat", remote).stdout
        self.assertEqual(copy, data)
        modes = CLUSTER.output("host2", "stat", "-c", "%a %U", "/home/alice/a folder",
                               f"/home/alice/{remote}")  # fmt: skip
        self.assertEqual(modes, "700 alice\n700 alice")
        self.assertEqual(CLUSTER.output("alice@host2", "ls", "-A", "a folder"), "it's")

    def test_another_content_is_replaced(self):
        path = self.write("old", b"12345")
        other = self.write("new", b"54321")
        self.assert_uploads(path, ".renoir/replaced", "copied 5")
        self.assert_uploads(other, ".renoir/replaced", "copied 5")
        self.assertEqual(CLUSTER.output("alice@host2", "cat", ".renoir/replaced"), "54321")

    def test_an_empty_file(self):
        self.assert_uploads(self.write("empty", b""), ".renoir/empty", "copied 0", 3)
        self.assert_uploads(FILES / "empty", ".renoir/empty", "present 0", 3)

    def test_several_launchers_at_a_time(self):
        path = self.write("shared", os.urandom(3_000_000))
        commands = [
            CLUSTER.start("launcher", PROGRAM, "--entry", 3, CLUSTER.folder / "config.toml",
                          "upload", path, "shared/program")
            for _ in range(3)
        ]  # fmt: skip
        for command in commands:
            output, errors = command.communicate(timeout=50)
            self.assertIn(output, (b"copied 3000000\n", b"present 0\n"), errors)
        self.assertEqual(CLUSTER.output("bob@host3", "ls", "-A", "shared"), "program")

    def test_no_space(self):
        path = self.write("large", bytes(2_000_000))
        CLUSTER.output("host2", "sh", "-c", "mkdir /home/alice/small && mount -t tmpfs -o "
                       "size=1m,mode=777 tmpfs /home/alice/small")  # fmt: skip
        self.addCleanup(CLUSTER.output, "host2", "umount", "/home/alice/small")
        self.assert_error(
            self.upload(path, "small/program"),
            r"host 2 \(host2.lan\): the host cannot write 'small/program.part.\w+': no space left; "
            r"free some, or give another remote folder",
            1,
        )
        self.assertEqual(CLUSTER.output("host2", "ls", "-A", "/home/alice/small"), "")

    def test_no_permission(self):
        path = self.write("small", b"small")
        self.assert_error(
            self.upload(path, "/root/program"),
            r"host 2 \(host2.lan\): the host cannot write '/root/program.part.\w+': no permission; "
            r"give the user write permission there, or another remote folder",
            1,
        )
        self.assert_error(
            self.upload(path, "/root/folder/program"),
            r"host 2 \(host2.lan\): the host cannot make the folder '/root/folder': no permission; .*",
            1,
        )

    def test_no_folder(self):
        self.assert_error(
            self.upload(self.write("small", b"small"), "not/there/program"),
            r"host 2 \(host2.lan\): the host cannot make the folder 'not/there': its folder does not "
            r"exist; make it, or give another remote folder",
            1,
        )

    def test_no_file_to_copy(self):
        result = self.upload(FILES / "missing-program", "program")
        self.assert_error(
            result,
            r"the file '.*/missing-program' to copy to the hosts cannot be read: No such file or "
            r"directory; check its path and permissions",
        )

    def test_a_cut_on_the_way(self):
        path = self.write("huge", bytes(300_000_000))
        self.addCleanup(path.unlink)
        self.addCleanup(CLUSTER.do, "heal", 4)
        command = CLUSTER.start("launcher", PROGRAM, "--entry", 4, CLUSTER.folder / "config.toml",
                                "upload", path, "huge/program")  # fmt: skip
        with command:
            script = "cat huge/program.part.* 2>/dev/null | head -c 1 | wc -c"
            has_begun = lambda: CLUSTER.output("carol@host4", "sh", "-c", script) == "1"
            self.assertTrue(eventually(has_begun))
            CLUSTER.do("cut", 4)
            start = time.monotonic()
            output, errors = command.communicate(timeout=50)
            self.assertLess(time.monotonic() - start, SILENCE)
        self.assertEqual((command.returncode, output), (1, b""))
        self.assertEqual(
            errors.decode(),
            "error: host 4 (host4.lan): the connection is lost; check that the host is up, and the "
            "network\n",
        )


class Secrets(Case):
    def test_they_are_nowhere_while_commands_run(self):
        go = "/tmp/go"
        waiting = f"echo here; until [ -e {go} ]; do sleep 0.05; done; rm {go}"
        commands = [
            CLUSTER.start("launcher", PROGRAM, "--entry", number, "--limit", 50000,
                          CLUSTER.folder / "config.toml", "run", waiting,
                          stdin=subprocess.DEVNULL)
            for number in (1, 2, 3, 4)
        ]  # fmt: skip
        for command in commands:
            self.assertEqual(command.stdout.readline(), b"here\n")
        result = CLUSTER.call("scan", CLUSTER.folder / "secrets" / "all")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))
        for number, command in enumerate(commands, 1):
            owner = ("renoir", "alice", "bob", "carol")[number - 1]
            CLUSTER.output(f"{owner}@{number}", "touch", go)
            self.assertEqual(command.wait(50), 0)
            command.stdout.close()
            command.stderr.close()


if __name__ == "__main__":
    unittest.main()
