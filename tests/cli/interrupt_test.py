"""SIGINT and SIGTERM end a program within a second, and it leaves nothing half-written."""

import os
import signal
import subprocess
import time
import unittest

from programs import PATIENCE, PIPELINES, WORDCOUNT, ProgramTest, start

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def has_files_without_name(folder):
    """Whether a file can stay without a name until it is complete."""
    try:
        os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY))
        return True
    except OSError:
        return False


class Interrupt(ProgramTest):
    def assert_ends(self, process, number):
        began = time.monotonic()
        process.send_signal(number)
        process.communicate(timeout=PATIENCE)
        self.assertLess(time.monotonic() - began, 1)
        self.assertIn(process.returncode, (-number, 128 + number))

    def test_a_program_that_writes_a_file(self):
        for number in SIGNALS:
            with self.subTest(signal=number.name):
                with start(PIPELINES, "--local", "2", "write", "numbers") as process:
                    self.assertEqual(process.stdout.readline(), b"writing\n")
                    self.assert_ends(process, number)
                if has_files_without_name(self.folder):
                    self.assertEqual(self.names(), [])

    def test_a_program_that_waits_for_input(self):
        for number in SIGNALS:
            with self.subTest(signal=number.name):
                with start(PIPELINES, "shout", stdin=subprocess.PIPE) as process:
                    process.stdin.write(b"a line\n")
                    process.stdin.flush()
                    self.assertEqual(process.stdout.readline(), b"A LINE\n")
                    self.assert_ends(process, number)

    def test_a_program_that_reads_a_pipe_that_stays_open(self):
        os.mkfifo("pipe")
        for number in SIGNALS:
            with self.subTest(signal=number.name):
                with start(WORDCOUNT, "pipe", "--output", "counts") as process:
                    with open("pipe", "wb", buffering=0) as pipe:
                        pipe.write(b"words\n")
                        self.assert_ends(process, number)
                self.assertEqual(self.names(), ["pipe"])


if __name__ == "__main__":
    unittest.main()
