"""Jobs on several hosts: what they compute, what their configuration says, how they are started."""

import json
import os
import pathlib
import time
import unittest

from remote import (
    CLUSTER,
    FILES,
    KEYS,
    PROGRAM,
    WORDCOUNT,
    RemoteTest,
    Terminal,
    config,
    entry,
    let_go,
    local,
    new_path,
    secret,
)

THREE = (1, 2, 3)


class Results(RemoteTest):
    def test_word_count_is_the_local_one(self):
        text = "".join(f"word{chr(97 + n % 26)} and the {n}th line of many\n" for n in range(2000))
        file = self.give("text", text.encode(), *THREE)
        words = (file, "--top", 100)
        expected = local(*words, program=WORDCOUNT)
        self.assertEqual(len(expected.stdout.splitlines()), 32, expected.stderr)
        path = config(*THREE)
        self.assertEqual(self.assert_runs(path, *words, program=WORDCOUNT), expected.stdout)

    def test_an_iteration_is_the_local_one(self):
        expected = local("iterate")
        self.assertRegex(expected.stdout.decode(), r"\A\d+ \d+ 1000\n\Z")
        self.assertEqual(self.assert_runs(config(*THREE), "iterate"), expected.stdout)

    def test_jobs_in_a_row(self):
        # The ports of a job stay closed for a minute: there have to be enough of them.
        path = config(1, 2)
        for _ in range(12):
            self.assert_runs(path, "iterate")

    def test_a_quiet_job_costs_the_launcher_nothing(self):
        job = self.start_waiting(config(1, 2), 2)
        before = self.processor_seconds(job.pid)
        # Connections are asked whether they are alive every few seconds.
        time.sleep(7)
        self.assertLess(self.processor_seconds(job.pid) - before, 0.2)
        let_go(1, 2)
        self.assertEqual(job.end()[0], 0)

    @staticmethod
    def processor_seconds(pid):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Entries(RemoteTest):
    def places(self, path, *names, **options):
        """What each worker says: rank, host, user, folder of the program, variables."""
        output = self.assert_runs(path, "places", *names, **options).decode()
        return [line.split() for line in output.splitlines()]

    def places_of(self, path):
        return [(place[0], place[1]) for place in self.places(path)]

    def test_a_rank_is_an_entry_with_its_workers(self):
        path = config(entry(3, num_cores=1), entry(1, num_cores=3), entry(2))
        expected = [("0", "host3"), *[("1", "host1")] * 3, *[("2", "host2")] * 2]
        self.assertEqual(self.places_of(path), expected)

    def test_one_entry(self):
        self.assertEqual(self.places_of(config(entry(2, num_cores=1))), [("0", "host2")])

    def test_twelve_entries_on_three_hosts(self):
        hosts = [number for number in THREE for _ in range(4)]
        # Neighbours in the file are not neighbours in a host.
        order = hosts[::2] + hosts[1::2]
        path = config(*[entry(number, num_cores=1) for number in order])
        # A rank is told by its number, which is text here.
        found = sorted(self.places_of(path), key=lambda place: int(place[0]))
        self.assertEqual(found, [(str(rank), f"host{host}") for rank, host in enumerate(order)])

    def test_more_entries_than_a_login_can_have(self):
        path = config(*[entry(1, num_cores=1) for _ in range(10)])
        self.assertEqual(len(self.places_of(path)), 10)

    def test_one_host_as_two_users(self):
        other = {"username": "renoir", "password": None, "key_file": KEYS / "ed25519"}
        path = config(entry(2, num_cores=1), entry(2, other, num_cores=1))
        users = [(place[1], place[2]) for place in self.places(path)]
        self.assertEqual(users, [("host2", "alice"), ("host2", "renoir")])

    def test_an_address_in_numbers(self):
        path = config(entry(1, address="10.77.0.1"), entry(3, address="10.77.0.3"))
        self.assertEqual(len(self.places_of(path)), 4)


