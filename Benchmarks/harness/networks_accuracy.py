"""What `Benchmarks/networks --accuracy` measures: test accuracies of ResNet-20 after one recipe."""

import statistics

from . import pipeline, telling
from .rounds import say
from .running import ACCURACY_TIME_LIMIT_SECONDS, Failure, SubjectFailed
from .subjects import PEERS, Subject, find_versions

TASK = "accuracy"
FIRST_SEED = 42
# What every report must agree in, and have.
EQUAL_KEYS = ("parameters", "epochs", "batch", "train_images", "test_images")
KEYS = (*EQUAL_KEYS, "accuracy", "seconds")


def make_subjects(arguments, runner):
    def subject(key, name, kind, command):
        return Subject(key, name, key, arguments.threads, {TASK: command}, {}, kind)
    subjects = [
        subject("tessera", "Tessera", "", [arguments.yardstick, "network-accuracy"]),
        subject("pytorch", "PyTorch", "channels_last",
                [arguments.python, PEERS / "networks_accuracy_pytorch.py"]),
    ]
    find_versions(subjects, arguments, runner)
    return subjects


# The runs


def run(subject, seed, runner):
    arguments = runner.arguments
    report = runner.report(
        [*subject.commands[TASK], "--data-dir", arguments.data_dir, "--epochs", arguments.epochs,
         "--seed", seed, "--threads", subject.threads, "--json"],
        limit=ACCURACY_TIME_LIMIT_SECONDS)
    missing = [key for key in KEYS if key not in report]
    if missing:
        raise SubjectFailed(f"its report has no {', '.join(missing)}")
    return report


def measure(subjects, runner):
    """A training of each side a seed; who goes first changes."""
    runs = []
    present = [subject for subject in subjects if not subject.absent]
    for number, subject in pipeline.schedule(present, runner.arguments.seeds):
        if subject.absent:
            continue  # it failed with an earlier seed
        seed = FIRST_SEED + number
        try:
            report = run(subject, seed, runner)
        except SubjectFailed as error:
            fail(subject, error)
            continue
        check_equal_work(runs, subject, report)
        runs.append({"subject": subject, "seed": seed, "report": report})
        say(f"seed {seed}  {label(subject):<32} {report['accuracy']:.2%}  "
            f"{report['seconds']:.1f} s")
    return runs


def fail(subject, error):
    """A peer's failure makes its row absent; Tessera's ends the comparison."""
    if subject.family == "tessera":
        raise Failure(f"Tessera failed: {error}")
    subject.absent = str(error)
    say(f"absent: {label(subject)}: {error}")


def check_equal_work(runs, subject, report):
    for key in EQUAL_KEYS:
        if runs and report[key] != runs[0]["report"][key]:
            raise Failure(f"{runs[0]['subject'].name} and {subject.name} differ in {key}: "
                          f"{runs[0]['report'][key]} and {report[key]}")


def label(subject):
    return " ".join(part for part in (subject.name, subject.version, subject.kind) if part)


# Telling


def summarize(subjects, runs):
    """One row a subject: the accuracies' mean, lowest and highest, and the median of the seconds."""
    return [absent_row(subject) if subject.absent else present_row(
        subject, [run["report"] for run in runs if run["subject"] is subject])
        for subject in subjects]


def absent_row(subject):
    return {"key": subject.key, "subject": label(subject), "absent": subject.absent}


def present_row(subject, reports):
    values = [report["accuracy"] for report in reports]
    return {
        "key": subject.key, "subject": label(subject), "mean": statistics.mean(values),
        "lowest": min(values), "highest": max(values), "trainings": len(values),
        "seconds": statistics.median(report["seconds"] for report in reports),
    }


def print_table(rows, runs, arguments):
    report = runs[0]["report"]
    print(f"\nResNet-20, {report['train_images']:,} training images, {arguments.epochs} epochs; "
          f"accuracy on {report['test_images']:,} test images after the last\n")
    width = max(len(row["subject"]) for row in rows)
    for row in rows:
        print(line(row, width))


def line(row, width):
    if "absent" in row:
        return f"{row['subject']}: absent ({row['absent']})"
    return (f"{row['subject']:<{width}}  mean {row['mean']:.2%}  from {row['lowest']:.2%} to "
            f"{row['highest']:.2%}  {row['trainings']} trainings of {row['seconds']:.1f} s")


def record(rows, runs, subjects, now, arguments):
    """Everything that the table rests on."""
    machine = next(run["report"]["machine"] for run in runs if "machine" in run["report"])
    return {
        "benchmark": "networks-accuracy", **telling.origin(now), "machine": machine,
        "threads": arguments.threads,
        "versions": {s.name: s.version or s.absent for s in subjects if s.family != "tessera"},
        "results": [{key: telling.finite(value) for key, value in row.items()} for row in rows],
        "runs": [{"subject": run["subject"].key, "seed": run["seed"],
                  "report": {key: value for key, value in run["report"].items()
                             if key != "machine"}} for run in runs],
    }
