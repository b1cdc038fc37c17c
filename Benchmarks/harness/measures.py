"""What is measured: cases are what a run does, measures are the figures read from the runs."""

import dataclasses
import json
from typing import Callable, Optional

from .running import Failure


@dataclasses.dataclass(frozen=True)
class Case:
    """One piece of work, for which every subject has runs of its own."""
    task: str  # train, infer, latency or accuracy
    batch: Optional[int] = None
    target: Optional[float] = None
    # The runs of one network are of equal work.
    network = "digitcnn"

    def __str__(self):
        if self.task == "accuracy":
            return f"accuracy {100 * self.target:.1f} %"
        return f"{self.task}, batch {self.batch}"


@dataclasses.dataclass(frozen=True)
class Measure:
    """One block of the table."""
    key: str
    title: str
    unit: str
    case: Case
    # From a run's report: its figure, and its best sample.
    value: Callable
    best: Callable
    higher_is_better: bool = False
    digits: int = 0
    # Whether runs on a busy machine are left out.
    depends_on_load: bool = True
    # Keys of the subjects that aren't asked, with those for which the figure would mislead.
    excluded: tuple = ()

    def better(self, values):
        return max(values) if self.higher_is_better else min(values)


def speed(key, title, case):
    return Measure(
        key, title, "images/s", case, lambda r: r["images_per_second"]["median"],
        lambda r: r["images_per_second"]["best"], higher_is_better=True)


def simple(key, title, unit, case, value, **options):
    return Measure(key, title, unit, case, value, value, **options)


def training(arguments):
    return [speed(f"train-{batch}", f"training, batch {batch}", Case("train", batch))
            for batch in arguments.train_batches]


def inference(arguments):
    found = [speed(f"infer-{batch}", f"inference, batch {batch}", Case("infer", batch))
             for batch in arguments.infer_batches]
    if 1 in arguments.infer_batches:
        case = Case("latency", 1)
        found += [
            simple("latency-median", "latency of one image, median", "ms", case,
                   lambda r: r["latency_ms"]["median"], digits=3),
            simple("latency-p99", "latency of one image, 99th percentile", "ms", case,
                   lambda r: r["latency_ms"]["p99"], digits=3),
        ]
    return found


def memory(arguments):
    return [simple(f"memory-{batch}", f"peak memory of training, batch {batch}", "MB",
                   Case("train", batch), lambda r: r["max_rss_bytes"] / 1e6,
                   depends_on_load=False, excluded=("tessera-1-thread",))
            for batch in arguments.train_batches]


def start(arguments):
    batch = arguments.train_batches[0]
    # What torch.compile made is kept between the runs, so that its start would look short.
    return [simple("start", f"process start to the first trained batch of {batch}", "s",
                   Case("train", batch), lambda r: r["seconds_to_first_batch"], digits=2,
                   excluded=("tessera-1-thread", "pytorch-compile"))]


def accuracy(arguments):
    def seconds(report):
        return report["seconds_to_target"] if report["reached"] else float("inf")
    return [simple(f"accuracy-{target}", f"process start to {100 * target:.1f} % test accuracy", "s",
                   Case("accuracy", target=target), seconds, digits=1)
            for target in (recipe["target"] for recipe in read_recipes(arguments))]


def read_recipes(arguments):
    try:
        return json.loads(arguments.recipes.read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise Failure(f"--recipes {arguments.recipes.name}: {error}")


SECTIONS = {"train": training, "infer": inference, "memory": memory, "start": start,
            "accuracy": accuracy}


def wanted(arguments):
    return [measure for section in SECTIONS if section in arguments.only
            for measure in SECTIONS[section](arguments)]


def cases(measures):
    """Each case once, with the keys of the subjects that none of its measures asks."""
    found = {}
    for measure in measures:
        excluded = set(measure.excluded)
        found[measure.case] = found.get(measure.case, excluded) & excluded
    return found
