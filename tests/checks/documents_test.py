"""Checks that what the documents say about this repository is so.

Usage: documents_test.py REPOSITORY
"""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


class Documents(unittest.TestCase):
    def test_the_programs_of_the_readme_are_those_that_the_tests_build_and_run(self):
        programs = re.findall(r"```cpp\n(.*?)```", text_of("README.md"), re.DOTALL)
        tested = [text_of(f"tests/consumer/program/{name}.cpp") for name in ("wordcount", "windows")]
        self.assertEqual(programs, tested)

    def test_the_programs_and_the_file_of_the_contexts_are_those_that_the_tests_run(self):
        shown = re.findall(r"```(?:cpp|toml)\n(.*?)```", text_of("docs/contexts.md"), re.DOTALL)
        names = ("new_local.cpp", "local.cpp", "remote.cpp", "config.toml", "from_args.cpp")
        self.assertEqual(shown, [text_of(f"tests/launch/contexts/{name}") for name in names])

    def test_the_order_of_modules_is_that_of_the_build(self):
        order = re.search(r"foreach\(module ([^)]*)\)", text_of("CMakeLists.txt")).group(1)
        self.assertIn(" -> ".join(order.split()), text_of("HACKING.md"))

    def test_every_script_that_is_named_exists(self):
        for document in ("README.md", "HACKING.md", "docs/deployment.md"):
            names = re.findall(r"\b(?:scripts|\.ci)/[\w./-]*\w", text_of(document))
            self.assertGreater(len(names), 1)
            for name in names:
                self.assertTrue((ROOT / name).exists(), f"{document} names {name}")

    def test_the_messages_that_are_explained_are_those_of_the_library(self):
        texts = [path.read_text(encoding="utf-8") for path in ROOT.glob("src/**/*.cpp")]
        # A message may be cut into several literals.
        sources = re.sub(r'"\s*"', "", "\n".join(texts))
        explained = text_of("docs/deployment.md").partition("## Messages")[2]
        messages = re.findall(r"^\| `([^`]+)`", explained.partition("What launchers")[0], re.MULTILINE)
        self.assertGreater(len(messages), 10)
        for message in messages:
            for part in re.split(r"\.\.\.|: ", message):
                self.assertTrue(part.strip() in sources, f"nothing says {part.strip()!r}")

    def test_every_preset_that_is_named_exists(self):
        presets = re.findall(r'"name": "(\w+)"', text_of("CMakePresets.json"))
        for document in ("README.md", "HACKING.md"):
            for name in re.findall(r"--preset (\w+)", text_of(document)):
                self.assertIn(name, presets)


if __name__ == "__main__":
    unittest.main()
