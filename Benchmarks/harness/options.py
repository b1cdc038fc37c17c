"""The flags of `Benchmarks/compare`."""

import argparse
import os
import pathlib

HERE = pathlib.Path(__file__).resolve().parents[1]
ROOT = HERE.parent
SECTIONS = ("train", "infer", "memory", "start", "accuracy")
SUBJECTS = ("tessera", "tessera-1-thread", "pytorch-eager", "pytorch-channels-last",
            "pytorch-compile", "pytorch-best", "tensorflow", "onnxruntime", "openvino")


def positive(kind):
    def parse(text):
        value = kind(text)
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} isn't above 0")
        return value
    parse.__name__ = kind.__name__
    return parse


def parse_arguments(description):
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    add_scope(parser)
    add_places(parser)
    add_gates(parser)
    arguments = parser.parse_args()
    settle(arguments, parser)
    return arguments


def add_scope(parser):
    parser.add_argument("--full", action="store_true",
                        help="five rounds of six seconds, and the time to accuracy")
    parser.add_argument("--time-to-accuracy", action="store_true",
                        help="also measure the time to test accuracies (minutes; needs MNIST)")
    parser.add_argument("--only", choices=SECTIONS, nargs="+", metavar="SECTION",
                        help=f"of {', '.join(SECTIONS)}; all but the last if absent")
    parser.add_argument("--subjects", nargs="+", metavar="NAME",
                        help="only these and Tessera, by the start of their names: "
                             + ", ".join(SUBJECTS))
    parser.add_argument("--rounds", type=positive(int), help="times around (3; 5 with --full)")
    parser.add_argument("--seconds", type=positive(float),
                        help="measured in each run, after its warm-up (3; 6 with --full)")
    parser.add_argument("--accuracy-rounds", type=positive(int), default=3,
                        help="runs to each accuracy, each with a seed of its own (3)")
    parser.add_argument("--train-batches", type=positive(int), nargs="+", default=[64, 256],
                        metavar="N", help="batch sizes of training (64 256)")
    parser.add_argument("--infer-batches", type=positive(int), nargs="+", default=[1, 64, 256],
                        metavar="N", help="batch sizes of inference (1 64 256)")
    parser.add_argument("--threads", type=positive(int), default=len(os.sched_getaffinity(0)),
                        help="threads of every subject (all cores)")


def add_places(parser):
    parser.add_argument("--data-dir", default=os.environ.get("TESSERA_DATA_DIR"),
                        help="folder with MNIST's IDX files (TESSERA_DATA_DIR, else random images)")
    parser.add_argument("--python", default=str(ROOT / ".venv-peers/bin/python"),
                        help="a Python that has the peers (.venv-peers/bin/python)")
    parser.add_argument("--python-tensorflow",
                        default=str(ROOT / ".venv-peers-tensorflow/bin/python"),
                        help="a Python that has TensorFlow (.venv-peers-tensorflow/bin/python)")
    parser.add_argument("--tessera", default=str(ROOT / ".build/release/tessera"),
                        help="the program (the one that make bench builds)")
    parser.add_argument("--yardstick", default=str(HERE / ".build/release/tessera-benchmarks"),
                        help="the program with the sgemm yardstick (the one that make bench builds)")
    parser.add_argument("--recipes", type=pathlib.Path, default=HERE / "recipes.json",
                        help="each side's recipe to each accuracy (Benchmarks/recipes.json)")
    parser.add_argument("--output", type=pathlib.Path, help="file for the figures")
    parser.add_argument("--no-record", action="store_true", help="print the table, write nothing")


def add_gates(parser):
    gates = parser.add_argument_group(
        "gates", "The command fails where Tessera's figure divided by the peer's misses the ratio.")
    for flag, help in [
        ("--at-least-training", "speed to the fastest PyTorch's, each batch size"),
        ("--at-least-inference", "speed to ONNX Runtime's, each batch size above 1"),
        ("--at-most-latency", "median latency at batch 1 to ONNX Runtime's"),
        ("--at-least-scaling", "speed on all threads to one thread's, each batch size above 1"),
        ("--at-most-memory", "peak memory of training to the leanest PyTorch's, each batch size"),
        ("--at-most-time-to-accuracy", "seconds to each accuracy to PyTorch's"),
    ]:
        gates.add_argument(flag, type=positive(float), metavar="RATIO", help=help)


def settle(arguments, parser):
    """Fills what depends on other flags, and refuses what can't be measured."""
    arguments.rounds = arguments.rounds or (5 if arguments.full else 3)
    if arguments.only is None:
        with_accuracy = arguments.full or arguments.time_to_accuracy
        arguments.only = SECTIONS if with_accuracy else SECTIONS[:-1]
    if arguments.seconds is None:
        # Memory and start are settled in a run's first steps.
        speed_counts = {"train", "infer"} & set(arguments.only)
        arguments.seconds = (6 if arguments.full else 3) if speed_counts else 0.5
    for name in arguments.subjects or []:
        if not any(subject.startswith(name) for subject in SUBJECTS):
            parser.error(f"--subjects {name}: there are {', '.join(SUBJECTS)}")
    if "accuracy" in arguments.only and not arguments.data_dir:
        parser.error("the time to accuracy needs MNIST: give --data-dir or TESSERA_DATA_DIR")
