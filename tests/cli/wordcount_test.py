"""Compares what wordcount prints and writes with Python, on texts that are easy to get wrong."""

import collections
import gzip
import json
import os
import random
import re
import shutil
import signal
import unittest

from programs import PATIENCE, WORDCOUNT, ProgramTest, run, start, wordcount

WORKERS = ("1", "2", "3", "8")
VARIANTS = ("assoc", "fold", "opt")


def random_text(size):
    """Words and ends of lines everywhere, so also at the borders between the workers."""
    source = random.Random(5)
    pieces = [b"a", b"The", b"words", b"of-a", b" ", b"\n", b"\r\n", b"\n\n", b",", b"x" * 40]
    return b"".join(source.choice(pieces) + b" " * source.randrange(2) for _ in range(size))


TEXTS = {
    "empty": b"",
    "only newlines": b"\n\n\r\n\n",
    "no words": b"12 + 34 = 46\n!!!\n",
    "one word": b"word",
    "no newline at the end": b"first line\nlast line",
    "carriage returns": b"one two\r\none\rtwo\r\n\r\nthree\r",
    "nulls": b"one\0two\0\0one\n\0\nthree\0",
    "not UTF-8": b"caf\xe9 na\xc3\xafve \xff\xfe word\xf0\x28word\n\x80",
    "letters next to letters": b"[a]Z@z`A{y}Y/0a9b:",
    "fewer bytes than workers": b"a b",
    "one long line": b"some words without an end of line " * 60_000,
    "one long word": b"short " + b"x" * 3_000_000 + b" short",
    "long lines": (b"word " * 30_000 + b"\n") * 20,
    "many lines": b"a line of words\n" * 100_000,
    "mixture": random_text(400_000),
}


def reference(*texts):
    """word<TAB>count, sorted by word."""
    counts = collections.Counter()
    for text in texts:
        counts.update(re.findall(rb"[a-z]+", text.lower()))
    return counts


def as_lines(rows):
    return b"".join(b"%s\t%d\n" % row for row in rows)


def most_frequent(counts, top):
    return sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:top]


