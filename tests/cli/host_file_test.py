"""Mistakes in the TOML file of --remote: file, line and column, what is wrong and what to do."""

import unittest

from programs import PIPELINES, ProgramTest, run, wordcount

HOST = '[[host]]\naddress = "node1"\nbase_port = 9500\nnum_cores = 8\n'
SECOND = '[[host]]\naddress = "node2"\nbase_port = 9500\nnum_cores = 8\n'

# Content, line and column of the mistake, words of the message.
MISTAKES = [
    # Syntax.
    ("[[host]\n", 1, None, ["syntax"]),
    ("[[host]]\naddress = \n", 2, None, ["syntax"]),
    ('[[host]]\naddress = "node1\n', 2, None, ["syntax"]),
    ("[[host]]\nbase_port = 1\nbase_port = 2\n", 3, None, ["base_port"]),
    # Keys that are not known.
    (HOST + "cores = 8\n", 5, 1, ["'cores'"]),
    (HOST.replace("address", "adress"), 2, 1, ["'adress'", "'address'"]),
    (HOST.replace("base_port", "base_prt"), 3, 1, ["'base_prt'", "'base_port'"]),
    (HOST.replace("num_cores", "numcores"), 4, 1, ["'numcores'", "'num_cores'"]),
    ("hosts = 3\n" + HOST, 1, 1, ["'hosts'", "'host'"]),
    ("  colour = 3\n" + HOST, 1, 3, ["'colour'"]),
    (HOST + "ssh = { pasword = 'x' }\n", 5, 9, ["'pasword'", "'password'"]),
    (HOST + SECOND + "[host.ssh]\nport = 22\n", 10, 1, ["'port'", "ssh_port"]),
    # Keys that are missing.
    ("", 1, 1, ["'host'"]),
    ("tracing_dir = '/tmp'\n", 1, None, ["'host'"]),
    (HOST.replace('address = "node1"\n', ""), 1, 1, ["'address'"]),
    (HOST.replace("base_port = 9500\n", ""), 1, 1, ["'base_port'"]),
    (HOST.replace("num_cores = 8\n", ""), 1, 1, ["'num_cores'"]),
    (HOST + SECOND.replace("num_cores = 8\n", ""), 5, 1, ["'num_cores'"]),
    # Values that make no sense.
    (HOST.replace("9500", "65536"), 3, 13, ["65536", "65436"]),
    (HOST.replace("9500", "65437"), 3, 13, ["65437", "100 ports", "65436"]),
    (HOST.replace("9500", "0"), 3, 13, ["'base_port'"]),
    (HOST.replace("9500", "-1"), 3, 13, ["'base_port'"]),
    (HOST.replace("9500", '"9500"'), 3, 13, ["'base_port'", "integer"]),
    (HOST.replace("8", "0"), 4, 13, ["'num_cores'", "at least 1"]),
    (HOST.replace("8", "-8"), 4, 13, ["'num_cores'", "at least 1"]),
    (HOST.replace("8", "1.5"), 4, 13, ["'num_cores'", "integer"]),
    (HOST.replace('"node1"', '""'), 2, 11, ["'address'", "empty"]),
    (HOST.replace('"node1"', "1"), 2, 11, ["'address'", "string"]),
    (HOST + "ssh = 22\n", 5, 7, ["'ssh'", "table"]),
    (HOST + "ssh = { ssh_port = 70000 }\n", 5, 20, ["'ssh_port'", "65535"]),
    (HOST + "ssh = { username = 7 }\n", 5, 20, ["'username'", "string"]),
    ("host = 3\n", 1, 8, ["'host'"]),
    ("host = []\n", 1, 8, ["no hosts"]),
    ("host = [3]\n", 1, 9, ["'host'"]),
    ("cleanup_executable = 1\n" + HOST, 1, 22, ["'cleanup_executable'", "boolean"]),
    ("tracing_dir = 1\n" + HOST, 1, 15, ["'tracing_dir'", "string"]),
    # Secrets.
    (HOST + "ssh = { password = 'a', key_file = '/dev/null' }\n", 5, 36,
     ["'password'", "'key_file'", "keep one"]),
    (HOST + "ssh = { password = 'a', password_command = 'b' }\n", 5, 44,
     ["'password'", "'password_command'", "keep one"]),
    (HOST + "ssh = { key_file = 'missing_key' }\n", 5, 20, ["missing_key", "does not exist"]),
    (HOST + "ssh = { key_file = '/' }\n", 5, 20, ["directory"]),
    # Two entries on the same ports.
    (HOST + HOST, 7, 13, ["node1", "9500", "at least 100 apart"]),
    (HOST + HOST.replace("9500", "9599"), 7, 13, ["node1", "9500", "at least 100 apart"]),
    # How the hosts are started.
    ("[launch]\nremote_dir = 'a'\n" + HOST, 2, 1, ["'remote_dir'", "remote_directory"]),
    ("[launch]\nconnect_timeout = 0\n" + HOST, 2, 19, ["'connect_timeout'", "seconds"]),
    ("[launch]\nenvironment = { '1' = 'a' }\n" + HOST, 2, 17, ["'1'", "environment variable"]),
]


class HostFile(ProgramTest):
    def test_every_mistake_is_one_line_with_its_place(self):
        for content, line, column, words in MISTAKES:
            with self.subTest(content=content):
                self.write("hosts.toml", content.encode())
                place = f"hosts.toml:{line}:" + (f"{column}: " if column else "")
                result = run(PIPELINES, "--remote", "hosts.toml", "shout")
                self.assert_error(result, 2, place, *words)
                self.assertEqual(wordcount("-r", "hosts.toml", "text").stderr, result.stderr)

    def test_no_secret_is_repeated(self):
        for content in (
            HOST + "ssh = { password = 'tell-nobody', key_file = '/dev/null' }\n",
            HOST + "ssh = { password = 'tell-nobody' key_file }\n",
            HOST + "ssh = { password = 'tell-nobody\n",
            HOST + "ssh = { password = tell-nobody }\n",
        ):
            with self.subTest(content=content):
                self.write("hosts.toml", content.encode())
                result = run(PIPELINES, "--remote", "hosts.toml", "shout")
                self.assert_error(result, 2, "hosts.toml:5:")
                self.assertNotIn(b"tell-nobody", result.stderr)

    def test_files_that_cannot_be_read(self):
        (self.folder / "folder").mkdir()
        for name, words in (("missing.toml", ["no such file"]), ("folder", ["directory"])):
            with self.subTest(name=name):
                self.assert_error(run(PIPELINES, "--remote", name, "shout"), 2, name, *words)

    def test_a_correct_file_is_taken(self):
        self.write("hosts.toml", (HOST + SECOND).encode())
        for result in (
            run(PIPELINES, "--remote", "hosts.toml", "--dry-run", "shout"),
            wordcount("text", "--remote", "hosts.toml", "--dry-run"),
        ):
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn(b"240.0.0.2 slots=1", result.stdout)



if __name__ == "__main__":
    unittest.main()
