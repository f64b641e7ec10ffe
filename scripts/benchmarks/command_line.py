"""What the command lines of scripts/bench and scripts/scaling share."""

import argparse
import os
import subprocess
import sys

from programs import Failed


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give a number from 1 on")
    return number


def build(repository, targets):
    """Builds these programs of the release preset and returns their folder."""
    for command in (["scripts/install-dependencies", "build", "bench"],
                    ["cmake", "--preset", "release", "--log-level=WARNING"],
                    ["cmake", "--build", "--preset", "release", "--parallel",
                     str(os.cpu_count()), "--target", *targets]):
        if subprocess.run(command, cwd=repository, stdout=sys.stderr, check=False).returncode != 0:
            raise Failed(f"'{' '.join(command)}' failed")
    return repository / "build" / "release" / "bin"
