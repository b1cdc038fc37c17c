"""The comparison's own arithmetic and its handling of broken subjects: `make bench-test`."""

import argparse
import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

from harness import figures, gates, measures, rounds
from harness.running import Failure, Runner, SubjectFailed, reason, without_paths
from harness.subjects import Mode, Subject

CASE = measures.Case("train", 64)
SPEED = measures.speed("train-64", "training, batch 64", CASE)


def subject(key, family, command=("none",), modes=(Mode(),)):
    return Subject(key, key, family, 2, {"train": list(command)}, {"train": list(modes)})


def report(median, **others):
    return {"images_per_second": {"median": median, "best": median + 1}, "parameters": 1,
            "data": "random", "threads": 2, **others}


def run(who, median, yardsticks=(100, 100)):
    return {"case": CASE, "subject": who, "report": report(median), "yardsticks": list(yardsticks)}


def arguments(**values):
    names = dict.fromkeys(gates.GATES)
    return argparse.Namespace(**{**names, "threads": 2, "data_dir": None, **values})


class Figures(unittest.TestCase):
    def setUp(self):
        self.ours, self.peer = subject("tessera", "tessera"), subject("pytorch-eager", "pytorch")

    def rows(self, runs):
        figures.mark_quiet(runs)
        return figures.summarize([SPEED], [self.ours, self.peer], runs, arguments())

    def test_ratio_is_that_of_the_medians_of_quiet_runs(self):
        rows = self.rows([run(self.ours, 400), run(self.ours, 9, (100, 84)), run(self.ours, 600),
                          run(self.peer, 100), run(self.peer, 300)])
        self.assertEqual([row["median"] for row in rows], [500, 200])
        self.assertEqual(rows[0]["runs_used"], 2)
        self.assertEqual(rows[1]["tessera_ratio"], 2.5)
        self.assertTrue(rows[0]["only_quiet_runs"])

    def test_all_runs_count_for_all_where_one_subject_has_no_quiet_one(self):
        rows = self.rows([run(self.ours, 400), run(self.ours, 100, (80, 100)),
                          run(self.peer, 100, (80, 100))])
        self.assertEqual([row["runs_used"] for row in rows], [2, 1])
        self.assertFalse(rows[0]["only_quiet_runs"])

    def test_absent_subject_has_a_row_with_its_reason_and_no_figure(self):
        self.peer.absent = "not there"
        rows = self.rows([run(self.ours, 400)])
        self.assertEqual(rows[1]["absent"], "not there")
        self.assertNotIn("tessera_ratio", rows[1])

    def test_accuracy_that_was_not_reached_in_most_runs_has_no_ratio(self):
        rows = [{"key": "tessera", "median": 2.0}, {"key": "pytorch-best", "median": float("inf")}]
        figures.add_ratios(rows)
        self.assertNotIn("tessera_ratio", rows[1])


class Gates(unittest.TestCase):
    rows = [{"measure": "train-64", "key": "tessera"},
            {"measure": "train-64", "key": "pytorch-eager", "tessera_ratio": 5.0},
            {"measure": "train-64", "key": "pytorch-compile", "tessera_ratio": 3.4},
            {"measure": "latency-median", "key": "onnxruntime", "tessera_ratio": 0.5}]

    def test_fastest_mode_of_the_peer_decides(self):
        gates.enforce(arguments(at_least_training=3.4), self.rows)
        with self.assertRaisesRegex(Failure, "3.400 for train-64"):
            gates.enforce(arguments(at_least_training=3.5), self.rows)

    def test_latency_is_bounded_from_above(self):
        gates.enforce(arguments(at_most_latency=0.5), self.rows)
        with self.assertRaisesRegex(Failure, "latency"):
            gates.enforce(arguments(at_most_latency=0.4), self.rows)

    def test_gate_fails_without_a_figure(self):
        absent = [{"measure": "infer-64", "key": "onnxruntime", "absent": "not there"}]
        with self.assertRaisesRegex(Failure, "no figure to compare with for infer-64"):
            gates.enforce(arguments(at_least_inference=3), absent)
        with self.assertRaisesRegex(Failure, "needs --only infer"):
            gates.check_possible(arguments(at_least_inference=3), [SPEED])


