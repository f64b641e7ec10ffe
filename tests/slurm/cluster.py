"""A Slurm of this machine alone, in a temporary folder; nothing of the system is changed.

It needs no root: an ordinary user's Slurm runs that user's jobs.
"""

import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

PATIENCE = 20

DAEMONS = ("munged", "slurmctld", "slurmd")
COMMANDS = ("srun", "salloc", "sbatch", "scancel", "scontrol", "sinfo", "squeue", "setpriv", "mpirun")

CONFIGURATION = """
ClusterName=renoir
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/controller
SlurmdSpoolDir={folder}/node
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
PlugStackConfig={folder}/plugstack.conf
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/affinity
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
KillWait=3
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0
NodeName={host} NodeAddr=127.0.0.1 {hardware} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
"""


class Unavailable(Exception):
    """This machine cannot run a Slurm; the text says why."""


class Cluster:
    """Runs from its construction until close()."""

    def __init__(self):
        self.paths = paths_of_commands()
        self.processors = self.sockets = 0
        self.closing = contextlib.ExitStack()
        adopt_orphans()
        with contextlib.ExitStack() as undo:
            undo.callback(self.closing.close)
            self.folder = pathlib.Path(
                self.closing.enter_context(tempfile.TemporaryDirectory(prefix="renoir-slurm-"))
            )
            self.environment = {**environment(), "SLURM_CONF": str(self.folder / "slurm.conf")}
            self.configure()
            self.start_munge()
            self.start("slurmctld", "-D")
            self.start("slurmd", "-D")
            self.wait_for("slurmd", lambda: self.output_of("sinfo", "-h", "-o", "%T") == "idle")
            self.closing.callback(self.end_jobs)
            if not re.search(r"\bpmix\b", self.output_of("srun", "--mpi=list")):
                raise Unavailable("the Slurm of this machine has no PMIx (srun --mpi=list)")
            undo.pop_all()

    def close(self):
        self.closing.close()

    def configure(self):
        for name in ("controller", "node"):
            (self.folder / name).mkdir()
        (self.folder / "plugstack.conf").touch()
        # By itself slurmd looks for cgroups, which containers do not have, even where none is used.
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        controller_port, node_port = free_ports(2)
        (self.folder / "slurm.conf").write_text(
            CONFIGURATION.format(
                host=socket.gethostname().split(".")[0],
                controller_port=controller_port,
                node_port=node_port,
                user=os.getuid(),
                folder=self.folder,
                hardware=self.hardware(),
            )
        )

    def hardware(self):
        """The processors; those of one socket count as two sockets where they can be halved."""
        text = self.output_of("slurmd", "-C")
        numbers = {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)\b", text)}
        self.processors = numbers["CPUs"]
        if self.processors < 2 or len(os.sched_getaffinity(0)) < self.processors:
            raise Unavailable("the tests need two processors or more, and all of the machine")
        if numbers["SocketsPerBoard"] == 1 and numbers["CoresPerSocket"] % 2 == 0:
            numbers["SocketsPerBoard"] = 2
            numbers["CoresPerSocket"] //= 2
        self.sockets = numbers["Boards"] * numbers["SocketsPerBoard"]
        names = ("CPUs", "Boards", "SocketsPerBoard", "CoresPerSocket", "ThreadsPerCore")
        return " ".join(f"{name}={numbers[name]}" for name in names)

    def start_munge(self):
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        # Munge wants its socket to be within the reach of all.
        self.folder.chmod(0o711)
        names = {name: self.folder / f"munge.{name}" for name in ("socket", "pid", "log", "seed")}
        self.start(
            "munged",
            "--foreground",
            "--key-file", key,
            "--socket", names["socket"],
            "--pid-file", names["pid"],
            "--log-file", names["log"],
            "--seed-file", names["seed"],
        )  # fmt: skip
        self.wait_for("munged", names["socket"].exists)

    def start(self, name, *arguments):
        """Starts a daemon that ends with the cluster, and at the latest with this process."""
        with open(self.folder / f"{name}.output", "wb") as output:
            process = subprocess.Popen(
                [self.paths["setpriv"], "--pdeathsig", "KILL", self.paths[name], *arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.closing.callback(end, process)

    def wait_for(self, name, is_ready):
        """Gives a daemon time to come up."""
        end_of_patience = time.monotonic() + PATIENCE
        while not is_ready():
            if time.monotonic() > end_of_patience:
                lines = (self.folder / f"{name}.output").read_text(errors="replace").splitlines()
                told = [line for line in lines if re.search("error|fatal", line, re.IGNORECASE)]
                raise Unavailable(f"{name} does not come up here: {'; '.join(told[-2:])}")
            time.sleep(0.1)

    def output_of(self, name, *arguments):
        result = subprocess.run(
            [self.paths[name], *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
        )
        return result.stdout.decode(errors="replace").strip()

    def end_jobs(self):
        self.output_of("scancel", f"--user={os.getuid()}")
        end_of_patience = time.monotonic() + PATIENCE
        while self.output_of("squeue", "-h") and time.monotonic() < end_of_patience:
            time.sleep(0.1)


def adopt_orphans():
    """Makes the processes of jobs descendants of this one, with which CTest ends them in need."""
    pr_set_child_subreaper = 36
    ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def environment():
    """That of this process, but for what another Slurm or MPI may have left there."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SLURM", "SBATCH", "SRUN", "PMI", "OMPI_"))
    }
    # Containers have one user.
    return {**kept, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def paths_of_commands():
    # Ordinary users do not have the folders of the daemons in their path.
    folders = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    paths = {name: shutil.which(name, path=folders) for name in DAEMONS + COMMANDS}
    missing = [name for name, path in paths.items() if path is None]
    if missing:
        raise Unavailable(
            f"not installed: {' '.join(missing)}; scripts/install-dependencies slurm does that"
        )
    return paths


def free_ports(count):
    with contextlib.ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def end(process):
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
