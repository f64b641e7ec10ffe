"""What every row needs: programs, inputs, rounds, and the lines that come out."""

import filecmp
import pathlib
import statistics
import sys
import tempfile
from dataclasses import dataclass, field

from programs import Failed, run


@dataclass(frozen=True)
class Sizes:
    text_bytes: int
    records: int
    seconds: float  # of a latency run
    idle_seconds: float


@dataclass(frozen=True)
class Line:
    """One line of the table. The target is for `ours`, or for the ratio where that has a limit."""

    name: str
    unit: str
    ours: list  # one sample for each round
    by_hand: list = field(default_factory=list)  # empty where there is nothing to compare with
    most: float = None  # limit of the median of `ours`
    most_ratio: float = None  # limit of the median of the ratios of the rounds

    @property
    def median(self):
        return statistics.median(self.ours)

    @property
    def median_by_hand(self):
        return statistics.median(self.by_hand) if self.by_hand else None

    @property
    def ratio(self):
        if not self.by_hand:
            return None
        return statistics.median(a / b for a, b in zip(self.ours, self.by_hand))

    @property
    def holds(self):
        return self.ratio <= self.most_ratio if self.most_ratio else self.median <= self.most


@dataclass(frozen=True)
class Bench:
    repository: pathlib.Path
    programs: pathlib.Path
    data: pathlib.Path
    rounds: int
    cores: int
    sizes: Sizes

    def program(self, name):
        return self.programs / name

    def text(self):
        """A file of words with Zipf frequencies, made when it is not there yet."""
        path = self.data / f"text-{self.sizes.text_bytes}.txt"
        if not path.exists():
            print(f"  making {path}", file=sys.stderr)
            self.data.mkdir(parents=True, exist_ok=True)
            run([self.program("generate"), "text", path, "--bytes", self.sizes.text_bytes])
        return path

    def alone(self, command, environment=None):
        """The runs of all rounds of one program."""
        runs = []
        for number in range(self.rounds):
            self.tell_round(number)
            runs.append(run(command, environment))
        return runs

    def interleaved(self, ours, theirs, same):
        """The runs of both programs, in turn and with changing order, so that a machine that
        becomes slower does so for both. `same` is the field of the reports that must be equal."""
        both = [], []
        for number in range(self.rounds):
            self.tell_round(number)
            for side in (0, 1) if number % 2 == 0 else (1, 0):
                both[side].append(run((ours, theirs)[side]))
            results = [runs[-1].report[same] for runs in both]
            if results[0] != results[1]:
                raise Failed(f"results differ: '{joined(ours)}' has {same} {results[0]}, "
                             f"'{joined(theirs)}' has {results[1]}")
        return both

    def tell_round(self, number):
        print(f"  round {number + 1} of {self.rounds}", file=sys.stderr)

    def require_same_output(self, ours, theirs):
        """Both programs write the same file. Also brings their input into the page cache."""
        self.data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.data) as folder:
            files = [pathlib.Path(folder, name) for name in ("ours", "theirs")]
            for command, file in zip((ours, theirs), files):
                run([*command, "--output", file])
            if not filecmp.cmp(*files, shallow=False):
                raise Failed(f"results differ: '{joined(ours)}' and '{joined(theirs)}'")


def joined(command):
    return " ".join(str(word) for word in command)
