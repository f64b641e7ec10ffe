"""Starts programs under mpirun.

The test scripts are started with the paths of wordcount, of cli_pipelines and of the folder of the
programs.
"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
PROGRAMS = pathlib.Path(sys.argv.pop(3)).resolve()
LINK = str(PROGRAMS / "test_mpi_link")
WITHIN_MPI = str(PROGRAMS / "test_within_mpi")
FAILING = str(PROGRAMS / "test_failing_program")
HEAT = str(PROGRAMS / "heat")

import programs  # noqa: E402  (reads the other two arguments)

# Containers have one user, and fewer cores than ranks here.
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
LAUNCHER = ["mpirun", "--oversubscribe", "--bind-to", "none"]


def launch(ranks, *command, **options):
    options.setdefault("env", ENVIRONMENT)
    return programs.run(*LAUNCHER, "-np", str(ranks), *command, **options)


def start(ranks, *command, **options):
    options.setdefault("env", ENVIRONMENT)
    return programs.start(*LAUNCHER, "-np", str(ranks), *command, **options)


def start_each(*commands, **options):
    """Starts a job with one rank for each command."""
    options.setdefault("env", ENVIRONMENT)
    words = [word for command in commands for word in (":", "-np", "1", *command)]
    return programs.start(*LAUNCHER, *words[1:], **options)
