"""How the program comes to the hosts, and what is checked there before a job starts."""

import hashlib
import os
import shutil
import unittest

from cluster import eventually
from remote import CLUSTER, LINKED, PROGRAM, USERS, WORDCOUNT, RemoteTest, config, entry, new_path


def copy_of(program):
    """The name of its copies."""
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    return f"{program.name}-{digest[:16]}"


def changed_program():
    """The same program with another content."""
    program = new_path("other") / "other-program.1"
    program.parent.mkdir()
    shutil.copy(PROGRAM, program)
    with program.open("ab") as file:
        file.write(os.urandom(16))
    return program


class Copies(RemoteTest):
    folder = "copies"

    def setUp(self):
        super().setUp()
        self.launch = {"remote_directory": self.folder}
        for number, user in USERS.items():
            path = f"/home/{user}/{self.folder}"
            self.addCleanup(CLUSTER.run, f"host{number}", "rm", "-rf", path)

    def files(self, number):
        """Mode, inode, time of change and size of the files that a host has, by name."""
        listing = CLUSTER.output(
            f"host{number}", "sh", "-c", 'cd "$0" && stat -c "%n %a %U %i %Z %s" .* *',
            f"/home/{USERS[number]}/{self.folder}",
        )  # fmt: skip
        found = {}
        for line in listing.splitlines():
            name, *facts = line.split(" ")
            if name not in (".*", ".."):
                found[name] = facts
        return found

    def test_a_copy_has_the_sum_in_its_name_and_is_private(self):
        self.assert_runs(config(1, 2, launch=self.launch), "iterate")
        for number in (1, 2):
            files = self.files(number)
            self.assertEqual(set(files), {".", copy_of(PROGRAM)})
            for name in files:
                self.assertEqual(files[name][:2], ["700", USERS[number]])
            size = str(PROGRAM.stat().st_size)
            self.assertEqual(files[copy_of(PROGRAM)][4], size)

    def test_it_is_copied_once(self):
        path = config(1, 2, launch=self.launch)
        self.assert_runs(path, "iterate")
        before = self.files(1), self.files(2)
        self.assert_runs(path, "iterate")
        self.assertEqual((self.files(1), self.files(2)), before)

    def test_once_for_all_entries_of_a_host(self):
        tables = [entry(1, num_cores=1) for _ in range(10)]
        self.assert_runs(config(*tables, launch=self.launch), "iterate")
        self.assertEqual(set(self.files(1)), {".", copy_of(PROGRAM)})

    def test_another_content_has_another_name(self):
        path = config(1, launch=self.launch)
        other = changed_program()
        self.assert_runs(path, "iterate")
        self.assert_runs(path, "iterate", program=other)
        name = copy_of(other).replace(".", "_")
        self.assertEqual(set(self.files(1)), {".", copy_of(PROGRAM), name})

    def test_a_damaged_copy_is_replaced(self):
        path = config(1, launch=self.launch)
        self.assert_runs(path, "iterate")
        copy = f"/home/renoir/{self.folder}/{copy_of(PROGRAM)}"
        for damage in ('truncate -s -1 "$0"', 'printf x | dd of="$0" conv=notrunc bs=1 seek=5000'):
            with self.subTest(damage=damage):
                CLUSTER.output("renoir@host1", "sh", "-c", damage, copy)
                self.assert_runs(path, "iterate")
                found = CLUSTER.output("host1", "sha256sum", copy).split()[0]
                self.assertEqual(found, hashlib.sha256(PROGRAM.read_bytes()).hexdigest())

    def test_a_copy_that_may_not_be_executed_is_repaired(self):
        path = config(1, launch=self.launch)
        self.assert_runs(path, "iterate")
        CLUSTER.output("host1", "chmod", "600", f"/home/renoir/{self.folder}/{copy_of(PROGRAM)}")
        self.assert_runs(path, "iterate")

    def test_several_launchers_at_a_time(self):
        paths = [config(1, 2, launch=self.launch) for _ in range(3)]
        jobs = [
            CLUSTER.start("launcher", PROGRAM, "iterate", "--remote", path) for path in paths
        ]
        ends = [(*job.communicate(timeout=50), job.returncode) for job in jobs]
        for output, errors, code in ends:
            self.assertEqual((code, errors.decode()), (0, ""))
            self.assertEqual(output, ends[0][0])
        for number in (1, 2):
            self.assertEqual(set(self.files(number)), {".", copy_of(PROGRAM)})

    def test_a_launcher_that_is_killed_leaves_no_part(self):
        job = self.start(config(1, launch=self.launch), 0, program=WORDCOUNT)
        script = "cat copies/*.part.* 2>/dev/null | head -c 1 | wc -c"
        has_begun = lambda: CLUSTER.output("renoir@host1", "sh", "-c", script) == "1"
        self.assertTrue(eventually(has_begun))
        job.process.kill()
        job.end()
        self.assert_clean()

    def test_no_space_for_the_program(self):
        folder = f"/home/renoir/{self.folder}"
        script = 'mkdir "$0" && mount -t tmpfs -o size=1m,mode=777 tmpfs "$0"'
        CLUSTER.output("host1", "sh", "-c", script, folder)
        self.addCleanup(CLUSTER.run, "host1", "umount", folder)
        self.assert_fails(
            config(2, 1, launch=self.launch),
            rf"host 2 \(host1.lan\): the host cannot write '{self.folder}/.*': no space left; "
            r"free some, or give another .*",
        )
        self.assertEqual(CLUSTER.output("host1", "ls", "-A", folder), "")

    def test_a_folder_where_nothing_may_be_executed(self):
        folder = f"/home/renoir/{self.folder}"
        script = 'mkdir "$0" && mount -t tmpfs -o noexec,mode=777 tmpfs "$0"'
        CLUSTER.output("host1", "sh", "-c", script, folder)
        self.addCleanup(CLUSTER.run, "host1", "umount", folder)
        self.assert_fails(
            config(2, 1, launch=self.launch),
            rf"host 2 \(host1.lan\): the host may not run programs in '{self.folder}' \(mounted "
            r"with noexec\?\); give another 'launch.remote_directory'",
        )

    def test_a_folder_of_somebody_else(self):
        self.assert_fails(
            config(1, launch={"remote_directory": "/root/programs"}),
            r"host 1 \(host1.lan\): the host cannot .* '/root/programs.*': no permission; .*",
        )


