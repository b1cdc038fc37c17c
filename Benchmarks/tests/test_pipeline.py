"""The pipeline benchmark's own arithmetic and its handling of broken subjects: `make bench-test`."""

import argparse
import contextlib
import io
import os
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

from harness import figures, pipeline
from harness.running import Failure
from harness.subjects import Subject


def subject(key, family="dagster", code="print('{}')"):
    return Subject(key, key, family, 2, {pipeline.TASK: [sys.executable, "-c", code]}, {})


def run(who, seconds, yardsticks=(100, 100)):
    return {"case": pipeline.CASE, "subject": who, "round": 1, "yardsticks": list(yardsticks),
            "report": {"wall_seconds": seconds}}


class Rows(unittest.TestCase):
    def setUp(self):
        self.cached, self.peer = subject(pipeline.CACHED, "tessera"), subject("dagster-in-process")

    def rows(self, runs):
        figures.mark_quiet(runs)
        return pipeline.summarize([self.cached, self.peer], runs, argparse.Namespace(threads=2))

    def test_ratio_is_the_rows_median_to_the_cached_runs(self):
        cached, peer = self.rows([
            run(self.cached, 0.1), run(self.cached, 0.2), run(self.cached, 0.9), run(self.peer, 3),
            run(self.peer, 2), run(self.peer, 60, (100, 80))])
        self.assertEqual(cached["median"], 0.2)
        self.assertNotIn("times_cached_run", cached)
        self.assertEqual((peer["median"], peer["lowest"], peer["highest"]), (2.5, 2, 3))
        self.assertEqual(peer["times_cached_run"], 12.5)

    def test_absent_peer_has_a_row_with_its_reason(self):
        self.peer.absent = "not there"
        rows = self.rows([run(self.cached, 0.1)])
        self.assertEqual(rows[1]["absent"], "not there")
        self.assertEqual(pipeline.line(rows[1], ""), "  dagster-in-process: absent (not there)")

    def test_repeated_run_as_slow_as_the_first_was_not_cached(self):
        rows = self.rows([run(self.cached, 0.6), run(self.peer, 2)])
        self.assertEqual(pipeline.warnings(rows, {pipeline.CACHED: 1.3}), [])
        self.assertRegex(pipeline.warnings(rows, {pipeline.CACHED: 1.1})[0], "nothing was cached")

    def test_busy_machine_is_told(self):
        rows = self.rows([run(self.cached, 0.1), run(self.peer, 2, (100, 80))])
        self.assertRegex(pipeline.warnings(rows, {pipeline.CACHED: 1})[0], "The machine was busy")
        self.assertRegex(pipeline.line(rows[1], "{} {} {} {} {}"), r"2\.000–2\.000 1\* 20\.0 ×")


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.runner = pipeline.PlainRunner(argparse.Namespace(rounds=2), self.folder)

    def quietly(self, function, *arguments):
        with contextlib.redirect_stderr(io.StringIO()):
            return function(*arguments)

    def test_odd_rounds_go_backwards(self):
        self.assertEqual(list(pipeline.schedule(["a", "b"], 3)),
                         [(0, "a"), (0, "b"), (1, "b"), (1, "a"), (2, "a"), (2, "b")])

    def test_only_tessera_ends_the_measurement_when_it_fails(self):
        code = "raise SystemExit('Error: no data')"
        peer = subject("dagster", code=code)
        self.assertEqual(self.quietly(pipeline.run_uncounted, [peer], self.runner), {})
        self.assertEqual(peer.absent, "Error: no data")
        with self.assertRaisesRegex(Failure, "tessera ended with 1: Error: no data"):
            pipeline.run_uncounted([subject("tessera", "tessera", code)], self.runner)

    def test_peer_that_fails_in_a_round_is_not_run_again(self):
        ours, peer = subject("tessera", "tessera"), subject("dagster", code="raise ValueError()")
        yardsticks = mock.Mock(measure=lambda: 100)
        runs = self.quietly(pipeline.measure, [ours, peer], self.runner, yardsticks)
        self.assertEqual([run["subject"].key for run in runs], ["tessera", "tessera"])
        self.assertEqual(peer.absent, "ValueError")

    def test_peer_cannot_have_taken_longer_than_it_lived(self):
        peer = subject("dagster", code="print('{\"seconds_to_end\": 60}')")
        self.quietly(pipeline.run_uncounted, [peer], self.runner)
        self.assertRegex(peer.absent, "but it ran for")

    def test_callers_own_settings_are_not_passed_on(self):
        with mock.patch.dict(os.environ, {
                "TESSERA_EPOCHS": "9", "DAGSTER_HOME": "elsewhere", "KEPT": "yes"}):
            environment = self.runner.environment(False)
        self.assertNotIn("TESSERA_EPOCHS", environment)
        self.assertNotIn("DAGSTER_HOME", environment)
        self.assertEqual(environment["KEPT"], "yes")
        self.assertEqual(pathlib.Path(environment["TESSERA_CONFIG"]).read_text(), "")

    def test_sample_has_the_names_of_mnists_training_set(self):
        folder = pipeline.copy_sample(self.folder / "sample")
        self.assertEqual(sorted(path.name for path in folder.iterdir()),
                         ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"])


if __name__ == "__main__":
    unittest.main()