class Running(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.runner = Runner(arguments(), pathlib.Path(folder.name))

    def report(self, code, **options):
        return self.runner.report([sys.executable, "-c", code], **options)

    def test_memory_is_the_childs_peak(self):
        found = self.report("a = bytearray(200_000_000); print('{}')")
        self.assertGreater(found["max_rss_bytes"], 200_000_000)

    def test_failures_are_told_by_their_reason(self):
        for code, expected in [
            ("raise ValueError('/a/b/c.py is bad')", "ValueError: c.py is bad"),
            ("print('text')", "printed no JSON: text"),
            ("import os; os.kill(os.getpid(), 9)", "ended by signal 9"),
            ("print('{\"seconds_to_first_batch\": 60}')", "but it ran for"),
        ]:
            with self.assertRaisesRegex(SubjectFailed, expected):
                self.report(code)

    def test_hung_program_is_ended(self):
        with self.assertRaisesRegex(SubjectFailed, "signal 9"):
            self.report("import time; time.sleep(60)", limit=0.2)

    def test_reason_is_the_error_and_not_the_advice_below_it(self):
        text = "trace\nlib.CompileError: no compiler\n\nSet VERBOSE=1 for more\n"
        self.assertEqual(reason(text), "lib.CompileError: no compiler")
        self.assertEqual(without_paths("at /usr/lib/x.so, and/or"), "at x.so, and/or")


class Yardsticks:
    """The given values, and then the last one for ever."""

    def __init__(self, *values):
        self.coming, self.values = list(values), []

    def measure(self):
        self.values.append(self.coming.pop(0) if len(self.coming) > 1 else self.coming[0])
        return self.values[-1]


class Modes(unittest.TestCase):
    def choose(self, who, yardsticks=None):
        messages = io.StringIO()
        with contextlib.redirect_stderr(messages):
            rounds.choose_modes([who], {CASE: set()}, None, yardsticks or Yardsticks(100))
        return messages.getvalue()

    def peer(self, speeds):
        who = subject("pytorch-compile", "pytorch", modes=[Mode(name) for name in speeds])

        def run(case, mode, runner, seconds):
            if speeds[mode.name] is None:
                raise SubjectFailed("no compiler")
            return report(speeds[mode.name])
        who.run = run
        return who

    def test_fastest_mode_that_works_is_chosen(self):
        who = self.peer({"slow": 1, "fast": 2, "broken": None})
        self.assertIn("broken doesn't work: no compiler", self.choose(who))
        self.assertEqual(who.chosen[CASE].name, "fast")

    def test_trial_in_a_busy_moment_is_repeated(self):
        who, speeds = self.peer({"best": None, "other": None}), iter([1, 5, 3, 4])
        who.run = lambda *_: report(next(speeds))
        self.choose(who, Yardsticks(100, 50, 100, 100, 100))
        # "best" was slow once, then seen again beside a low yardstick and once more alone.
        self.assertEqual(who.trials[0]["figure"], 6)
        self.assertEqual(who.chosen[CASE].name, "best")

    def test_subject_without_a_working_mode_is_absent(self):
        who = self.peer({"broken": None, "also": None})
        self.choose(who)
        self.assertEqual(who.why_absent(CASE), "no compiler")

    def test_odd_rounds_go_backwards(self):
        both = [subject("tessera", "tessera"), subject("pytorch-eager", "pytorch")]
        order = [who.key for _, _, who in rounds.schedule(
            both, {CASE: set()}, arguments(rounds=2, accuracy_rounds=3))]
        self.assertEqual(order, ["tessera", "pytorch-eager", "pytorch-eager", "tessera"])

    def test_unequal_work_is_refused(self):
        ours, peer = subject("tessera", "tessera"), subject("pytorch-eager", "pytorch")
        with self.assertRaisesRegex(Failure, "differ in parameters"):
            rounds.check_equal_work([run(ours, 1)], CASE, peer, report(1, parameters=2))
        with self.assertRaisesRegex(Failure, "on 1 threads, not on 2"):
            rounds.check_equal_work([], CASE, peer, report(1, threads=1))


if __name__ == "__main__":
    unittest.main()
