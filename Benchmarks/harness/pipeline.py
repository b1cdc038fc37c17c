"""What `Benchmarks/pipeline` measures: the wall time of whole processes that run a pipeline."""

import argparse
import os
import pathlib
import shutil

from . import figures, measures, telling
from .options import HERE, ROOT, positive
from .rounds import say
from .running import Failure, Runner, SubjectFailed, TIME_LIMIT_SECONDS, reason
from .subjects import PEERS, Subject, find_versions

TASK = "pipeline"
CASE = measures.Case(TASK)
MEASURE = measures.simple("pipeline", "wall time of the process", "s", CASE,
                          lambda report: report["wall_seconds"], digits=3)
CACHED = "tessera-cached"
SAMPLE = ROOT / "Sources/Datasets/Resources/mnist-sample"
# The recipe fast doesn't pass the gate after one epoch on the sample, whose few steps are too few for
# its averaged weights; and after a refusal nothing is deployed or scored.
RUN_FLAGS = ("--recipe", "reference", "--epochs", "1", "--accuracy-threshold", "0.5")
# A repeated run that takes a greater share of the first one's time has trained again.
CACHED_SHARE = 0.5


def parse_arguments(description):
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    parser.add_argument("--rounds", type=positive(int), default=5, help="times around (5)")
    parser.add_argument("--tessera", default=str(ROOT / ".build/release/tessera"),
                        help="the program (the one that make bench-pipeline builds)")
    parser.add_argument("--python", default=str(ROOT / ".venv-peers-dagster/bin/python"),
                        help="a Python that has Dagster (.venv-peers-dagster/bin/python)")
    parser.add_argument("--yardstick", default=str(HERE / ".build/release/tessera-benchmarks"),
                        help="the program with the sgemm yardstick "
                             "(the one that make bench-pipeline builds)")
    parser.add_argument("--output", type=pathlib.Path, help="file for every sample")
    parser.set_defaults(threads=len(os.sched_getaffinity(0)))
    return parser.parse_args()


# The subjects


class PlainRunner(Runner):
    """Runs commands without the settings that the caller's environment has for Tessera and Dagster."""

    def environment(self, fresh_cache):
        configuration = self.folder / "tessera.yaml"
        configuration.touch()
        kept = {name: value for name, value in super().environment(fresh_cache).items()
                if not name.startswith(("TESSERA_", "DAGSTER_"))}
        return {**kept, "TESSERA_CONFIG": str(configuration),
                "TESSERA_CACHE": str(self.folder / "cache")}


def copy_sample(folder):
    """The shipped sample under MNIST's names: asked for by the name `mnist`, the whole set would be
    downloaded where there is a network."""
    folder.mkdir(parents=True)
    for path in SAMPLE.glob("sample-*"):
        shutil.copy(path, folder / path.name.replace("sample-", "train-", 1))
    return folder


def make_subjects(arguments, runner):
    """All of them; Dagster's say why where it is absent."""
    home = runner.folder
    cached = [arguments.tessera, "run", "--home", home / "tessera",
              "--dataset", f"idx:{copy_sample(home / 'sample')}", *RUN_FLAGS]

    def tessera(key, kind, command):
        return Subject(key, "Tessera", "tessera", arguments.threads, {TASK: command}, {}, kind)

    def dagster(key, kind, executor, *flags):
        command = [arguments.python, PEERS / "pipeline_dagster.py", "--executor", executor, *flags]
        return Subject(key, "Dagster", "dagster", arguments.threads, {TASK: command}, {}, kind)

    subjects = [
        tessera(CACHED, "run, everything cached", cached),
        tessera("tessera-version", "--version", [arguments.tessera, "--version"]),
        dagster("dagster-in-process-unrecorded", "in process, run not recorded", "in_process"),
        dagster("dagster-in-process", "in process", "in_process", "--home", home / "in-process"),
        dagster("dagster-multiprocess", "multiprocess", "multiprocess", "--home", home / "spawn"),
        dagster("dagster-multiprocess-forkserver", "multiprocess, forkserver", "multiprocess",
                "--start-method", "forkserver", "--home", home / "forkserver"),
    ]
    find_versions(subjects, arguments, runner)
    return subjects


# The runs


def run(subject, runner):
    """The report of one process; a Tessera that failed ends everything."""
    command = [str(word) for word in subject.commands[TASK]]
    if subject.family != "tessera":
        return runner.report(command)
    try:
        _, messages, status, wall, memory = runner.execute(command, False, TIME_LIMIT_SECONDS)
    except SubjectFailed as error:
        raise Failure(f"{error}. `make bench-pipeline` builds it.")
    if status != 0:
        raise Failure(f"{subject.label(CASE)} ended with {status}: {reason(messages)}")
    return {"wall_seconds": round(wall, 4), "max_rss_bytes": memory}