class Counts(ProgramTest):
    def counted(self, *arguments):
        result = wordcount(*arguments, "--output", "counts")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr, b"")
        return (self.folder / "counts").read_bytes()

    def test_every_text_with_every_number_of_workers(self):
        for name, text in TEXTS.items():
            path = self.write("text", text)
            expected = as_lines(sorted(reference(text).items()))
            for workers in WORKERS:
                with self.subTest(text=name, workers=workers):
                    self.assertTrue(self.counted(path, "--local", workers) == expected)

    def test_every_variant(self):
        for name, text in TEXTS.items():
            path = self.write("text", text)
            expected = as_lines(sorted(reference(text).items()))
            for variant in VARIANTS:
                with self.subTest(text=name, variant=variant):
                    counts = self.counted(path, "--variant", variant, "--local", "3")
                    self.assertTrue(counts == expected)

    def test_several_files_with_every_variant(self):
        texts = list(TEXTS.values())
        paths = [self.write(f"text{n}", text) for n, text in enumerate(texts)]
        expected = as_lines(sorted(reference(*texts).items()))
        for variant in VARIANTS:
            for workers in WORKERS:
                with self.subTest(variant=variant, workers=workers):
                    counts = self.counted(*paths, "--variant", variant, "--local", workers)
                    self.assertTrue(counts == expected)

    def test_a_file_named_twice_counts_twice(self):
        self.write("text", b"one two\n")
        self.assertEqual(self.counted("text", "text"), b"one\t2\ntwo\t2\n")

    def test_gzip_files_are_read_whatever_their_name(self):
        text = TEXTS["mixture"]
        self.write("plain", text)
        self.write("packed", gzip.compress(text[: len(text) // 2]) + gzip.compress(b"end"))
        expected = as_lines(sorted(reference(text, text[: len(text) // 2] + b"end").items()))
        for workers in WORKERS:
            with self.subTest(workers=workers):
                self.assertTrue(self.counted("plain", "packed", "--local", workers) == expected)

    @unittest.skipUnless(shutil.which("zstd"), "there is no zstd")
    def test_zstd_files(self):
        text = TEXTS["mixture"]
        self.write("text", text)
        run("zstd", "-q", "text")
        expected = as_lines(sorted(reference(text).items()))
        for workers in WORKERS:
            with self.subTest(workers=workers):
                self.assertTrue(self.counted("text.zst", "--local", workers) == expected)

    def test_generated_text(self):
        generate = os.path.join(os.path.dirname(WORDCOUNT), "generate")
        run(generate, "text", "text", "--bytes", "2M", "--words", "5000", check=True)
        expected = as_lines(sorted(reference((self.folder / "text").read_bytes()).items()))
        for variant in VARIANTS:
            with self.subTest(variant=variant):
                self.assertTrue(self.counted("text", "--variant", variant) == expected)


class Output(ProgramTest):
    def setUp(self):
        super().setUp()
        self.text = TEXTS["mixture"] + b" zebra yak"
        self.counts = reference(self.text)
        self.write("text", self.text)

    def test_the_most_frequent_words_are_printed_ties_in_alphabetical_order(self):
        for top in (0, 1, 3, 10, 100_000):
            with self.subTest(top=top):
                result = wordcount("text", "--top", str(top))
                self.assertEqual(result.stdout, as_lines(most_frequent(self.counts, top)))

    def test_ten_words_without_top(self):
        alphabet = b" ".join(bytes([letter]) for letter in range(97, 123))
        self.write("text", alphabet)
        expected = as_lines((bytes([letter]), 1) for letter in range(97, 107))
        self.assertEqual(wordcount("text").stdout, expected)

    def test_the_last_line_of_json(self):
        for variant in VARIANTS:
            with self.subTest(variant=variant):
                result = wordcount("text", "--variant", variant, "--local", "3", "--json")
                lines = result.stdout.splitlines(keepends=True)
                printed = b"".join(lines[:-1])
                self.assertEqual(printed, as_lines(most_frequent(self.counts, 10)))
                self.assertTrue(lines[-1].endswith(b"}\n"))
                values = json.loads(lines[-1])
                self.assertEqual(list(values), ["app", "seconds", "items", "ranks", "workers"])
                self.assertGreater(values.pop("seconds"), 0)
                self.assertEqual(values, {"app": "wordcount", "items": sum(self.counts.values()),
                                          "ranks": 1, "workers": 3})

    def test_json_of_nothing(self):
        self.write("text", b"")
        values = json.loads(wordcount("text", "--json").stdout)
        self.assertEqual((values["items"], values["app"]), (0, "wordcount"))

    def test_the_output_replaces_a_file_and_follows_a_link(self):
        self.write("below/old", b"old\n")
        os.symlink("below/old", "link")
        self.assertEqual(wordcount("text", "--output", "link").returncode, 0)
        self.assertTrue(os.path.islink("link"))
        expected = as_lines(sorted(self.counts.items()))
        self.assertEqual((self.folder / "below/old").read_bytes(), expected)
        self.assertEqual(self.names(), ["below", "link", "text"])

    def test_the_output_may_be_a_pipe(self):
        result = wordcount("text", "--top", "0", "--output", "/dev/stdout")
        self.assertEqual(result.stdout, as_lines(sorted(self.counts.items())))

    def test_a_reader_that_has_enough(self):
        words = {"".join(random.Random(n).choices("abcdefgh", k=12)) for n in range(60_000)}
        self.write("text", " ".join(words).encode())
        with start(WORDCOUNT, "text", "--top", "60000") as process:
            first = process.stdout.readline()
            process.stdout.close()  # as `head -1` does
            self.assertEqual(process.stderr.read(), b"")
            self.assertIn(process.wait(PATIENCE), (0, -signal.SIGPIPE))
        self.assertRegex(first, rb"^[a-h]{12}\t1\n$")

    def test_head_in_a_shell(self):
        command = '"$0" text --top 100000 | head -1'
        result = run("sh", "-c", command, WORDCOUNT)
        self.assertEqual(result.stdout, as_lines(most_frequent(self.counts, 1)))
        self.assertEqual(result.stderr, b"")


if __name__ == "__main__":
    unittest.main()
