"""What `Benchmarks/networks` measures: training and inference of several networks."""

import argparse
import dataclasses
import os
import pathlib

from . import telling
from .measures import speed
from .options import HERE, ROOT, positive
from .running import Failure, Runner, SubjectFailed
from .subjects import CHANNELS_LAST, PEERS, Mode, Subject, find_versions

NETWORKS = {
    "mlp": "MLP 784-512-512-10", "lenet5": "LeNet-5", "resnet20": "ResNet-20, 32×32×3",
    "depthwise": "depthwise net, 32×32×3", "digitcnn": "DigitCNN",
}
# `Benchmarks/compare` measures DigitCNN.
USUAL = ("mlp", "lenet5", "resnet20", "depthwise")
TASKS = {"train": "training", "infer": "inference"}
MODES = [Mode("eager"), Mode(*CHANNELS_LAST),
         Mode("compile, channels_last", ("--compile", "--channels-last"))]
KEYS = ("threads", "parameters", "data", "images_per_second")


@dataclasses.dataclass(frozen=True)
class Case:
    """One piece of work, for which every subject has runs of its own."""
    network: str
    kind: str  # train or infer
    batch: int

    @property
    def task(self):
        """Names the command: a network's is its own."""
        return f"{self.network} {self.kind}"

    def __str__(self):
        return f"{self.task} {self.batch}"


class NetworkSubject(Subject):
    def run(self, case, mode, runner, seconds, seed=0):
        report = runner.report(
            [*self.commands[case.task], *mode.flags, "--threads", self.threads, "--json",
             "--batch", case.batch], seconds)
        missing = [key for key in KEYS if key not in report]
        if missing:
            raise SubjectFailed(f"its report has no {', '.join(missing)}")
        return report


class CachingRunner(Runner):
    """Runs commands with what torch.compile made for an earlier comparison, if it was kept."""

    def environment(self, fresh_cache):
        kept = self.arguments.compile_cache
        own = {"TORCHINDUCTOR_CACHE_DIR": str(kept.absolute())} if kept else {}
        return {**super().environment(fresh_cache), **own}


# The flags


def parse_arguments(description):
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(USUAL),
                        metavar="NAME", help=f"of {', '.join(NETWORKS)}; all but the last if absent")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS), metavar="TASK",
                        help="train, infer (both)")
    parser.add_argument("--batches", type=positive(int), nargs="+", default=[64], metavar="N",
                        help="batch sizes (64)")
    parser.add_argument("--rounds", type=positive(int), default=3, help="times around (3)")
    parser.add_argument("--seconds", type=positive(float), default=2,
                        help="measured in each run, after its warm-up (2)")
    parser.add_argument("--threads", type=positive(int), default=len(os.sched_getaffinity(0)),
                        help="threads of every subject (all cores)")
    parser.add_argument("--at-least", type=positive(float), metavar="RATIO",
                        help="fail where Tessera's speed divided by PyTorch's is lower")
    add_accuracy(parser)
    parser.add_argument("--python", default=str(ROOT / ".venv-peers/bin/python"),
                        help="a Python that has PyTorch (.venv-peers/bin/python)")
    parser.add_argument("--tessera-benchmarks", dest="yardstick",
                        default=str(HERE / ".build/release/tessera-benchmarks"),
                        help="the program (the one that make bench-networks builds)")
    parser.add_argument("--compile-cache", type=pathlib.Path, metavar="DIR",
                        help="keeps what torch.compile makes, some minutes' work, for the next time")
    parser.add_argument("--output", type=pathlib.Path, help="file for every sample")
    # What the comparison's rounds have and these don't.
    parser.set_defaults(accuracy_rounds=0)
    arguments = parser.parse_args()
    if arguments.accuracy and not arguments.data_dir:
        parser.error("--accuracy needs a set in CIFAR-10's binary form: give --data-dir")
    return arguments


def add_accuracy(parser):
    group = parser.add_argument_group("accuracy")
    group.add_argument("--accuracy", action="store_true",
                       help="compare ResNet-20's test accuracies instead of speeds")
    group.add_argument("--data-dir", help="folder of train.bin and test.bin in CIFAR-10's form")
    group.add_argument("--epochs", type=positive(int), default=10, help="of each training (10)")
    group.add_argument("--seeds", type=positive(int), default=3, help="trainings of each side (3)")


# The subjects and cases


def cases(arguments):
    """In the table's order; no subject is left out of one."""
    return dict.fromkeys(
        (Case(network, kind, batch) for network in arguments.networks for kind in arguments.tasks
         for batch in arguments.batches), set())


def measures(found):
    return [speed(f"{case.network}-{case.kind}-{case.batch}",
                  f"{NETWORKS[case.network]}: {TASKS[case.kind]}, batch {case.batch}", case)
            for case in found]


def make_subjects(arguments, runner, found):
    def subject(key, name, command, modes):
        commands = {case.task: [*command, "--name", case.network, "--mode", case.kind]
                    for case in found}
        return NetworkSubject(key, name, key, arguments.threads, commands,
                              dict.fromkeys(commands, modes))
    subjects = [
        subject("tessera", "Tessera", [arguments.yardstick, "network"], [Mode()]),
        subject("pytorch", "PyTorch", [arguments.python, PEERS / "networks_pytorch.py"], MODES),
    ]
    find_versions(subjects, arguments, runner)
    return subjects


# Telling


def print_modes(subjects):
    """Modes that don't work here, once for each reason."""
    told = set()
    for trial in (trial for subject in subjects for trial in subject.trials):
        if "failed" in trial and (trial["mode"], trial["failed"]) not in told:
            told.add((trial["mode"], trial["failed"]))
            print(f"\nabsent: PyTorch {trial['mode']} ({trial['failed']})")


def record(rows, runs, subjects, yardsticks, best_yardstick, now, arguments):
    """Everything that the table rests on."""
    return {
        **telling.circumstances("networks", yardsticks, best_yardstick, now, arguments),
        "versions": {s.name: s.version or s.absent for s in subjects if s.family != "tessera"},
        "seconds_a_run": arguments.seconds,
        "results": [telling.finite_row(row) for row in rows],
        "mode_trials": {s.key: s.trials for s in subjects if s.trials},
        "runs": telling.recorded_runs(runs),
    }


def enforce(arguments, rows):
    """The gate: PyTorch's rows have the ratio, or none where it is absent."""
    if arguments.at_least is None:
        return
    for row in (row for row in rows if row["key"] == "pytorch"):
        ratio = row.get("tessera_ratio")
        if ratio is None:
            raise Failure(f"--at-least: there is no figure to compare with for {row['measure']}")
        if ratio < arguments.at_least:
            raise Failure(f"--at-least {arguments.at_least:g}: {ratio:.3f} for {row['measure']}")