class Logins(RemoteTest):
    def assert_place(self, table, user, **options):
        output = self.assert_runs(config(table), "places", **options).decode()
        self.assertEqual({line.split()[2] for line in output.splitlines()}, {user})

    def test_by_keyboard_interaction(self):
        self.assert_place(entry(4), "carol")

    def test_secrets_of_commands(self):
        password = CLUSTER.folder / "secrets" / "password-2"
        passphrase = CLUSTER.folder / "secrets" / "passphrase"
        first = entry(2, {"password": None, "password_command": f"cat {password}"})
        second = entry(3, {"key_passphrase": None, "key_passphrase_command": f"cat {passphrase}"})
        self.assert_runs(config(first, second), "iterate")

    def test_somebody_is_asked(self):
        terminal = Terminal("iterate", "--remote", config(entry(2, {"password": None})))
        self.addCleanup(terminal.close)
        self.assertTrue(terminal.await_text("assword"), terminal.text)
        terminal.type(secret("password-2") + "\n")
        self.assertTrue(terminal.await_text(local("iterate").stdout.decode().strip()), terminal.text)
        self.assertEqual(terminal.process.wait(50), 0)
        self.assertNotIn(secret("password-2"), terminal.text)

    def test_an_agent(self):
        script = 'ssh-add -q "$0" && exec "$@"'
        agent = ("env", "HOME=/nowhere", "ssh-agent", "sh", "-c", script, KEYS / "ed25519")
        known_hosts = CLUSTER.folder / "known_hosts"
        path = config(entry(1, {"key_file": None}), launch={"known_hosts": known_hosts})
        self.assert_runs(path, "iterate", before=agent)

    def home(self):
        """A home with a usual key, and no known hosts."""
        folder = new_path("home")
        (folder / ".ssh").mkdir(parents=True)
        key = folder / ".ssh" / "id_ed25519"
        key.touch(0o600)
        key.write_bytes((KEYS / "ed25519").read_bytes())
        return folder

    def test_usual_keys_and_the_tilde(self):
        folder = self.home()
        (folder / ".ssh" / "hosts").write_text((CLUSTER.folder / "known_hosts").read_text())
        before = ("env", "-u", "SSH_AUTH_SOCK", f"HOME={folder}")
        launch = {"known_hosts": "~/.ssh/hosts"}
        usual = config(entry(1, {"key_file": None}), launch=launch)
        self.assert_runs(usual, "iterate", before=before)
        path = config(entry(1, {"key_file": "~/.ssh/id_ed25519"}), launch=launch)
        self.assert_runs(path, "iterate", before=before)

    def test_the_local_user_logs_in(self):
        table = entry(1, {"username": None})
        result = CLUSTER.run("launcher", PROGRAM, "say", "--remote", config(table))
        self.assertIn("user 'root'", result.stderr.decode())

    def test_new_host_keys_are_accepted_when_that_is_wished(self):
        before = ("env", f"HOME={self.home()}")
        path = config(1, 2)
        for options in (("--accept-new-host-keys",), ()):
            result = CLUSTER.run(
                "launcher", *before, PROGRAM, "iterate", "--remote", path, *options
            )
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_readable_secret_is_warned_about(self):
        path = config(2)
        path.chmod(0o644)
        result = CLUSTER.run("launcher", PROGRAM, "iterate", "--remote", path)
        warning = f"warning: {path} holds a secret and others can read it; run: chmod 600 {path}\n"
        self.assertEqual((result.returncode, result.stderr.decode()), (0, warning))
        path = config(1)
        path.chmod(0o644)
        self.assert_runs(path, "iterate")


