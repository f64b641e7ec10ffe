"""renoir-hosts, and --remote with the hosts of an allocation."""

import os
import pathlib
import sys
import unittest

from programs import ProgramTest, run, wordcount

HOSTS = str(pathlib.Path(sys.argv.pop(1)).resolve())

# A job of Slurm on four hosts; what scontrol does for it is below.
SLURM = {"SLURM_JOB_NODELIST": "n[1-3],login", "SLURM_JOB_CPUS_PER_NODE": "2(x3),4"}
SCONTROL = """#!/bin/sh
if [ "$*" = "show hostnames n[1-3],login" ]; then
    printf 'n1\\nn2\\nn3\\nlogin\\n'
else
    echo "Invalid hostlist: $3" >&2
    exit 1
fi
"""
OF_SLURM = [("n1", 2), ("n2", 2), ("n3", 2), ("login", 4)]


class HostsTest(ProgramTest):
    def environment(self, **variables):
        """One with a scontrol, and these variables alone of a scheduler."""
        self.write("bin/scontrol", SCONTROL.encode()).chmod(0o755)
        others = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SLURM", "PBS")) and name != "NCPUS"
        }
        return {**others, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", **variables}

    def pbs(self, lines, **variables):
        return self.environment(PBS_NODEFILE=str(self.write("nodes", lines)), **variables)

    def hosts(self, *arguments, **variables):
        return run(HOSTS, *arguments, env=self.environment(**variables))

    def ranks(self, file, environment=None):
        """The address and cores of each rank that --remote would start."""
        result = wordcount("text", "--remote", file, "--dry-run", env=environment)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        lines = result.stdout.decode().split("\n\n")[0].splitlines()[1:]
        found = []
        for number, line in enumerate(lines, 1):
            text = line.partition(f"  # host {number}: ")[2]
            address, cores = text.rsplit(", ", 1)
            found.append((address.strip("'"), int(cores.removesuffix(" cores"))))
        return found

    def ranks_of_list(self, result):
        """The same for what renoir-hosts has printed."""
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return self.ranks(self.write("config.toml", result.stdout))


class Allocation(HostsTest):
    def test_remote_takes_the_hosts_of_slurm(self):
        self.assertEqual(self.ranks("slurm", self.environment(**SLURM)), OF_SLURM)

    def test_remote_takes_the_hosts_of_pbs(self):
        self.assertEqual(self.ranks("pbs", self.pbs(b"b\nb\na\nb\n")), [("b", 3), ("a", 1)])
        self.assertEqual(self.ranks("pbs", self.pbs(b"b\na\n", NCPUS="8")), [("b", 8), ("a", 8)])

    def test_a_file_of_such_a_name_has_a_folder_in_front(self):
        for name in ("slurm", "pbs"):
            self.write(name, b'[[host]]\naddress = "x"\nbase_port = 1\nnum_cores = 3\n')
            environment = self.environment(**SLURM)
            self.assertEqual(self.ranks(f"./{name}", environment), [("x", 3)])

    def test_without_an_allocation_there_are_no_hosts(self):
        for name, variable in (("slurm", "SLURM_JOB_NODELIST"), ("pbs", "PBS_NODEFILE")):
            words = [f"{name}: this is not in an allocation", variable, "TOML list"]
            environment = self.environment()
            result = wordcount("text", "--remote", name, "--dry-run", env=environment)
            self.assert_error(result, 2, *words)
            self.assert_error(run(HOSTS, name, env=environment), 2, *words)

    def test_a_malformed_allocation_is_one_line(self):
        for key, value, words in (
            ("SLURM_JOB_NODELIST", "n[1", ["SLURM_JOB_NODELIST 'n[1'", "Invalid hostlist: n[1"]),
            ("SLURM_JOB_CPUS_PER_NODE", "2(x2)", ["SLURM_JOB_CPUS_PER_NODE '2(x2)'", "4 hosts"]),
        ):
            self.assert_error(self.hosts("slurm", **{**SLURM, key: value}), 2, *words)


class RenoirHosts(HostsTest):
    def test_the_list_of_an_allocation_gives_the_same_ranks(self):
        self.assertEqual(self.ranks_of_list(self.hosts("slurm", **SLURM)), OF_SLURM)
        result = run(HOSTS, "pbs", env=self.pbs(b"b\na\nb\n"))
        self.assertEqual(self.ranks_of_list(result), [("b", 2), ("a", 1)])

    def test_the_list_is_the_format_of_the_documentation(self):
        result = self.hosts("node1", "10.0.0.2", "--cores", "16", "--username", "ann")
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual(
            result.stdout.decode(),
            '[[host]]\naddress = "node1"\nbase_port = 9500\nnum_cores = 16\n'
            'ssh = { username = "ann" }\n'
            '\n[[host]]\naddress = "10.0.0.2"\nbase_port = 9500\nnum_cores = 16\n'
            'ssh = { username = "ann" }\n',
        )

    def test_options_hold_for_an_allocation_too(self):
        result = self.hosts("slurm", "--cores", "1", "--base-port", "7000", **SLURM)
        self.assertEqual(result.stdout.count(b"base_port = 7000\n"), 4)
        self.assertEqual(
            self.ranks_of_list(result), [("n1", 1), ("n2", 1), ("n3", 1), ("login", 1)]
        )

    def test_a_repeated_name_has_ports_of_its_own(self):
        result = self.hosts("--cores", "2", "--base-port", "65236", "a", "b", "A", "a")
        ports = [line for line in result.stdout.decode().splitlines() if "base_port" in line]
        self.assertEqual([int(line.split()[-1]) for line in ports], [65236, 65236, 65336, 65436])
        self.assertEqual(self.ranks_of_list(result), [("a", 2), ("b", 2), ("A", 2), ("a", 2)])

    def test_names_are_quoted(self):
        names = ['quo"te', "back\\slash", "# [[host]]", "fe80::1%eth0"]
        result = self.hosts("--cores", "1", *names)
        self.assertEqual(self.ranks_of_list(result), [(name, 1) for name in names])

    def test_mistakes_are_one_line(self):
        for arguments, words in (
            ([], ["NAME", "--help"]),
            (["a"], ["cores of 'a'", "--cores N"]),
            (["a", "--cores", "0"], ["--cores"]),
            (["a", "--cores", "-1"], ["--cores"]),
            (["a", "--cores", "many"], ["--cores", "many"]),
            (["a", "--cores"], ["--cores"]),
            (["a", "--cores", "1", "--base-port", "0"], ["--base-port", "65436"]),
            (["a", "--cores", "1", "--base-port", "65437"], ["--base-port", "65436"]),
            (["a", "a", "--cores", "1", "--base-port", "65400"], ["ports", "'a'"]),
            (["", "--cores", "1"], ["'address'", "empty"]),
            (["a\nb", "--cores", "1"], ["'address'", "control character"]),
            (["slurm", "a", "--cores", "1"], ["'slurm'", "alone"]),
            (["a", "pbs", "--cores", "1"], ["'pbs'", "alone"]),
            (["a", "--core", "1"], ["'--core'", "'--cores'"]),
        ):
            with self.subTest(arguments=arguments):
                self.assert_error(self.hosts(*arguments), 2, *words)

    def test_a_list_that_cannot_be_written_is_an_error(self):
        command = ["sh", "-c", 'exec "$0" "$@" > /dev/full', HOSTS, "a", "--cores", "1"]
        self.assert_error(run(*command), 1, "standard output")

    def test_help(self):
        result = self.hosts("--help")
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        for word in ("slurm", "pbs", "--cores", "--base-port", "--username", "9500"):
            self.assertIn(word, result.stdout.decode())


if __name__ == "__main__":
    unittest.main()
