"""Wrong files and options: one line that says what, where and what to do; nothing is left."""

import os
import signal
import unittest

from programs import PIPELINES, WORDCOUNT, ProgramTest, run, wordcount


class Files(ProgramTest):
    def test_a_missing_file(self):
        self.assert_error(wordcount("missing.txt"), 2, "missing.txt", "No such file")

    def test_a_missing_file_among_others(self):
        self.write("text", b"words\n")
        self.assert_error(wordcount("text", "missing.txt", "text"), 2, "missing.txt")

    def test_a_folder_where_a_file_is_meant(self):
        (self.folder / "folder").mkdir()
        self.assert_error(wordcount("folder"), 2, "folder", "/*")

    def test_a_file_below_a_file(self):
        self.write("text", b"words\n")
        self.assert_error(wordcount("text/below"), 2, "text/below")

    @unittest.skipIf(os.geteuid() == 0, "permissions do not bind the superuser")
    def test_an_unreadable_file(self):
        self.write("secret", b"words\n").chmod(0)
        self.assert_error(wordcount("secret"), 2, "secret", "Permission denied")

    def test_a_link_to_nothing(self):
        os.symlink("nothing", "link")
        self.assert_error(wordcount("link"), 2, "link")

    def test_a_damaged_compressed_file(self):
        self.write("damaged.gz", b"\x1f\x8b\x08" + b"\x00" * 7 + b"not deflated at all")
        self.assert_error(wordcount("damaged.gz"), 2, "damaged.gz")


class Options(ProgramTest):
    def setUp(self):
        super().setUp()
        self.write("text", b"words\n")

    def test_numbers_of_workers(self):
        for number in ("0", "x", "-1", "1.5", "", "2 ", "99999999999999999999", "0x2"):
            with self.subTest(number=number):
                self.assert_error(wordcount("text", "--local", number), 2, "--local", "from 1 on")
                self.assert_error(wordcount("text", "--local=" + number), 2, "--local")
                self.assert_error(wordcount("text", "-l", number), 2, "--local")

    def test_the_same_in_a_program_without_options_of_its_own(self):
        for number in ("0", "x", "-1"):
            with self.subTest(number=number):
                result = run(PIPELINES, "--local", number, "shout")
                self.assert_error(result, 2, "--local", "from 1 on")

    def test_an_option_without_its_value(self):
        for option in ("--local", "--remote", "--pin", "--variant", "--top", "--output"):
            with self.subTest(option=option):
                self.assert_error(wordcount("text", option), 2, option)

    def test_unknown_options(self):
        self.assert_error(wordcount("text", "--locl", "2"), 2, "'--locl'", "'--local'", "--help")
        self.assert_error(wordcount("text", "--frobnicate"), 2, "'--frobnicate'", "--help")
        self.assert_error(wordcount("text", "-z"), 2, "-z", "--help")
        self.assert_error(run(PIPELINES, "--locl", "2", "shout"), 2, "--locl", "--local")

    def test_values_that_are_no_choice(self):
        self.assert_error(wordcount("text", "--variant", "other"), 2, "--variant", "assoc")
        self.assert_error(wordcount("text", "--pin", "socket"), 2, "--pin", "numa")
        self.assert_error(wordcount("text", "--top", "many"), 2, "--top")

    def test_local_and_remote_together(self):
        self.write("hosts.toml", b"[[host]]\naddress='a'\nbase_port=9500\nnum_cores=1\n")
        result = wordcount("text", "--local", "1", "--remote", "hosts.toml")
        self.assert_error(result, 2, "--local", "--remote")

    def test_options_of_remote_jobs_alone(self):
        for option in ("--dry-run", "--accept-new-host-keys"):
            self.assert_error(wordcount("text", option), 2, option, "--remote")

    def test_no_file(self):
        self.assert_error(wordcount(), 2, "FILE", "--help")

    def test_help_is_no_error(self):
        for program in (["--help"], ["-h"]):
            result = wordcount(*program)
            self.assertEqual(result.returncode, 0)
            self.assertEqual(result.stderr, b"")
            for option in (b"--local", b"--remote", b"--dry-run", b"--accept-new-host-keys",
                           b"--pin", b"--top", b"--output", b"--json"):
                self.assertIn(option, result.stdout)


class Outputs(ProgramTest):
    def setUp(self):
        super().setUp()
        self.write("text", b"words and words\n")
        self.before = self.names()

    def assert_refused(self, output, *words):
        self.assert_error(wordcount("text", "--output", output), 1, output, *words)
        self.assertEqual(self.names(), self.before)

    def test_into_a_missing_folder(self):
        self.assert_refused("missing/counts", "No such file or directory")

    def test_onto_a_folder(self):
        (self.folder / "folder").mkdir()
        self.before = self.names()
        self.assert_refused("folder", "directory")
        self.assertEqual(list((self.folder / "folder").iterdir()), [])

    def test_below_a_file(self):
        self.assert_refused("text/counts", "Not a directory")

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full")
    def test_onto_a_full_disk(self):
        self.assert_refused("/dev/full", "No space left")

    def test_a_file_that_grows_too_large_leaves_the_old_one_alone(self):
        words = b" ".join(b"w" + bytes([97 + n % 26, 97 + n // 26 % 26, 97 + n // 676]) * 9
                          for n in range(9000))
        self.write("text", words)
        self.write("counts", b"old\n")
        self.before = self.names()
        command = 'ulimit -f 64; exec "$0" text --output counts'
        result = run("sh", "-c", command, WORDCOUNT, preexec_fn=ignore_file_size_signal)
        self.assert_error(result, 1, "counts", "File too large")
        self.assertEqual(self.names(), self.before)
        self.assertEqual((self.folder / "counts").read_bytes(), b"old\n")

    @unittest.skipIf(os.geteuid() == 0, "permissions do not bind the superuser")
    def test_into_a_folder_without_permission(self):
        (self.folder / "closed").mkdir(mode=0o500)
        self.before = self.names()
        self.assert_refused("closed/counts", "Permission denied")


def ignore_file_size_signal():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


if __name__ == "__main__":
    unittest.main()
