"""Hosts that cannot connect to the launcher, as it stands behind a router or a firewall."""

import pathlib
import re
import time
import unittest
import zlib

from cluster import eventually
from remote import (
    CLUSTER,
    OWN_PROCESSES,
    PROGRAM,
    REPORTED,
    SILENCE,
    RemoteTest,
    config,
    entry,
    leftovers,
    let_go,
    local,
    new_path,
)

RELAY = pathlib.Path(__file__).with_name("relay.py")

# What a connection to the launcher's address comes to on a host: nothing listens on its loopback.
LOOPBACK = "127.0.0.1"


class Forwards(RemoteTest):
    def relayed(self, number, **keys):
        """The entry of a host that is reached over a relay on the launcher."""
        table = entry(number, **keys)
        port = table["ssh"].get("ssh_port", 22)
        # Not every machine sees this folder.
        with RELAY.open("rb") as source:
            words = ("python3", "-", f"host{number}.lan", port)
            relay = CLUSTER.start("launcher", *words, stdin=source)
        OWN_PROCESSES.add(relay.pid)
        self.addCleanup(relay.communicate)
        self.addCleanup(relay.kill)
        table["ssh"]["ssh_port"] = int(relay.stdout.readline())
        table["address"] = LOOPBACK
        return table

    def config_of(self, *tables, **launch):
        """For entries some of which are relayed: their hosts are known by other names."""
        known = new_path("known_hosts")
        lines = (CLUSTER.folder / "known_hosts").read_text().splitlines()
        keys = sorted({line.split(" ", 1)[1] for line in lines})
        names = [f"[{LOOPBACK}]:{table['ssh'].get('ssh_port', 22)}" for table in tables]
        lines += [f"{','.join(names)} {key}" for key in keys]
        known.write_text("".join(f"{line}\n" for line in lines))
        return config(*tables, launch={"known_hosts": known, **launch})

    def test_an_iteration_is_the_local_one(self):
        path = self.config_of(*[self.relayed(number) for number in (1, 2, 3)])
        self.assertEqual(self.assert_runs(path, "iterate"), local("iterate").stdout)
        self.assert_clean()

    def test_some_hosts_reach_the_launcher(self):
        path = self.config_of(self.relayed(1), entry(2), self.relayed(3))
        self.assertEqual(self.assert_runs(path, "iterate"), local("iterate").stdout)

    def test_more_entries_than_a_login_can_have(self):
        first = self.relayed(1, num_cores=1)
        tables = [{**first, "base_port": 20000 + 100 * number} for number in range(10)]
        output = self.assert_runs(self.config_of(*tables), "places").decode()
        self.assertEqual(len(output.splitlines()), 10)

    def test_input_goes_to_rank_0(self):
        data = bytes(range(256)) * 20000
        path = self.config_of(self.relayed(1), self.relayed(2))
        output = self.assert_runs(path, "sum", input=data, stdin=None)
        self.assertEqual(output.decode(), f"{len(data)} {zlib.adler32(data)}\n")

    def test_daemons_connect_to_their_own_host_only(self):
        path = self.config_of(self.relayed(1), self.relayed(2))
        job = self.start_waiting(path, 2)
        for number in (1, 2):
            listing = CLUSTER.output(f"host{number}", "ss", "-Htnp", "state", "established")
            peers = [line.split()[3] for line in listing.splitlines() if re.search("orted|prted", line)]
            self.assertTrue(peers)
            for peer in peers:
                self.assertRegex(peer, r"^\[?(::ffff:)?127\.0\.0\.1")
        let_go(1, 2)
        self.assertEqual(job.end()[0], 0)
        self.assert_clean()

    def test_a_host_that_forwards_nothing(self):
        self.reconfigure(2, "AllowTcpForwarding no")
        self.assert_fails(
            self.config_of(self.relayed(1), self.relayed(2)),
            r"host 2 \(127.0.0.1\): the host does not reach this machine, and its sshd forwards no "
            r"port \(AllowTcpForwarding\); let the host connect .*",
            code=2,
        )

    def reconfigure(self, number, line):
        """Has the sshd of a host read one more line of configuration."""
        host, file = f"host{number}", "/run/test-cluster/sshd_config"
        before = CLUSTER.run(host, "cat", file).stdout

        def restart(text):
            CLUSTER.do("stop-sshd", number)
            CLUSTER.run(host, "sh", "-c", f"cat >{file}", input=text, stdin=None).check_returncode()
            CLUSTER.do("start-sshd", number)

        self.addCleanup(restart, before)
        restart(line.encode() + b"\n" + before)

    def test_a_rank_fails(self):
        path = self.config_of(self.relayed(1), self.relayed(2))
        self.assert_fails(
            path, r"rank 1 \(host2\): exit\(5\) in the middle of a job", "exit", 1, 5, code=5
        )

    def test_the_launcher_is_killed(self):
        job = self.start_waiting(self.config_of(self.relayed(1), self.relayed(2)), 2)
        job.process.kill()
        job.end()
        self.assert_clean()


class Firewalls(RemoteTest):
    """Hosts that may answer the launcher, and nothing else."""

    def shut_in(self, *numbers):
        for number in numbers:
            host = f"host{number}"
            script = (
                "ip rule add sport 22 table main prio 10 && "
                "ip rule add to 10.77.0.254 prohibit prio 20"
            )
            if CLUSTER.run(host, "sh", "-c", script).returncode != 0:
                self.skipTest("this system has no rules for ports")
            self.addCleanup(CLUSTER.output, host, "ip", "rule", "del", "prio", 10)
            self.addCleanup(CLUSTER.output, host, "ip", "rule", "del", "prio", 20)

    def test_an_iteration_is_the_local_one(self):
        self.shut_in(1, 2)
        self.assertEqual(self.assert_runs(config(1, 2), "iterate"), local("iterate").stdout)
        self.assert_clean()

    def test_a_silent_cut(self):
        self.shut_in(1, 4)
        job = self.start_waiting(config(1, 4, 2), 3)
        self.addCleanup(CLUSTER.do, "heal", 4)
        start = time.monotonic()
        CLUSTER.do("cut", 4)
        code, _, errors = job.end()
        self.assertLess(time.monotonic() - start, SILENCE)
        self.assert_one_error(errors, r"host 2 \(host4.lan\): the connection is lost; .*")
        self.assertEqual(code, 1)
        # Nothing stays even there.
        self.assertTrue(eventually(lambda: not set(leftovers()) - REPORTED), leftovers())

    def test_a_slow_reader_is_no_cut(self):
        self.shut_in(1)
        words = [PROGRAM, "much", "--remote", config(1)]
        job = CLUSTER.start("launcher", *words)
        self.addCleanup(job.communicate)
        self.addCleanup(job.kill)
        line = b"x" * 100 + b"\n"
        self.assertEqual(job.stdout.read(len(line)), line)
        # Longer than it takes to notice a cut; nothing else tells that nothing happens.
        time.sleep(SILENCE + 5)
        self.assertIsNone(job.poll())
        self.assertEqual(job.stdout.read(300_000 * len(line)), 300_000 * line)


if __name__ == "__main__":
    unittest.main()
