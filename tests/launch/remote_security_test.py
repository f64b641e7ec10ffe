"""Where the secrets of a remote job are not, and which ports it opens."""

import signal
import unittest

from remote import (
    CLUSTER,
    ENTRY_PORTS,
    PROGRAM,
    RemoteTest,
    config,
    entry,
    let_go,
    new_path,
    secret,
)


class Secrets(RemoteTest):
    def assert_hidden(self):
        result = CLUSTER.call("scan", CLUSTER.folder / "secrets" / "all")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))

    def test_while_a_job_runs_and_after_it(self):
        job = self.start_waiting(config(1, 2, 3, 4), 4)
        self.assert_hidden()
        let_go(1, 2, 3, 4)
        code, _, errors = job.end()
        self.assertEqual((code, errors), (0, ""))
        self.assert_hidden()

    def test_after_a_start_that_fails(self):
        result = CLUSTER.run(
            "launcher", PROGRAM, "say", "--remote", config(2, 3, 4, entry(1, {"ssh_port": 23}))
        )
        self.assertEqual(result.returncode, 2)
        self.assert_hidden()
        for line in secret("all").splitlines():
            self.assertNotIn(line, result.stderr.decode())

    def test_a_mistake_in_a_file_does_not_show_them(self):
        path = config(2)
        path.write_text(path.read_text().replace("password =", "pasword ="))
        result = CLUSTER.run("launcher", PROGRAM, "say", "--remote", path)
        self.assertEqual(result.returncode, 2)
        self.assertNotIn("pass of", result.stderr.decode())

    def test_no_core_file_holds_them(self):
        folder = new_path("cores")
        folder.mkdir()
        script = 'ulimit -c unlimited && cd "$0" && exec "$@"'
        before = ("sh", "-c", script, folder)
        # An ordinary process leaves one, if the system writes them to files at all.
        CLUSTER.run("launcher", *before, "sh", "-c", "kill -ABRT $$")
        if not list(folder.iterdir()):
            self.skipTest("this system writes no core files")
        for core in folder.iterdir():
            core.unlink()
        job = self.start_waiting(config(1, 2, 3, 4), 4, before=before)
        job.process.send_signal(signal.SIGABRT)
        self.assertEqual(job.end()[0], -signal.SIGABRT)
        self.assert_clean()
        self.assertEqual(list(folder.iterdir()), [])

    def test_other_processes_of_the_user_cannot_read_the_launcher(self):
        # As another user than root, whom nothing stops.
        table = entry(1, {"key_file": None})
        path = config(table)
        copied = "/tmp/given/config.toml"
        CLUSTER.run("renoir@launcher", "sh", "-c", f"umask 077; mkdir -p /tmp/given; cat >{copied}",
                    input=path.read_bytes(), stdin=None).check_returncode()  # fmt: skip
        job = CLUSTER.start(
            "renoir@launcher", PROGRAM, "wait", "/tmp/given/go", "--remote", copied
        )
        try:
            self.assertEqual(job.stdout.readline(), b"rank 0 waits\n")
            for name in ("mem", "environ", "fd"):
                result = CLUSTER.run(
                    "renoir@launcher", "sh", "-c", 'ls -L "$0" && head -c 1 "$0"', f"/proc/{job.pid}/{name}"
                )
                self.assertIn(b"Permission denied", result.stderr)
        finally:
            let_go(1)
            self.assertEqual(job.communicate(timeout=50), (b"rank 0 is well\n", b""))


def listeners(machine):
    """Address and port of each TCP or UDP socket of a machine that others can reach."""
    found = []
    for line in CLUSTER.output(machine, "ss", "-Hltun").splitlines():
        address, _, port = line.split()[4].rpartition(":")
        address = address.partition("%")[0]
        if not address.startswith("127.") and address != "[::1]":
            found.append((address, int(port)))
    return sorted(found)


class Ports(RemoteTest):
    def test_only_those_of_the_entries_are_open(self):
        machines = ["launcher", "host1", "host2", "host3"]
        before = {machine: listeners(machine) for machine in machines}
        tables = [entry(1), entry(2), entry(3), entry(1)]
        job = self.start_waiting(config(*tables), 4)
        for machine in machines[1:]:
            ranges = [
                range(table["base_port"], table["base_port"] + ENTRY_PORTS)
                for table in tables
                if table["address"] == f"{machine}.lan"
            ]
            opened = [found for found in listeners(machine) if found not in before[machine]]
            self.assertTrue(opened)
            for address, port in opened:
                self.assertTrue(any(port in ports for ports in ranges), (machine, address, port))
        # mpirun waits for the daemons, on one port of each family.
        opened = [found for found in listeners("launcher") if found not in before["launcher"]]
        self.assertLessEqual(len(opened), 2, opened)
        let_go(1, 2, 3)
        self.assertEqual(job.end()[0], 0)
        self.assert_clean()


if __name__ == "__main__":
    unittest.main()
