"""The networks benchmark's own arithmetic and its handling of broken subjects: `make bench-test`."""

import argparse
import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

from harness import figures, networks, networks_accuracy, rounds
from harness.running import Failure, Runner
from harness.subjects import Mode, Subject

MLP, RESNET = networks.Case("mlp", "train", 64), networks.Case("resnet20", "train", 64)
CASES = dict.fromkeys([MLP, RESNET], set())


def arguments(**values):
    return argparse.Namespace(**{
        "networks": ["mlp", "resnet20"], "tasks": ["train"], "batches": [64], "threads": 2,
        "rounds": 2, "accuracy_rounds": 0, "seconds": 1, "at_least": None, "seeds": 2, "epochs": 3,
        "data_dir": "set", "yardstick": "ours", "python": "python", **values})


def report(median, parameters=1):
    return {"images_per_second": {"median": median, "best": median}, "parameters": parameters,
            "data": "random", "threads": 2}


def printing(value):
    return [sys.executable, "-c", f"print({json.dumps(json.dumps(value))})"]


def quietly(function, *given):
    with contextlib.redirect_stderr(io.StringIO()):
        return function(*given)


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.runner = Runner(arguments(), pathlib.Path(folder.name))
        self.yardsticks = mock.Mock(measure=lambda: 100, values=[100])

    def subject(self, key, reports, modes=(Mode(),)):
        return networks.NetworkSubject(
            key, key, key, 2, {task: printing(value) for task, value in reports.items()},
            dict.fromkeys(reports, list(modes)))

    def measure(self, *subjects):
        quietly(rounds.choose_modes, subjects, CASES, self.runner, self.yardsticks)
        return quietly(rounds.measure, subjects, CASES, self.runner, self.yardsticks)

    def test_sides_take_turns_and_odd_rounds_go_backwards(self):
        reports = {MLP.task: report(2), RESNET.task: report(1, parameters=7)}
        runs = self.measure(self.subject("tessera", reports), self.subject("pytorch", reports))
        self.assertEqual(
            [(run["case"], run["subject"].key) for run in runs[:4]],
            [(MLP, "tessera"), (MLP, "pytorch"), (RESNET, "tessera"), (RESNET, "pytorch")])
        self.assertEqual(
            [run["subject"].key for run in runs[4:]], ["pytorch", "tessera"] * 2)

    def test_networks_of_different_parameters_are_not_compared(self):
        ours = self.subject("tessera", {MLP.task: report(2, parameters=8)})
        peer = self.subject("pytorch", {MLP.task: report(1, parameters=9)})
        with self.assertRaisesRegex(Failure, "differ in parameters: 8 and 9"):
            self.measure(ours, peer)

    def test_report_without_what_is_read_from_it_makes_a_peer_absent(self):
        ours = self.subject("tessera", {MLP.task: report(2)})
        peer = self.subject("pytorch", {MLP.task: {"threads": 2}})
        self.assertEqual(len(self.measure(ours, peer)), 2)
        self.assertRegex(peer.failed[MLP], "its report has no parameters, data")

    def test_mode_that_does_not_work_is_told_once_and_another_is_taken(self):
        code = ("import sys; sys.exit('Error: no compiler') if '--bad' in sys.argv "
                f"else print({json.dumps(json.dumps(report(1)))})")
        commands = dict.fromkeys([MLP.task, RESNET.task], [sys.executable, "-c", code])
        modes = [Mode("eager"), Mode("compile", ("--bad",))]
        peer = networks.NetworkSubject(
            "pytorch", "PyTorch", "pytorch", 2, commands, dict.fromkeys(commands, modes))
        quietly(rounds.choose_modes, [peer], CASES, self.runner, self.yardsticks)
        self.assertEqual(peer.chosen[RESNET].name, "eager")
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            networks.print_modes([peer])
        self.assertEqual(output.getvalue().strip(),
                         "absent: PyTorch compile (Error: no compiler)")


class CompileCache(unittest.TestCase):
    def directory(self, kept):
        runner = networks.CachingRunner(arguments(compile_cache=kept), pathlib.Path("/own"))
        return runner.environment(False)["TORCHINDUCTOR_CACHE_DIR"]

    def test_what_was_compiled_is_kept_where_a_folder_is_given(self):
        self.assertEqual(self.directory(None), "/own/inductor")
        self.assertEqual(self.directory(pathlib.Path("/kept")), "/kept")


