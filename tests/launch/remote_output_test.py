"""What the ranks of a remote job print and read."""

import os
import re
import subprocess
import unittest
import zlib

from remote import CLUSTER, PROGRAM, RemoteTest, config, entry, local


class Output(RemoteTest):
    def test_lines_are_whole(self):
        count = 300
        output = self.assert_runs(config(1, 2, 3), "lines", count).decode()
        numbers = {0: [], 1: [], 2: []}
        for line in output.splitlines():
            found = re.fullmatch(r"(?:\[host(\d)\] )?(\d) (\d+) (([a-c])\5*)", line)
            self.assertTrue(found, line[:50])
            rank, number = int(found.group(2)), int(found.group(3))
            self.assertEqual(found.group(5), "abc"[rank])
            self.assertEqual(len(found.group(4)), 3000 + 7 * rank + number % 11)
            if found.group(1):
                self.assertEqual(int(found.group(1)), rank + 1)
            numbers[rank].append(number)
        self.assertEqual(numbers, dict.fromkeys(range(3), list(range(count))))
        # Only before a second rank has printed lines may be without the name of a host.
        lines = output.splitlines()
        plain = [number for number, line in enumerate(lines) if not line.startswith("[")]
        self.assertEqual(plain, list(range(len(plain))))
        self.assertEqual(len({lines[number].split()[0] for number in plain}), 1)

    def test_both_streams_of_all_ranks(self):
        result = CLUSTER.run("launcher", PROGRAM, "say", "--remote", config(1, 2, 3))
        self.assertEqual(result.returncode, 0)
        for output, suffix in ((result.stdout, ""), (result.stderr, " errs")):
            lines = sorted(line.rpartition("] ")[2] for line in output.decode().splitlines())
            self.assertEqual(lines, [f"rank {rank}{suffix}" for rank in range(3)])

    def test_entries_of_one_host_are_told_apart_by_their_ports(self):
        tables = (entry(1, num_cores=1), entry(1, num_cores=1))
        output = self.assert_runs(config(*tables), "lines", 3).decode()
        ports = {table["base_port"] for table in tables}
        found = set(re.findall(r"^\[host1:(\d+)\] ", output, re.MULTILINE))
        self.assertTrue(found <= {str(port) for port in ports} and found, output[:200])

    def test_bytes_are_what_they_are(self):
        size = 1_000_001
        output = self.assert_runs(config(1, 2), "bytes", size)
        expected = bytes(i * i // 251 % 256 for i in range(size))
        self.assertFalse(expected.endswith(b"\n"))
        self.assertEqual(len(output), size)
        self.assertEqual(output, expected)

    def test_a_terminal_gets_colours(self):
        command = f"'{PROGRAM}' lines 2 --remote '{config(1, 2)}'"
        for variables, has_colours in (({"TERM": "xterm"}, True), ({"NO_COLOR": "1"}, False)):
            result = CLUSTER.run(
                "launcher", "script", "-qec", command, "/dev/null",
                variables={"TERM": "xterm", "NO_COLOR": "", **variables},
            )  # fmt: skip
            self.assertEqual(result.returncode, 0, result.stdout)
            self.assertEqual(b"\x1b[3" in result.stdout, has_colours, result.stdout[:200])

    def test_a_reader_that_goes(self):
        path = config(1, 2)
        script = f"'{PROGRAM}' much --remote '{path}' | head -n 1"
        result = CLUSTER.run("launcher", "bash", "-c", script)
        self.assertEqual((result.stdout, result.stderr.decode()), (b"x" * 100 + b"\n", ""))
        self.assert_clean()

    def test_nobody_reads_errors(self):
        script = f"exec '{PROGRAM}' iterate --remote '{config(1, 2)}' 2>&-"
        result = CLUSTER.run("launcher", "bash", "-c", script)
        self.assertEqual((result.returncode, result.stdout), (0, local("iterate").stdout))

    def test_a_full_disk(self):
        script = f"exec '{PROGRAM}' lines 10 --remote '{config(1, 2)}' >/dev/full"
        result = CLUSTER.run("launcher", "bash", "-c", script)
        self.assert_one_error(
            result.stderr.decode(), ".*standard output: No space left on device; make room .*"
        )
        self.assertNotEqual(result.returncode, 0)
        self.assert_clean()


class Input(RemoteTest):
    def test_it_goes_to_rank_0(self):
        data = os.urandom(4_000_000)
        output = self.assert_runs(config(1, 2, 3), "sum", input=data, stdin=None)
        self.assertEqual(output.decode(), f"{len(data)} {zlib.adler32(data)}\n")

    def test_a_file(self):
        path = self.give("file", os.urandom(300_000))
        data = CLUSTER.run("launcher", "cat", path).stdout
        script = f"exec '{PROGRAM}' sum --remote '{config(1, 2)}' <{path}"
        result = CLUSTER.run("launcher", "sh", "-c", script)
        self.assertEqual(result.stdout.decode(), f"{len(data)} {zlib.adler32(data)}\n")

    def test_none(self):
        self.assertEqual(self.assert_runs(config(1, 2), "sum"), b"0 1\n")

    def test_it_need_not_be_read(self):
        data = bytes(3_000_000)
        self.assert_runs(config(1, 2), "iterate", input=data, stdin=None)

    def test_it_may_come_late(self):
        job = self.start(config(1, 2), 0, ("sum",), stdin=subprocess.PIPE)
        job.process.stdin.write(b"first ")
        job.process.stdin.flush()
        # mpirun runs: the job has got as far as waiting for more.
        self.assertTrue(self.has_ranks("host1"))
        job.process.stdin.write(b"last")
        code, output, errors = job.end()
        self.assertEqual((code, output, errors), (0, f"10 {zlib.adler32(b'first last')}\n", ""))

    def has_ranks(self, host):
        script = "until pgrep -f 'remote_program.* sum' >/dev/null; do sleep 0.05; done"
        return CLUSTER.run(host, "timeout", "20", "sh", "-c", script).returncode == 0


if __name__ == "__main__":
    unittest.main()
