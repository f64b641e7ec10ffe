"""Lines from pipes: they arrive while the writer goes on, and the end of the pipe ends the job."""

import os
import subprocess
import threading
import unittest

from programs import PATIENCE, PIPELINES, ProgramTest, run, start, wordcount


class StandardInput(ProgramTest):
    def test_a_line_arrives_before_the_writer_closes_the_pipe(self):
        for workers in ("1", "3"):
            with self.subTest(workers=workers):
                process = start(PIPELINES, "--local", workers, "shout", stdin=subprocess.PIPE)
                with process:
                    for number in range(20):
                        process.stdin.write(b"line %d\n" % number)
                        process.stdin.flush()
                        # Waits for ever where the line is kept back; then the test times out.
                        self.assertEqual(process.stdout.readline(), b"LINE %d\n" % number)
                    out, errors = process.communicate(b"\r\nlast, without newline", PATIENCE)
                self.assertEqual(out, b"\nLAST, WITHOUT NEWLINE\n")
                self.assertEqual((process.returncode, errors), (0, b""))

    def test_all_lines_come_in_order(self):
        lines = [b"line %d of many" % number for number in range(100_000)]
        result = run(PIPELINES, "shout", input=b"\n".join(lines), stdin=None)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout, b"".join(line.upper() + b"\n" for line in lines))

    def test_a_file_and_nothing_as_standard_input(self):
        path = self.write("text", b"from a file\n\0\xff\n")
        with open(path, "rb") as file:
            self.assertEqual(run(PIPELINES, "shout", stdin=file).stdout, b"FROM A FILE\n\0\xff\n")
        result = run(PIPELINES, "shout")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))

    def test_a_closed_standard_input_is_an_error(self):
        result = run("sh", "-c", 'exec "$0" shout <&-', PIPELINES)
        self.assert_error(result, 2, "standard input")


class Pipes(ProgramTest):
    def test_a_named_pipe_as_a_file(self):
        os.mkfifo("pipe")
        self.write("text", b"words\n")
        for workers in ("1", "3"):
            with self.subTest(workers=workers):
                writer = threading.Thread(target=self.write_slowly, daemon=True)
                writer.start()
                result = wordcount("--local", workers, "pipe", "text")
                writer.join(PATIENCE)
                self.assertEqual(result.stdout, b"words\t20001\nof\t20000\n", result.stderr)

    def write_slowly(self):
        with open("pipe", "wb", buffering=0) as pipe:
            for _ in range(200):
                pipe.write(b"words of\n" * 100)

    def test_standard_input_as_a_file(self):
        result = wordcount("/dev/stdin", input=b"one two one", stdin=None)
        self.assertEqual(result.stdout, b"one\t2\ntwo\t1\n", result.stderr)


if __name__ == "__main__":
    unittest.main()
