"""Whatever a rank does or meets, the job ends soon, says why in one line, and nothing stays."""

import concurrent.futures
import gzip
import os
import pathlib
import shutil
import signal
import socket
import tempfile
import time
import unittest

from ranks import FAILING, launch, start, start_each
import programs
from programs import WORDCOUNT, ProgramTest, processes_of, rank_of

SECONDS = 5  # from what goes wrong to the end of the job
SECONDS_TO_START = 2
SIDE_BY_SIDE = 3  # jobs, as most of the time they wait


def name_of(rank):
    return f"rank {rank} ({socket.gethostname()})"


class FailureTest(ProgramTest):
    def each(self, check, cases):
        """Checks the cases, some at a time."""
        with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            checks = [(case, pool.submit(check, *case)) for case in cases]
        for case, outcome in checks:
            with self.subTest(case=case):
                outcome.result()

    def new_folder(self):
        """A job has a folder of its own, by which its processes are known."""
        return pathlib.Path(tempfile.mkdtemp(dir=self.folder))

    def end_of(self, job, folder, program=FAILING, began=None):
        """The job ends in time and nothing of it stays; returns its exit code and error lines."""
        began = began or time.time() + SECONDS_TO_START
        _, errors = job.communicate(timeout=programs.PATIENCE)
        ended = time.time()
        text = errors.decode(errors="replace")
        if (folder / "deed").exists():
            began = (folder / "deed").stat().st_mtime
        self.assertLess(ended - began, SECONDS, text)
        self.assertEqual(processes_of(program, folder), [])
        return job.returncode, [line for line in text.splitlines() if line.startswith("error: ")]

    def assert_says(self, end, exit_code, *words):
        """The job ended with this exit code and one line with these words."""
        code, lines = end
        self.assertEqual(len(lines), 1, lines)
        for word in words:
            self.assertIn(word, lines[0])
        self.assertEqual(code, exit_code)

    def end_of_deeds(self, deeds, folder=None):
        folder = folder or self.new_folder()
        words = deeds.split()
        ranks = sum(not word.startswith("-") and not word.isdigit() for word in words)
        return self.end_of(start(ranks, FAILING, *words, cwd=folder), folder)

    def check_deeds(self, deeds, exit_code, *words):
        self.assert_says(self.end_of_deeds(deeds), exit_code, *words)


class Exceptions(FailureTest):
    def check_throw(self, deeds, operator, rank):
        self.check_deeds(deeds, 1, operator + " (", name_of(rank), "cannot go on")

    def test_in_functions(self):
        cases = [
            ("throw-in-map work", "map", 0),
            ("work work throw-in-map", "map", 2),
            ("work throw-in-source", "stream_par_iter", 1),
            ("throw-in-sink work", "for_each", 0),
            ("work throw-in-sink", "for_each", 1),
        ]
        self.each(self.check_throw, cases)

    def test_while_other_ranks_are_in_a_long_function(self):
        cases = [
            ("throw-in-map sleep", "map", 0),
            ("sleep throw-in-map", "map", 1),
            ("sleep sleep throw-in-map", "map", 2),
            ("done sleep throw-in-map", "map", 2),
            # Or all of them.
            ("--workers-per-rank 2 sleep sleep-and-throw", "map", 1),
            # Nobody waits for the job on rank 0.
            ("linger throw-in-map", "map", 1),
        ]
        self.each(self.check_throw, cases)

    def test_on_several_ranks_or_outside_of_a_job(self):
        cases = [
            ("throw-in-map throw-in-map throw-in-map", 1, "map (", "cannot go on"),
            ("work throw-in-map throw-in-map throw-in-map", 1, "map (", "cannot go on"),
            ("work throw-first", 1, "error: " + name_of(1), "cannot begin"),
            ("throw-first throw-first throw-first", 1, "error: cannot begin"),
            ("work throw-first throw-first throw-first", 1, "cannot begin"),
            ("work cancel", 1, "cancelled", name_of(1)),
        ]
        self.each(self.check_deeds, cases)


