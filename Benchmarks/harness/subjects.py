"""Who is measured: each subject's commands, and the modes of which its best is taken."""

import dataclasses
from typing import Optional

from . import measures
from .options import HERE
from .running import ACCURACY_TIME_LIMIT_SECONDS, SubjectFailed, TIME_LIMIT_SECONDS, reason

PEERS = HERE / "peers"
CHANNELS_LAST = ("channels_last", ("--channels-last",))
COMPILE = ("compile", ("--compile",))
COMPILE_CHANNELS_LAST = ("compile, channels_last", ("--compile", "--channels-last"))


@dataclasses.dataclass(frozen=True)
class Mode:
    name: str = ""
    flags: tuple = ()


@dataclasses.dataclass
class Subject:
    key: str
    name: str
    family: str
    threads: int
    # By task: the command without the flags that all understand, and the modes to choose from.
    commands: dict
    modes: dict
    # What all its modes have in common, where a family has several subjects.
    kind: str = ""
    version: Optional[str] = None
    absent: Optional[str] = None
    # By case: the mode that was chosen, the reason why none works, and what was tried.
    chosen: dict = dataclasses.field(default_factory=dict)
    failed: dict = dataclasses.field(default_factory=dict)
    trials: list = dataclasses.field(default_factory=list)

    def does(self, case):
        return case.task in self.commands

    def why_absent(self, case):
        return self.absent or self.failed.get(case)

    def label(self, case):
        """Name, version and mode."""
        mode = self.chosen[case].name if case in self.chosen else self.kind
        return " ".join(part for part in (self.name, self.version, mode) if part)

    def run(self, case, mode, runner, seconds, seed=0):
        arguments = runner.arguments
        command = [*self.commands[case.task], *mode.flags, "--threads", self.threads, "--json"]
        if arguments.data_dir:
            command += ["--data-dir", arguments.data_dir]
        if case.task == "accuracy":
            command += ["--target", case.target, "--seed", seed]
            command += recipe_flags(arguments, case.target, self.family)
            return whole(case.task, runner.report(
                command, fresh_cache=True, limit=ACCURACY_TIME_LIMIT_SECONDS))
        return whole(case.task, runner.report([*command, "--batch", case.batch], seconds))


COMMON_KEYS = ("threads", "parameters", "data")
SCORING_KEYS = (*COMMON_KEYS, "images_per_second", "latency_ms")
KEYS = {
    "train": (*COMMON_KEYS, "images_per_second", "seconds_to_first_batch"),
    "infer": SCORING_KEYS, "latency": SCORING_KEYS,
    "accuracy": (*COMMON_KEYS, "reached", "seconds_to_target", "accuracy"),
}


def whole(task, report):
    """The report, if it has all that is read from it."""
    missing = [key for key in KEYS[task] if key not in report]
    if missing:
        raise SubjectFailed(f"its report has no {', '.join(missing)}")
    return report


def recipe_flags(arguments, target, family):
    recipe = next(r for r in measures.read_recipes(arguments) if r["target"] == target)[family]
    return [word for key, value in recipe.items()
            for word in ([f"--{key}"] if value is True else [f"--{key}", value])]


def modes(*named):
    return [Mode(name, tuple(flags)) for name, flags in named]


# Each family


def tessera(arguments):
    def command(task):
        return [arguments.tessera, "bench", task]
    plain = [Mode()]
    work = {"train": command("train"), "infer": command("infer"), "latency": command("infer")}
    whole = {**work, "accuracy": command("accuracy")}
    found = [Subject("tessera", "Tessera", "tessera", arguments.threads, whole,
                     dict.fromkeys(whole, plain))]
    if arguments.threads > 1:
        found.append(Subject("tessera-1-thread", "Tessera, one thread", "tessera", 1, work,
                             dict.fromkeys(work, plain)))
    return found


