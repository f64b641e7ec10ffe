"""Whatever goes wrong with a remote job: it ends soon, says why in one line, and nothing stays."""

import os
import re
import signal
import subprocess
import time
import unittest

from cluster import eventually
from remote import (
    CLUSTER,
    REPORTED,
    SILENCE,
    SOON,
    RemoteTest,
    Terminal,
    children_of,
    config,
    entry,
    leftovers,
    local,
    new_path,
)

# The network says after a while that there is no host, or does not.
NOT_THERE = (
    r"(no answer from port 22 within 8 s|port 22 cannot be reached: No route to host); .*"
)


def kill_on(host, *pattern):
    """What kills the processes of a host that match."""
    return lambda: CLUSTER.output(host, "pkill", "-KILL", *pattern)


def mpiruns_of(pid):
    """The mpirun of a launcher, by the names of Open MPI 4 and 5."""
    return children_of(pid, "mpirun") + children_of(pid, "prterun")


class Logins(RemoteTest):
    """The first entry is well, the second one is not."""

    def assert_refused(self, table, expected, **options):
        host = rf"host 2 \({re.escape(table['address'])}\): "
        launch = options.pop("launch", None)
        self.assert_fails(config(1, table, launch=launch), host + expected, code=2, **options)

    def test_a_wrong_password(self):
        for number in (2, 4):
            self.assert_refused(
                entry(number, {"password": "no"}), "the host refuses the password of user .*; .*"
            )

    def test_a_wrong_key(self):
        key = new_path("key")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        self.assert_refused(entry(1, {"key_file": key}), "the host refuses the key '.*' of .*; .*")

    def test_a_wrong_passphrase(self):
        table = entry(3, {"key_passphrase": "no"})
        self.assert_refused(table, "wrong passphrase for the key file '.*'; correct .*")

    def test_a_command_for_a_secret_that_fails(self):
        table = entry(2, {"password": None, "password_command": "exit 3"})
        self.assert_refused(table, ".*password_command.*; .*")

    def test_a_wrong_port(self):
        table = entry(1, {"ssh_port": 23})
        self.assert_refused(table, r"nothing listens on port 23 \(connection refused\); .*")

    def test_no_sshd(self):
        self.addCleanup(CLUSTER.do, "start-sshd", 2)
        CLUSTER.do("stop-sshd", 2)
        self.assert_refused(entry(2), r"nothing listens on port 22 \(connection refused\); .*")

    def test_an_unknown_name(self):
        table = entry(1, address="nohost.lan")
        self.assert_refused(table, "the address cannot be resolved: .*; correct 'address', .*")

    def test_an_unknown_host_key(self):
        known = new_path("known")
        lines = (CLUSTER.folder / "known_hosts").read_text().splitlines(keepends=True)
        known.write_text("".join(line for line in lines if "host2" not in line))
        self.assert_refused(
            entry(2),
            r"the host is unknown: it shows the ssh-ed25519 key SHA256:\S+; if that is right, start "
            rf"with --accept-new-host-keys, or add it: ssh-keyscan host2.lan >> {known}",
            launch={"known_hosts": known},
        )

    def test_an_agent_that_says_nothing(self):
        folder = new_path("agent")
        folder.mkdir()
        script = (
            "import socket, sys\n"
            "server = socket.socket(socket.AF_UNIX)\n"
            "server.bind(sys.argv[1])\n"
            "server.listen()\n"
            "print(flush=True)\n"
            "sys.stdin.read()\n"
        )
        # It lets everybody connect, and answers nobody.
        agent = subprocess.Popen(
            ["python3", "-c", script, folder / "socket"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.addCleanup(agent.communicate)
        agent.stdout.readline()
        before = ("env", "HOME=/nowhere", f"SSH_AUTH_SOCK={folder / 'socket'}")
        self.assert_refused(
            entry(1, {"key_file": None}),
            r"no way to log in as user 'renoir' \(tried: the ssh-agent does not answer; .*",
            before=before,
            launch={"known_hosts": CLUSTER.folder / "known_hosts"},
        )

    def test_while_somebody_is_asked(self):
        table = entry(2, {"password": None})
        terminal = Terminal("say", "--remote", config(entry(1, {"ssh_port": 23}), table))
        self.addCleanup(terminal.close)
        self.assertTrue(terminal.await_text("nothing listens on port 23"), terminal.text)
        self.assertEqual(terminal.process.wait(SOON), 2)
        self.assertRegex(
            terminal.text,
            r"\Ahost 2 \(host2.lan\): password of alice: \r\n"
            r"error: host 1 \(host1.lan\): nothing listens on port 23 ",
        )
        self.assert_clean()

    def test_no_mpirun_while_somebody_is_asked(self):
        path = config(entry(2, {"password": None}))
        terminal = Terminal("say", "--remote", path, before=("env", "PATH=/nowhere"))
        self.addCleanup(terminal.close)
        self.assertTrue(terminal.await_text("mpirun cannot be started"), terminal.text)
        self.assertEqual(terminal.process.wait(SOON), 2)

    def test_while_a_command_prints_no_secret(self):
        table = entry(2, {"password": None, "password_command": "exec sleep 60"})
        self.assert_fails(
            config(entry(1, {"ssh_port": 23}), table),
            r"host 1 \(host1.lan\): nothing listens on port 23 .*",
            code=2,
        )

    def test_a_host_that_is_cut_off(self):
        self.addCleanup(CLUSTER.do, "heal", 4)
        CLUSTER.do("cut", 4)
        self.assert_refused(entry(4), NOT_THERE)

    def test_several_hosts_that_fail(self):
        path = config(
            entry(1, {"ssh_port": 23}), 2, entry(3, {"ssh_port": 23}), entry(4, {"ssh_port": 23})
        )
        self.assert_fails(
            path,
            r"host 1 \(host1.lan\): nothing listens on port 23 \(connection refused\); .* \(2 other "
            r"logins failed as well\)",
        )


class Rooms(RemoteTest):
    """A host whose temporary folder is full."""

    def fill(self, options):
        """Makes /tmp on host2 a small one."""
        CLUSTER.output("host2", "mount", "-t", "tmpfs", "-o", f"mode=1777,{options}", "tmpfs", "/tmp")
        self.addCleanup(CLUSTER.output, "host2", "umount", "/tmp")

    def test_no_room_for_a_folder(self):
        self.fill("nr_inodes=1")
        self.assert_fails(
            config(1, 2), r"host 2 \(host2.lan\): there is no room for the files of mpirun's .*; .*"
        )

    def test_no_room_for_files(self):
        self.fill("size=64k")
        self.assert_fails(
            config(1, 2), r"host 2 \(host2.lan\): there is no room for the files of mpirun's .*; .*"
        )


class Ranks(RemoteTest):
    """What ranks do to a job."""

    def assert_deed(self, deed, expected, code):
        self.assert_fails(config(1, 2, 3), expected, *deed.split(), code=code)

    def test_an_exit(self):
        self.assert_deed("exit 1 5", r"rank 1 \(host2\): exit\(5\) in the middle of a job", 5)
        self.assert_deed("exit 0 5", r"rank 0 \(host1\): exit\(5\) in the middle of a job", 5)

    def test_an_exit_that_says_all_is_well(self):
        self.assert_deed("exit 2 0", r"rank 2 \(host3\): exit\(0\) in the middle of a job", 1)

    def test_an_exit_code_of_main(self):
        self.assert_deed(
            "leave 1 4", r"host 2 \(host2.lan\): rank 1 ended with exit code 4 and no error line; .*", 4
        )

    def test_an_error(self):
        for rank in (0, 2):
            self.assert_deed(
                f"throw {rank}",
                rf"map \(remote_program.cpp:\d+\) failed on rank {rank} \(host{rank + 1}\), worker "
                r"\d: this cannot go on",
                1,
            )

    def test_a_crash(self):
        for rank in (0, 1):
            self.assert_deed(
                f"raise {rank} {int(signal.SIGSEGV)}",
                rf"host {rank + 1} \(host{rank + 1}.lan\): rank {rank} was ended by signal 11 "
                r"\(Segmentation fault\); .*",
                128 + signal.SIGSEGV,
            )

    def test_an_abort(self):
        self.assert_deed(
            f"raise 2 {int(signal.SIGABRT)}",
            r"host 3 \(host3.lan\): rank 2 was ended by signal 6 \(Aborted\); .*",
            128 + signal.SIGABRT,
        )


class Killed(RemoteTest):
    """Somebody ends a part of a job while all ranks wait in it."""

    def test_a_rank(self):
        for number in (1, 2):
            job = self.start_waiting(config(1, 2, 3), 3)
            self.assert_ends(
                job,
                kill_on(f"host{number}", "remote_program"),
                rf"host {number} \(host{number}.lan\): rank {number - 1} was ended by signal 9 "
                r"\(Killed\); .*",
                128 + signal.SIGKILL,
            )

    def test_a_daemon(self):
        for number in (1, 3):
            job = self.start_waiting(config(1, 2, 3), 3)
            self.assert_ends(
                job,
                kill_on(f"host{number}", "-x", "orted|prted"),
                rf"host {number} \(host{number}.lan\): mpirun's daemon there was ended by signal 9"
                r"; .*",
            )

    def test_a_login(self):
        job = self.start_waiting(config(1, 2, 3), 3)
        self.assert_ends(
            job,
            kill_on("host2", "-f", "sshd.*alice"),
            r"host 2 \(host2.lan\): the connection is lost; .*",
        )

    def test_mpirun(self):
        job = self.start_waiting(config(1, 2, 3), 3)
        pid = self.mpirun_of(job)
        self.assert_ends(job, lambda: os.kill(pid, signal.SIGKILL), ".*mpirun.*; .*")

    def mpirun_of(self, job):
        (pid,) = mpiruns_of(job.pid)
        return pid

    def test_an_agent(self):
        job = self.start_waiting(config(1, 2), 2)
        agents = children_of(self.mpirun_of(job), "sh")
        self.assertEqual(len(agents), 2)
        self.assert_ends(job, lambda: os.kill(agents[0], signal.SIGKILL), r".*host \d.*; .*")

    def test_the_launcher(self):
        job = self.start_waiting(config(1, 2, 3), 3)
        job.process.kill()
        self.assertEqual(job.end()[0], -signal.SIGKILL)
        self.assert_clean()

    def test_the_launcher_while_it_starts(self):
        job = self.start(config(1, 2, 3), 0)
        self.assertTrue(eventually(lambda: mpiruns_of(job.pid)))
        job.process.kill()
        self.assertEqual(job.end()[0], -signal.SIGKILL)
        self.assert_clean()


class Stuck(RemoteTest):
    """An mpirun that does not come to its end."""

    def setUp(self):
        super().setUp()
        folder = new_path("bin")
        folder.mkdir()
        own = folder / "mpirun"
        own.write_text(
            "#!/bin/sh\n"
            "PATH=${PATH#*:}\n"
            '[ "$1" != --version ] || exec mpirun --version\n'
            'mpirun "$@"\n'
            "exec sleep 100\n"
        )
        own.chmod(0o755)
        self.before = ("env", f"PATH={folder}:{os.environ['PATH']}")

    def test_after_a_job(self):
        start = time.monotonic()
        expected = local("iterate").stdout
        self.assertEqual(self.assert_runs(config(1, 2), "iterate", before=self.before), expected)
        self.assertLess(time.monotonic() - start, SOON)
        self.assert_clean()

    def test_after_a_failure(self):
        expected = r"rank 1 \(host2\): exit\(5\) in the middle of a job"
        self.assert_fails(config(1, 2), expected, "exit", 1, 5, before=self.before, code=5)


class Networks(RemoteTest):
    def assert_cut(self, entries, number):
        job = self.start_waiting(config(*entries), len(entries))
        self.addCleanup(CLUSTER.do, "heal", 4)
        start = time.monotonic()
        CLUSTER.do("cut", 4)
        code, _, errors = job.end()
        self.assertLess(time.monotonic() - start, SILENCE)
        self.assert_one_error(
            errors, rf"host {number} \(host4.lan\): the connection is lost; .*"
        )
        self.assert_documented(errors, code)
        # Nothing of the job is left even there; what sshd has it learns later.
        left = lambda: {line for line in leftovers() if ": sshd: " not in line} - REPORTED
        self.assertTrue(eventually(lambda: not left()), left())
        CLUSTER.do("heal", 4)
        self.assertTrue(eventually(lambda: not set(leftovers()) - REPORTED), leftovers())

    def test_a_silent_cut(self):
        self.assert_cut((1, 4, 3), 2)

    def test_a_silent_cut_of_rank_0(self):
        self.assert_cut((4, 1), 1)

    def test_power_off_and_a_host_that_is_down(self):
        job = self.start_waiting(config(1, 5, 3), 3)
        self.assert_ends(
            job,
            lambda: CLUSTER.do("power-off", 5),
            r"host 2 \(host5.lan\): the connection is lost; .*",
            seconds=SILENCE,
        )
        self.assert_fails(
            config(1, 5),
            r"host 2 \(host5.lan\): " + NOT_THERE,
        )


class Signals(RemoteTest):
    def test_they_end_the_job(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number):
                job = self.start_waiting(config(1, 2), 2)
                self.assert_ends(
                    job, lambda: job.process.send_signal(number), None, 128 + number
                )

    def test_others_are_passed_on_to_the_ranks(self):
        job = self.start_waiting(config(1, 2), 2)
        self.assert_ends(
            job,
            lambda: job.process.send_signal(signal.SIGUSR1),
            r"host \d \(host\d.lan\): rank \d was ended by signal 10 \(User defined signal 1\); .*",
            128 + signal.SIGUSR1,
        )

    def test_twice(self):
        job = self.start_waiting(config(1, 2), 2)

        def interrupt_twice():
            job.process.send_signal(signal.SIGINT)
            job.process.send_signal(signal.SIGINT)

        self.assert_ends(job, interrupt_twice, None, 128 + signal.SIGINT)

    def test_a_key_of_the_terminal(self):
        words = ("wait", "/tmp/given/go", "--remote", config(1, 2))
        for keys, code in (("\x03", 128 + signal.SIGINT), ("\x1c", 128 + signal.SIGQUIT)):
            terminal = Terminal(*words)
            self.addCleanup(terminal.close)
            for rank in range(2):
                self.assertTrue(terminal.await_text(f"rank {rank} waits"), terminal.text)
            terminal.type(keys)
            self.assertFalse(terminal.await_text("error:"), terminal.text)
            self.assertEqual(terminal.process.wait(SOON), code)
            self.assert_clean()

    def test_while_somebody_is_asked(self):
        terminal = Terminal("say", "--remote", config(1, entry(2, {"password": None})))
        self.addCleanup(terminal.close)
        self.assertTrue(terminal.await_text("assword"), terminal.text)
        terminal.type("\x03")
        self.assertEqual(terminal.process.wait(SOON), 128 + signal.SIGINT)
        self.assert_clean()

    def test_while_hosts_are_logged_in_to(self):
        self.addCleanup(CLUSTER.do, "heal", 4)
        CLUSTER.do("cut", 4)
        job = self.start(config(1, 4), 0)
        is_waiting = lambda: "10.77.0.4:22" in CLUSTER.output(
            "launcher", "ss", "-Htn", "state", "syn-sent"
        )
        self.assertTrue(eventually(is_waiting))
        self.assert_ends(
            job, lambda: job.process.send_signal(signal.SIGINT), None, 128 + signal.SIGINT, 5
        )


if __name__ == "__main__":
    unittest.main()