class LaunchTable(RemoteTest):
    def folders(self, **options):
        output = self.assert_runs(config(1, 2, launch=options), "places").decode()
        return sorted({line.split()[3] for line in output.splitlines()})

    def remove(self, *hosts, folder):
        for host in hosts:
            CLUSTER.run(host, "rm", "-rf", folder)

    def test_a_relative_remote_directory(self):
        for number, user in ((1, "renoir"), (2, "alice")):
            folder = f"/home/{user}/it is"
            self.addCleanup(CLUSTER.run, f"host{number}", "rm", "-rf", folder)
        output = self.assert_runs(
            config(1, 2, launch={"remote_directory": "it is"}), "places"
        ).decode()
        self.assertIn("0 host1 renoir /home/renoir/it is\n", output)
        self.assertIn("1 host2 alice /home/alice/it is\n", output)

    def test_an_absolute_remote_directory(self):
        self.addCleanup(self.remove, "host1", "host2", folder="/tmp/absolute")
        self.assertEqual(self.folders(remote_directory="/tmp/absolute"), ["/tmp/absolute"])

    def test_a_tilde_is_the_home_there(self):
        self.addCleanup(self.remove, "host1", folder="/home/renoir/there")
        self.addCleanup(self.remove, "host2", folder="/home/alice/there")
        expected = ["/home/alice/there", "/home/renoir/there"]
        self.assertEqual(self.folders(remote_directory="~/there"), expected)

    def test_environment(self):
        value = "it's \"a\" $HOME"
        path = config(1, 2, launch={"environment": {"RENOIR_TEST": value, "OTHER_TEST": ""}})
        output = self.assert_runs(path, "places", "RENOIR_TEST", "HOME").decode()
        self.assertIn(f"0 host1 renoir /home/renoir/.renoir {value} /home/renoir\n", output)
        self.assertIn(f"1 host2 alice /home/alice/.renoir {value} /home/alice\n", output)

    def test_the_environment_of_the_launcher_stays_there(self):
        output = self.assert_runs(
            config(1), "places", "RENOIR_TEST", variables={"RENOIR_TEST": "here"}
        ).decode()
        self.assertIn("/.renoir -\n", output)

    def test_arguments_of_mpirun(self):
        path = config(1, launch={"mpirun_arguments": ["-x", "RENOIR_TEST=of mpirun"]})
        output = self.assert_runs(path, "places", "RENOIR_TEST").decode()
        self.assertIn(".renoir of mpirun\n", output)

    def test_cleanup(self):
        folder = "/home/renoir/clean"
        self.addCleanup(self.remove, "host1", folder=folder)
        tables = (entry(1, num_cores=1), entry(1, num_cores=1))
        path = config(*tables, launch={"remote_directory": "clean"}, cleanup_executable=True)
        self.assert_runs(path, "iterate")
        self.assertEqual(CLUSTER.output("host1", "ls", "-A", folder), "")

    def test_a_trace(self):
        folder = new_path("traces") / "new"
        self.assert_runs(config(1, 2, tracing_dir=str(folder)), "iterate")
        (file,) = folder.iterdir()
        self.assertRegex(file.name, r"\Arenoir-trace-\d+-\d+\.json\Z")
        events = json.loads(file.read_text())["traceEvents"]
        tracks = {event["tid"]: event["args"]["name"] for event in events if event["ph"] == "M"}
        done = {(tracks[event["tid"]], event["name"]) for event in events if event["ph"] == "X"}
        expected = {("launcher", "prepare the hosts"), ("launcher", "mpirun")}
        for rank, name in enumerate(("host 1 (host1.lan)", "host 2 (host2.lan)")):
            expected.add((name, "log in"))
            expected.add((name, "look at the host, copy the program"))
            expected.add((name, f"rank {rank} and its daemon"))
        self.assertEqual(done, expected)

    def test_no_place_for_a_trace(self):
        self.assert_fails(
            config(1, tracing_dir="/dev/null/traces"),
            "the trace cannot be written to '/dev/null/traces': Not a directory; correct .*",
            code=1,
        )

    def test_connect_timeout(self):
        # Nobody has this address.
        table = entry(1, address="10.77.0.77")
        self.assert_fails(
            config(table, launch={"connect_timeout": 0.5}),
            r"host 1 \(10.77.0.77\): no answer from port 22 within 0.5 s; .*",
            seconds=5,
        )