class Ends(FailureTest):
    """A process that ends in the middle of a job takes the others along."""

    def test_exit(self):
        cases = []
        for status, exit_code in ((0, 1), (3, 3)):
            words = (f"exit({status})", "in the middle of a job")
            cases.append((f"exit-{status} work", exit_code, *words, name_of(0)))
            cases.append((f"work exit-{status}", exit_code, *words, name_of(1)))
        self.each(self.check_deeds, cases)

    def test_exit_behind_a_job(self):
        self.assertEqual(self.end_of_deeds("exit-behind exit-behind"), (0, []))

    def test_a_rank_that_returns_a_failure_waits_for_the_others(self):
        job = start(2, FAILING, "slow-4", "quick-4", cwd=self.new_folder())
        output, _ = job.communicate(timeout=programs.PATIENCE)
        self.assertEqual((job.returncode, output), (4, b"rank 0 is slow\n"))

    def test_but_not_for_long(self):
        folder = self.new_folder()
        code, lines = self.end_of(start(2, FAILING, "linger-behind", "quick-4", cwd=folder), folder)
        self.assertEqual((code, lines), (4, []))

    def check_silent_deeds(self, deeds, exit_code):
        self.assertEqual(self.end_of_deeds(deeds), (exit_code, []))

    def test_without_a_word(self):
        cases = [
            ("leave-0 work", 1),
            ("work leave-0", 1),
            ("work leave-3", 3),
            ("abort work", 128 + signal.SIGABRT),
            ("work crash", 128 + signal.SIGSEGV),
            ("mpi-abort work", 5),
            ("work quit", 4),
        ]
        self.each(self.check_silent_deeds, cases)

    def test_before_the_job(self):
        cases = [
            ("work skip-job", 2, name_of(1), "starts a job"),
            ("skip-job work work", 2, name_of(0), "starts a job"),
            ("--peer-timeout 1 work skip-all", 1, "have not met within 1 s", "--peer-timeout"),
        ]
        self.each(self.check_deeds, cases)

    def check_signal(self, number):
        folder = self.new_folder()
        job = start(2, FAILING, "sleep", "work", cwd=folder)
        wait_for(folder / "asleep-0")
        job.send_signal(number)
        code, lines = self.end_of(job, folder, began=time.time())
        self.assertNotEqual(code, 0)
        self.assertEqual(lines, [])

    def test_signals_to_the_launcher(self):
        self.each(self.check_signal, [(signal.SIGINT,), (signal.SIGTERM,)])


class Silence(FailureTest):
    """A rank that is stopped for a while; kill_test.py has those that are stopped for good."""

    def check_stop(self, seconds, limit):
        folder = self.new_folder()
        job = start(2, FAILING, "--peer-timeout", limit, "wait", "wait", cwd=folder)
        for rank in range(2):
            wait_for(folder / f"asleep-{rank}")
        processes = {rank_of(pid): pid for pid in processes_of(FAILING, folder)}
        os.kill(processes[1], signal.SIGSTOP)
        time.sleep(seconds)
        self.assertIsNone(job.poll())
        os.kill(processes[1], signal.SIGCONT)
        (folder / "go").touch()
        output, errors = job.communicate(timeout=programs.PATIENCE)
        self.assertEqual((job.returncode, errors), (0, b""))
        self.assertEqual(sorted(output.splitlines()), [b"rank 0 is well", b"rank 1 is well"])

    def test_a_rank_that_comes_back(self):
        self.each(self.check_stop, [(2, 5), (4, 0)])