class Rows(unittest.TestCase):
    def rows(self, peer_median):
        subjects = [networks.NetworkSubject(key, key, key, 2, {MLP.task: []}, {})
                    for key in ("tessera", "pytorch")]
        runs = [{"case": MLP, "subject": subject, "yardsticks": [100, 100],
                 "report": report(median)}
                for subject, median in zip(subjects, (300, peer_median))]
        figures.mark_quiet(runs)
        return figures.summarize(networks.measures([MLP]), subjects, runs, arguments())

    def test_every_network_and_task_is_a_measure(self):
        found = networks.cases(arguments(tasks=["train", "infer"], batches=[1, 64]))
        self.assertEqual(len(networks.measures(found)), 8)
        self.assertEqual(networks.measures([RESNET])[0].title,
                         "ResNet-20, 32×32×3: training, batch 64")

    def test_every_case_has_commands_on_both_sides(self):
        with mock.patch.object(networks, "find_versions"):
            for subject in networks.make_subjects(arguments(), None, CASES):
                self.assertTrue(subject.does(MLP) and subject.does(RESNET))
                self.assertEqual(subject.commands[RESNET.task][-4:],
                                 ["--name", "resnet20", "--mode", "train"])

    def test_gate_is_the_ratio_to_pytorch(self):
        rows = self.rows(200)
        self.assertEqual(rows[1]["tessera_ratio"], 1.5)
        networks.enforce(arguments(at_least=1.5), rows)
        with self.assertRaisesRegex(Failure, "--at-least 1.6: 1.500 for mlp-train-64"):
            networks.enforce(arguments(at_least=1.6), rows)

    def test_gate_fails_without_a_figure(self):
        rows = [{"key": "pytorch", "measure": "mlp-train-64", "absent": "not there"}]
        with self.assertRaisesRegex(Failure, "no figure to compare with for mlp-train-64"):
            networks.enforce(arguments(at_least=1), rows)
        networks.enforce(arguments(), rows)


class Accuracies(unittest.TestCase):
    whole = {"parameters": 1, "epochs": 3, "batch": 64, "train_images": 10, "test_images": 4,
             "seconds": 2.0, "accuracy": 0.5, "machine": {"cpu": "a"}}

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.runner = Runner(arguments(), pathlib.Path(folder.name))

    def subject(self, key, command):
        return Subject(key, key, key, 2, {networks_accuracy.TASK: command}, {})

    def measure(self, ours, peer):
        subjects = [self.subject("tessera", ours), self.subject("pytorch", peer)]
        return subjects, quietly(networks_accuracy.measure, subjects, self.runner)

    def test_sides_have_the_same_seeds_and_take_turns(self):
        _, runs = self.measure(printing(self.whole), printing(self.whole))
        self.assertEqual([(run["subject"].key, run["seed"]) for run in runs],
                         [("tessera", 42), ("pytorch", 42), ("pytorch", 43), ("tessera", 43)])

    def test_rows_have_mean_and_range(self):
        subjects, runs = self.measure(printing(self.whole), printing(self.whole))
        for run, accuracy in zip((r for r in runs if r["subject"] is subjects[0]), (0.5, 0.75)):
            run["report"]["accuracy"] = accuracy
        row = networks_accuracy.summarize(subjects, runs)[0]
        self.assertEqual((row["mean"], row["lowest"], row["highest"]), (0.625, 0.5, 0.75))
        self.assertRegex(networks_accuracy.line(row, 7),
                         r"tessera  mean 62\.50%  from 50\.00% to 75\.00%  2 trainings of 2\.0 s")

    def test_peer_that_fails_is_absent_and_not_run_again(self):
        failing = [sys.executable, "-c", "raise ValueError()"]
        with mock.patch.object(
                networks_accuracy, "run", side_effect=networks_accuracy.run) as started:
            subjects, runs = self.measure(printing(self.whole), failing)
        self.assertEqual(started.call_count, 3)
        self.assertEqual([run["subject"].key for run in runs], ["tessera", "tessera"])
        row = networks_accuracy.summarize(subjects, runs)[1]
        self.assertEqual(networks_accuracy.line(row, 0), "pytorch: absent (ValueError)")
        with self.assertRaisesRegex(Failure, "Tessera failed: ValueError"):
            self.measure(failing, failing)

    def test_trainings_of_different_length_are_not_compared(self):
        with self.assertRaisesRegex(Failure, "differ in epochs: 3 and 4"):
            self.measure(printing(self.whole), printing({**self.whole, "epochs": 4}))


if __name__ == "__main__":
    unittest.main()