class Start(RemoteTest):
    def marks(self, *words, more=()):
        """In how many processes main() has begun, on the launcher and on each host."""
        mark = self.give("mark", b"", 1, 2)
        result = CLUSTER.run("launcher", PROGRAM, "mark", mark, *words, *more)
        self.assertEqual((result.returncode, result.stderr.decode()), (0, ""))
        counts = []
        for machine in ("launcher", "host1", "host2"):
            counts.append(len(CLUSTER.output(machine, "cat", mark).splitlines()))
        return result.stdout, counts

    def test_main_runs_once_in_each_process_of_the_job(self):
        path = config(1, 2)
        expected = local("iterate").stdout
        self.assertEqual(self.marks("iterate", more=("--remote", path)), (expected, [1, 1, 1]))

    def test_a_program_that_spawns_its_workers_itself(self):
        path = config(1, 2)
        expected = local("iterate").stdout
        self.assertEqual(self.marks("spawn", path, "iterate"), (expected, [1, 1, 1]))

    def test_dry_run(self):
        path = config(1, entry(2, address="10.77.0.2"), launch={"environment": {"TOKEN": "hidden"}})
        # Nobody is asked, so nobody needs to be there.
        before = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$0" "$@"')
        output = self.assert_runs(
            path, "say", "it's", before=before, options=("--dry-run",)
        ).decode()
        lines = output.splitlines()
        self.assertIn("240.0.0.1 slots=1  # host 1: host1.lan, 2 cores", lines)
        self.assertIn("240.0.0.2 slots=1  # host 2: 10.77.0.2, 2 cores", lines)
        command = lines[-1]
        self.assertRegex(command, r"\bmpirun --hostfile hosts -np 2 .*-x TOKEN ")
        self.assertIn("'it'\\''s'", command)
        self.assertNotIn("hidden", output)
        for line in secret("all").splitlines():
            self.assertNotIn(line, output)
        self.assert_clean()

    def test_a_missing_configuration(self):
        path = FILES / "missing.toml"
        self.assert_fails(path, f"{path}: there is no such file; .*", code=2)

    def test_no_mpirun(self):
        self.assert_fails(
            config(1),
            "mpirun cannot be started: No such file or directory; install it, or put it into PATH",
            before=("env", "PATH=/nowhere"),
            code=2,
        )

    def run_from_host1(self, *addresses):
        """Starts a job on host1, as its user renoir, over hosts that this one knows by addresses."""
        script = "mkdir -p /tmp/given && cat >/tmp/given/program && chmod 755 /tmp/given/program"
        with PROGRAM.open("rb") as program:
            CLUSTER.run("host1", "sh", "-c", script, stdin=program).check_returncode()
        known = (CLUSTER.folder / "known_hosts").read_text()
        known += "".join(
            f"localhost {line.split(' ', 1)[1]}\n"
            for line in known.splitlines()
            if line.startswith("host1.")
        )
        for name, data in (("key", (KEYS / "ed25519").read_bytes()), ("known", known.encode())):
            store = f"umask 077; cat >/tmp/given/{name}; chown renoir /tmp/given/{name}"
            CLUSTER.run("host1", "sh", "-c", store, input=data, stdin=None).check_returncode()
        ssh = {"username": "renoir", "password": None, "key_file": None}
        text = config(
            *[entry(1, ssh, address=address) for address in addresses],
            launch={"known_hosts": "/tmp/given/known"},
        ).read_text()
        text = text.replace("ssh = { ", 'ssh = { key_file = "/tmp/given/key", ')
        CLUSTER.run("host1", "sh", "-c", "cat >/tmp/given/config.toml; chmod a+r /tmp/given/*.toml",
                    input=text.encode(), stdin=None).check_returncode()  # fmt: skip
        result = CLUSTER.run(
            "renoir@host1", "/tmp/given/program", "iterate", "--remote", "/tmp/given/config.toml"
        )
        return result.returncode, result.stdout, result.stderr.decode()

    def test_it_is_started_from_one_of_the_hosts(self):
        # A host reaches itself just as any other one.
        expected = (0, local("iterate").stdout, "")
        self.assertEqual(self.run_from_host1("host1.lan", "host2.lan"), expected)
        self.assertEqual(self.run_from_host1("localhost", "localhost"), expected)

    def test_an_address_that_only_its_machine_knows(self):
        code, _, errors = self.run_from_host1("localhost", "host2.lan")
        self.assertRegex(errors, r"\Aerror: host 1 \(localhost\): the other hosts do not reach .*\n\Z")
        self.assert_documented(errors, code)
        self.assert_clean()


if __name__ == "__main__":
    unittest.main()