class Mixtures(FailureTest):
    def setUp(self):
        super().setUp()
        text = self.write("text", b"word\n")
        self.usual = (WORDCOUNT, text)

    def check_refused(self, commands, *words):
        folder = self.new_folder()
        end = self.end_of(start_each(*commands, cwd=folder), folder, WORDCOUNT)
        self.assert_says(end, 2, *words)

    def test_other_arguments(self):
        other = (*self.usual, "--top", 3)
        cases = [
            ([self.usual, other], name_of(1), "other arguments"),
            ([self.usual, self.usual, other], name_of(2), "other arguments"),
            ([other, self.usual, self.usual], name_of(0), "other arguments"),
        ]
        self.each(self.check_refused, cases)

    def test_the_same_program_in_another_place(self):
        os.symlink(WORDCOUNT, "link")
        job = start_each(self.usual, (self.folder / "link", *self.usual[1:]))
        output, errors = job.communicate(timeout=programs.PATIENCE)
        self.assertEqual((job.returncode, output, errors), (0, b"word\t1\n", b""))

    def test_another_build(self):
        build = self.folder / "build"
        shutil.copy(WORDCOUNT, build)
        with open(build, "ab") as file:
            file.write(b"\0")
        other = (build, *self.usual[1:])
        self.check_refused([self.usual, self.usual, other], name_of(2), "another build")

    def test_another_job(self):
        cases = [
            ("work other-job", 2, name_of(1), "another job"),
            ("work work other-job", 2, name_of(2), "another job"),
            ("other-job work work", 2, name_of(0), "another job"),
        ]
        self.each(self.check_deeds, cases)


class Options(FailureTest):
    def test_mistakes_on_all_ranks(self):
        folder = self.new_folder()
        (folder / "hosts.toml").write_text("[[host]]\naddress='a'\nbase_port=9500\nnum_cores=1\n")
        cases = [
            (["text", "--bogus"], "unknown option '--bogus'"),
            (["text", "--remote", "hosts.toml"], "--remote", "3 ranks of mpirun"),
        ]
        for words, *expected in cases:
            end = self.end_of(start(3, WORDCOUNT, *words, cwd=folder), folder, WORDCOUNT)
            self.assert_says(end, 2, *expected)

    def test_help_is_printed_once(self):
        result = launch(3, WORDCOUNT, "--help")
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual(result.stdout.count(b"Counts the words"), 1)


class Files(FailureTest):
    """Each rank runs in a folder of its own, as on a host of its own."""

    def check_files(self, files, *words):
        folder = self.new_folder()
        for rank, content in enumerate(files):
            (folder / str(rank)).mkdir()
            if content is not None:
                (folder / str(rank) / "text.gz").write_bytes(content)
        (folder / "large").write_bytes(gzip.compress(bytes(100_000), compresslevel=0))
        command = 'cd "$OMPI_COMM_WORLD_RANK" && exec "$0" --workers-per-rank 1 ../large text.gz'
        job = start(len(files), "sh", "-c", command, WORDCOUNT, cwd=folder)
        self.assert_says(self.end_of(job, folder), 2, *words)
        for rank in range(len(files)):
            self.assertEqual(processes_of(WORDCOUNT, folder / str(rank)), [])

    def test_files_that_not_all_ranks_can_read(self):
        whole = gzip.compress(b"words\n" * 1000)
        damaged = whole[:-9] + bytes(9)
        cases = [
            ((whole, None), "error: " + name_of(1), "text.gz", "No such file"),
            ((whole, None, None, None), f"({socket.gethostname()})", "text.gz", "No such file"),
            ((None, None, None), "error: cannot read", "text.gz", "No such file"),
            ((whole, damaged), "error: " + name_of(1), "text.gz"),
            ((whole, whole, whole + whole), name_of(2), "other input files"),
        ]
        self.each(self.check_files, cases)


class FullDisks(FailureTest):
    def check_write(self, deeds, *words):
        folder = self.new_folder()
        end = self.end_of_deeds(deeds, folder)
        self.assert_says(end, 1, "numbers", "File too large", *words)
        self.assertEqual(sorted(path.name for path in folder.iterdir()), ["deed"])

    def test_files_that_grow_too_large(self):
        cases = [
            ("fill fill fill", "error: "),
            ("write work", name_of(0)),
            ("work write", name_of(1)),
        ]
        self.each(self.check_write, cases)

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full")
    def test_after_the_job(self):
        text = self.write("text", b"word\n")
        job = start(2, WORDCOUNT, text, "--output", "/dev/full")
        self.assert_says(self.end_of(job, self.folder, WORDCOUNT), 1, "No space left")


def wait_for(file):
    deadline = time.monotonic() + programs.PATIENCE
    while not file.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(file)
        time.sleep(0.01)


if __name__ == "__main__":
    unittest.main()
