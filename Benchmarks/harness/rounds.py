"""The order of the runs: first each subject's best mode is found, then the rounds alternate."""

import sys

from .figures import QUIET_SHARE
from .running import Failure, SubjectFailed

YARDSTICK_SECONDS = 1
TRIAL_SECONDS = 1
# At most so many of a mode, where the machine is busy.
TRIALS = 3
# What all reports of one network must agree in.
EQUAL_KEYS = ("parameters", "data")


class Yardsticks:
    """The sgemm on all threads before and after each run, and on one thread once a round."""

    def __init__(self, runner):
        self.runner, self.values, self.one_thread = runner, [], []
        self.machine = self.call(runner.arguments.threads)["machine"]

    def call(self, threads):
        try:
            return self.runner.report(
                [self.runner.arguments.yardstick, "sgemm", "--json", "--threads", threads],
                YARDSTICK_SECONDS)
        except SubjectFailed as error:
            raise Failure(f"the sgemm yardstick failed: {error}. `make bench` builds it.")

    def measure(self):
        value = self.call(self.runner.arguments.threads)["gigaflops_per_second"]["median"]
        self.values.append(value)
        return value

    def measure_one_thread(self):
        self.one_thread.append(self.call(1)["gigaflops_per_second"]["median"])


def say(text):
    print(text, file=sys.stderr, flush=True)


def merit(case, report):
    """The higher, the better is the mode for the case; a trial is short, so its best sample counts."""
    if case.task == "latency":
        return -report["latency_ms"]["median"]
    return report["images_per_second"]["best"]


def fail(subject, case, error):
    """A peer's failure makes its row absent; Tessera's ends the comparison."""
    if subject.family == "tessera":
        raise Failure(f"Tessera ({case}) failed: {error}")
    subject.failed[case] = str(error)
    say(f"absent: {subject.name} ({case}): {error}")


# The modes


def choose_modes(subjects, cases, runner, yardsticks):
    """Tries, where a subject has several modes for a case, each of them shortly."""
    reports = {}
    for case, subject in pairs(subjects, cases):
        candidates = subject.modes[case.task]
        if len(candidates) == 1:
            subject.chosen[case] = candidates[0]
            continue
        figures, failure = {}, None
        for mode in candidates:
            try:
                report = tried(case, subject, mode, runner, yardsticks, reports)
                figures[mode] = merit(case, report)
                outcome = {"figure": abs(figures[mode])}
            except SubjectFailed as error:
                failure, outcome = error, {"failed": str(error)}
                say(f"{case}: {subject.name} {mode.name} doesn't work: {error}")
            subject.trials.append({"case": str(case), "mode": mode.name, **outcome})
        if figures:
            subject.chosen[case] = max(figures, key=figures.get)
            say(f"{case}: best mode of {subject.label(case)}")
        else:
            fail(subject, case, failure)


def tried(case, subject, mode, runner, yardsticks, reports):
    """The mode's best report for the case: a busy moment, told by the yardsticks, would have the
    wrong mode chosen, so the trial is then repeated."""
    # A run tells both speed and latency: batch 1 is tried once for both cases.
    key = (tuple(map(str, subject.commands[case.task])), case.batch, mode)
    if key in reports:
        return reports[key]
    found, before = [], yardsticks.measure()
    for _ in range(TRIALS):
        found.append(subject.run(case, mode, runner, TRIAL_SECONDS))
        after = yardsticks.measure()
        if min(before, after) >= QUIET_SHARE * max(yardsticks.values):
            break
        before = after
    reports[key] = max(found, key=lambda report: merit(case, report))
    return reports[key]


def pairs(subjects, cases):
    """(case, subject) of all present subjects that have a part in the case."""
    return [(case, subject) for case, excluded in cases.items() for subject in subjects
            if subject.does(case) and subject.key not in excluded
            and not subject.why_absent(case)]


# The rounds


def schedule(subjects, cases, arguments):
    """(round, case, subject) in the order of running; odd rounds go backwards."""
    everything = pairs(subjects, cases)
    for number in range(max(arguments.rounds, arguments.accuracy_rounds)):
        for case, subject in everything if number % 2 == 0 else reversed(everything):
            limit = arguments.accuracy_rounds if case.task == "accuracy" else arguments.rounds
            if number < limit:
                yield number, case, subject


def measure(subjects, cases, runner, yardsticks):
    """All runs, each with the yardsticks on both sides of it."""
    arguments, runs, current = runner.arguments, [], None
    for number, case, subject in schedule(subjects, cases, arguments):
        if subject.why_absent(case):
            continue  # it failed in an earlier round
        if number != current:
            current = number
            yardsticks.measure_one_thread()
            before = yardsticks.measure()
        try:
            report = subject.run(
                case, subject.chosen[case], runner, arguments.seconds, seed=42 + number)
            check_equal_work(runs, case, subject, report)
        except SubjectFailed as error:
            fail(subject, case, error)
            continue
        after = yardsticks.measure()
        runs.append({"case": case, "subject": subject, "round": number + 1, "report": report,
                     "yardsticks": [before, after]})
        before = after
        say_run(runs[-1])
    return runs


def check_equal_work(runs, case, subject, report):
    """A comparison of different networks, data or threads would compare nothing."""
    if report["threads"] != subject.threads:
        raise Failure(f"{subject.label(case)} ran on {report['threads']} threads, "
                      f"not on {subject.threads}")
    first = next((run for run in runs if run["case"].network == case.network), None)
    for key in EQUAL_KEYS:
        if first and report[key] != first["report"][key]:
            raise Failure(f"{first['subject'].name} and {subject.name} differ in {key}: "
                          f"{first['report'][key]} and {report[key]}")


def say_run(run):
    report, (before, after) = run["report"], run["yardsticks"]
    if "images_per_second" in report:
        figure = f"{report['images_per_second']['median']:>9,.0f} images/s"
    elif report["reached"]:
        figure = f"{report['seconds_to_target']:>9.1f} s"
    else:
        figure = f"not reached, {report['accuracy']:.2%}"
    say(f"round {run['round']}  {str(run['case']):<18} {run['subject'].label(run['case']):<42} "
        f"{figure}   sgemm {before:.0f}, {after:.0f} GFLOP/s")
