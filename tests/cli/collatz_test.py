"""Compares collatz with the plain loop."""

import json
import os
import unittest

from programs import WORDCOUNT, ProgramTest, run

COLLATZ = os.path.join(os.path.dirname(WORDCOUNT), "collatz")


def steps(number):
    count = 0
    while number != 1:
        number = 3 * number + 1 if number % 2 else number // 2
        count += 1
    return count


def longest(limit):
    """The smallest of the numbers that take the most steps."""
    return max((steps(number), -number) for number in range(1, limit))


class Collatz(ProgramTest):
    def test_limits(self):
        for limit in (2, 3, 4, 10, 1024, 1025, 5000, 20_000):
            most, number = longest(limit)
            for workers in (1, 2, 5):
                with self.subTest(limit=limit, workers=workers):
                    result = run(COLLATZ, str(limit), "--local", str(workers), "--output",
                                 str(self.folder / "longest"))
                    self.assertEqual((result.returncode, result.stderr), (0, b""))
                    line = f"{most}\t{-number}\n"
                    self.assertEqual(result.stdout.decode(), line)
                    self.assertEqual((self.folder / "longest").read_text(), line)

    def test_a_number_that_grows_far_beyond_32_bits(self):
        # 113383 is the first to pass 2^31 on its way.
        result = run(COLLATZ, "150000", "--json")
        self.assertEqual(result.stdout.decode().splitlines()[0], "374\t142587")
        self.assertEqual(json.loads(result.stdout.splitlines()[-1])["result"], "374 142587")

    def test_mistakes(self):
        for arguments in ((), ("1",), ("-5",), ("many",), ("10", "20"), (str(2**60),)):
            with self.subTest(arguments=arguments):
                result = run(COLLATZ, *arguments)
                self.assertNotEqual(result.returncode, 0)
                errors = [line for line in result.stderr.decode().splitlines()
                          if line.startswith("error:")]
                self.assertEqual(len(errors), 1, result.stderr)


if __name__ == "__main__":
    unittest.main()