class Checks(RemoteTest):
    def test_missing_libraries_are_named(self):
        self.assert_fails(
            config(1, 2),
            r"host \d \(host\d.lan\): the host lacks libraries of the program: "
            r"libremote_library.so; install them there, or link the program statically with them"
            r" \(1 other login failed as well\)",
            program=LINKED,
        )

    def hide(self, host, program, content=""):
        """Puts something else in the place of a program of a host."""
        replaced = self.give("replaced", content.encode(), int(host[-1]))
        if content:
            CLUSTER.output(host, "chmod", "755", replaced)
        else:
            CLUSTER.output(host, "chmod", "600", replaced)
        CLUSTER.output(host, "sh", "-c", 'mount --bind "$0" "$(readlink -f "$1")"', replaced,
                       program)  # fmt: skip
        unmount = 'umount "$(readlink -f "$0")"'
        self.addCleanup(CLUSTER.output, host, "sh", "-c", unmount, program)

    def test_no_open_mpi_on_a_host(self):
        self.hide("host2", "/usr/bin/orted")
        self.assert_fails(
            config(1, 2),
            r"host 2 \(host2.lan\): Open MPI is not there \('orted' is not in the PATH of a login "
            r"without a terminal\); install Open MPI 4.*, or extend PATH in ~/.bashrc there",
        )

    def test_another_version_on_a_host(self):
        self.hide("host2", "/usr/bin/mpirun", "#!/bin/sh\necho 'mpirun (Open MPI) 4.1.0'\n")
        self.assert_fails(
            config(1, 2),
            r"host 2 \(host2.lan\): Open MPI there is of version 4.1.0, here of version 4\S*; "
            r"install the same version on all machines",
        )

    def assert_mpirun_fails(self, answer, expected):
        folder = new_path("bin")
        folder.mkdir()
        (folder / "mpirun").write_text(f"#!/bin/sh\necho '{answer}'\n")
        (folder / "mpirun").chmod(0o755)
        path = f"{folder}:{os.environ['PATH']}"
        self.assert_fails(config(1), expected, before=("env", f"PATH={path}"))

    def test_another_version_here(self):
        self.assert_mpirun_fails(
            "mpirun (Open MPI) 4.1.99",
            r"host 1 \(host1.lan\): Open MPI there is of version 4\S*, here of version 4.1.99; .*",
        )

    def test_an_mpirun_that_cannot_be_used(self):
        for answer, what in (
            ("mpirun (Open MPI) 3.1.6", "that of Open MPI 3.1.6"),
            ("HYDRA build details: Version: 4.0", "not that of Open MPI"),
        ):
            expected = f"mpirun in PATH is {what}; install Open MPI 4.1 or a later version"
            self.assert_mpirun_fails(answer, expected)

    def test_a_login_without_a_shell(self):
        script = "cp /etc/passwd /tmp/given/passwd; sed -i '/^alice:/s,/bin/bash,/usr/sbin/nologin,'"
        CLUSTER.output("host2", "sh", "-c", f"mkdir -p /tmp/given; {script} /tmp/given/passwd && "
                       "mount --bind /tmp/given/passwd /etc/passwd")  # fmt: skip
        self.addCleanup(CLUSTER.output, "host2", "umount", "/etc/passwd")
        self.assert_fails(
            config(1, 2),
            r"host 2 \(host2.lan\): the login cannot run a shell command \(.*\); give the user a "
            r"login shell there",
        )

    def test_a_shell_that_talks(self):
        # Many a ~/.bashrc does so.
        self.addCleanup(CLUSTER.run, "host1", "rm", "/home/renoir/.bashrc")
        CLUSTER.output("renoir@host1", "sh", "-c", "echo 'echo Welcome; echo Bye >&2' >.bashrc")
        self.addCleanup(CLUSTER.run, "host1", "rm", "-rf", "/home/renoir/copies")
        tables = [entry(1, num_cores=1) for _ in range(9)]
        path = config(*tables, 2, launch={"remote_directory": "copies"})
        result = CLUSTER.run("launcher", PROGRAM, "iterate", "--remote", path)
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = [line.rpartition("] ")[2] for line in result.stdout.decode().splitlines()]
        self.assertRegex(lines.pop(), r"\A\d+ \d+ 1000\Z")
        self.assertEqual(lines, ["Welcome"] * 9)


if __name__ == "__main__":
    unittest.main()