def pytorch(arguments):
    def subject(key, tasks, kind=""):
        scripts = {"train": "train_pytorch.py", "infer": "infer_pytorch.py",
                   "latency": "infer_pytorch.py", "accuracy": "accuracy_pytorch.py"}
        return Subject(
            key, "PyTorch", "pytorch", arguments.threads,
            {task: [arguments.python, PEERS / scripts[task]] for task in tasks}, tasks, kind)
    scoring = modes(("eager", ()), CHANNELS_LAST, COMPILE, COMPILE_CHANNELS_LAST)
    return [
        subject("pytorch-eager", {"train": modes(("eager", ()))}, "eager"),
        subject("pytorch-channels-last", {"train": modes(CHANNELS_LAST)}, "channels_last"),
        subject("pytorch-compile", {"train": modes(COMPILE, COMPILE_CHANNELS_LAST)}, "compile"),
        # The mode to an accuracy is a part of the recipe.
        subject("pytorch-best", {"infer": scoring, "latency": scoring, "accuracy": [Mode()]}),
    ]


def tensorflow(arguments):
    command = [arguments.python_tensorflow, PEERS / "train_tensorflow.py"]
    return [Subject("tensorflow", "TensorFlow", "tensorflow", arguments.threads,
                    {"train": command}, {"train": modes(("graph", ()), ("XLA", ("--xla",)))})]


def of_onnx_model(key, name, arguments, model):
    """ONNX Runtime or OpenVINO: one batch at a time, or as many batches as threads."""
    command = [arguments.python, PEERS / f"infer_{key}.py", "--model", model]
    alone = ("", ())
    streams = (f"{arguments.threads} streams", ("--streams", str(arguments.threads)))
    several = modes(alone, streams) if arguments.threads > 1 else modes(alone)
    return Subject(key, name, key, arguments.threads, {"infer": command, "latency": command},
                   {"infer": several, "latency": modes(alone)})


def make(arguments, runner, cases):
    """The subjects asked for that have a part in the cases; absent ones say why."""
    model = runner.folder / "model.onnx"
    everyone = [
        *tessera(arguments), *pytorch(arguments), *tensorflow(arguments),
        of_onnx_model("onnxruntime", "ONNX Runtime", arguments, model),
        of_onnx_model("openvino", "OpenVINO", arguments, model),
    ]
    names = tuple(arguments.subjects or [""])
    found = [s for s in everyone if (s.key.startswith(names) or s.key == "tessera") and any(
        s.does(case) and s.key not in excluded for case, excluded in cases.items())]
    find_versions(found, arguments, runner)
    export_model(found, arguments, runner, model)
    return found


# What is installed


def find_versions(subjects, arguments, runner):
    """Imports each peer's library once; a library that fails to load is absent with its reason."""
    known = {}
    for subject in subjects:
        if subject.family == "tessera":
            continue
        if subject.family not in known:
            known[subject.family] = version(subject.family, arguments, runner)
        subject.version, subject.absent = known[subject.family]


def version(family, arguments, runner):
    python = arguments.python_tensorflow if family == "tensorflow" else arguments.python
    module = "torch" if family == "pytorch" else family
    code = f"import {module}; print({module}.__version__.split('-')[0])"
    try:
        output, messages, status, _, _ = runner.execute(
            [python, "-c", code], False, TIME_LIMIT_SECONDS)
    except SubjectFailed:
        return None, f"`Benchmarks/install-peers {family}` installs it"
    return (output.strip(), None) if status == 0 else (None, reason(messages))


def export_model(subjects, arguments, runner, model):
    """Writes the network as ONNX, where somebody scores it."""
    scoring = [s for s in subjects if s.key in ("onnxruntime", "openvino") and not s.absent]
    if not scoring:
        return
    command = [arguments.python, str(PEERS / "export_onnx.py"), "--output", str(model)]
    _, messages, status, _, _ = runner.execute(command, False, TIME_LIMIT_SECONDS)
    if status != 0:
        for subject in scoring:
            subject.absent = f"PyTorch, which exports the model, failed: {reason(messages)}"