def attempt(subject, runner):
    """The report, or None where a peer failed, which makes its row absent."""
    try:
        return run(subject, runner)
    except SubjectFailed as error:
        subject.absent = str(error)
        say(f"absent: {subject.label(CASE)}: {error}")
        return None


def run_uncounted(subjects, runner):
    """Each subject once: Tessera and Dagster make their homes, and Python keeps what it compiled.
    Returns the wall seconds by key."""
    walls = {}
    for subject in present(subjects):
        report = attempt(subject, runner)
        if report:
            walls[subject.key] = report["wall_seconds"]
    return walls


def present(subjects):
    return [subject for subject in subjects if not subject.absent]


def schedule(subjects, rounds):
    """(round, subject) in the order of running; odd rounds go backwards."""
    for number in range(rounds):
        for subject in subjects if number % 2 == 0 else reversed(subjects):
            yield number, subject


def measure(subjects, runner, yardsticks):
    """All runs, each with the yardsticks on both sides of it."""
    runs, before = [], yardsticks.measure()
    for number, subject in schedule(present(subjects), runner.arguments.rounds):
        report = None if subject.absent else attempt(subject, runner)
        if report is None:
            continue
        after = yardsticks.measure()
        runs.append({"case": CASE, "subject": subject, "round": number + 1, "report": report,
                     "yardsticks": [before, after]})
        say(f"round {number + 1}  {subject.label(CASE):<44} {report['wall_seconds']:>8.3f} s   "
            f"sgemm {before:.0f}, {after:.0f} GFLOP/s")
        before = after
    return runs


# Telling


def summarize(subjects, runs, arguments):
    """One row a subject, with its median divided by that of Tessera's cached run."""
    rows = figures.summarize([MEASURE], subjects, runs, arguments)
    cached = next(row["median"] for row in rows if row["key"] == CACHED)
    for row in rows:
        if "median" in row and row["key"] != CACHED:
            row["times_cached_run"] = row["median"] / cached
    return rows


def warnings(rows, first):
    """What keeps the table from being believed."""
    found = []
    cached = next(row["median"] for row in rows if row["key"] == CACHED)
    if cached > CACHED_SHARE * first[CACHED]:
        found.append(f"Tessera's first run took {first[CACHED]:.2f} s and the repeated one "
                     f"{cached:.2f} s: nothing was cached.")
    if not all(row.get("only_quiet_runs", True) for row in rows):
        found.append("* The machine was busy: a subject had no quiet run, so all runs count. "
                     "Measure again.")
    return found


def print_table(rows, machine, first, arguments):
    print(f"\n{machine['cpu']}, {machine['cores']} cores; wall time of whole processes, medians "
          f"over runs that alternate, in s\n")
    width = max(len(row["subject"]) for row in rows) + 2
    form = f"{{:<{width}}}  {{:>8}}  {{:>15}}  {{:>5}}  {{}}"
    print(form.format("", "median", "range", "runs", "to cached run"))
    for row in rows:
        print(line(row, form))
    print(f"\nTessera's first run, which trains: {first[CACHED]:.3f} s")
    for warning in warnings(rows, first):
        print(f"\n{warning}")


def line(row, form):
    if "absent" in row:
        return f"  {row['subject']}: absent ({row['absent']})"
    spread = f"{row['lowest']:.3f}–{row['highest']:.3f}"
    ratio = f"{row['times_cached_run']:#.3g} ×" if "times_cached_run" in row else ""
    return form.format("  " + row["subject"], f"{row['median']:.3f}", spread,
                       f"{row['runs_used']}{' ' if row['only_quiet_runs'] else '*'}", ratio).rstrip()


def record(rows, runs, subjects, first, yardsticks, best_yardstick, now, arguments):
    """Everything that the table rests on."""
    return {
        **telling.circumstances("pipeline", yardsticks, best_yardstick, now, arguments),
        "versions": {s.name: s.version or s.absent for s in subjects if s.family != "tessera"},
        "tessera_run_flags": " ".join(RUN_FLAGS), "uncounted_first_seconds": first,
        "warnings": warnings(rows, first),
        "results": [telling.finite_row(row) for row in rows],
        "runs": [{"round": run["round"], "subject": run["subject"].key,
                  "yardsticks": run["yardsticks"], "quiet": run["quiet"], "report": run["report"]}
                 for run in runs],
    }
