"""What every peer shares: the data, timing in blocks, and the JSON object that Tessera prints too.

Needs NumPy and nothing else, so that each peer's start-up time is its library's own.
"""

import argparse
import concurrent.futures
import gzip
import json
import pathlib
import platform
import resource
import statistics
import time

import numpy

from process_time import process_seconds

MEAN, STANDARD_DEVIATION = 0.1307, 0.3081
RANDOM_IMAGES = 10_000


class PeerError(Exception):
    """Ends a peer; the text says what was wrong and what to do."""


def parser(description, seconds):
    """The flags that Tessera's `bench` commands and all peers understand."""
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    parser.add_argument("--batch", type=int, default=64, help="images in a step")
    parser.add_argument("--threads", type=int, default=2, help="the library's compute threads")
    parser.add_argument("--seconds", type=float, default=seconds,
                        help="time to measure, after the warm-up")
    parser.add_argument("--data-dir", type=pathlib.Path, help="MNIST's IDX files; random if absent")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--json", action="store_true",
                        help="accepted for likeness with Tessera's commands; JSON is always printed")
    return parser


# Data


def read_idx(folder, name):
    """The bytes of an IDX file, plain or gzip, as an array of its dimensions."""
    for path, opened in [(folder / name, open), (folder / f"{name}.gz", gzip.open)]:
        if path.exists():
            with opened(path, "rb") as file:
                data = file.read()
            shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
            values = numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * len(shape))
            return values.reshape(shape).copy()
    raise PeerError(f"{name}: not in --data-dir, plain or .gz; give a folder with MNIST's IDX files")


def load_bytes(arguments, part="train"):
    """Images `[N, 28, 28]` and labels `[N]` as bytes; `part` is IDX's `train` or `t10k`."""
    if arguments.data_dir is not None:
        images = read_idx(arguments.data_dir, f"{part}-images-idx3-ubyte")
        labels = read_idx(arguments.data_dir, f"{part}-labels-idx1-ubyte")
    else:
        random = numpy.random.default_rng(arguments.seed)
        images = random.integers(0, 256, (RANDOM_IMAGES, 28, 28), numpy.uint8)
        labels = random.integers(0, 10, RANDOM_IMAGES, numpy.uint8)
    if arguments.batch > len(images):
        raise PeerError(f"--batch {arguments.batch}: there are only {len(images)} images")
    return images, labels


def normalized(images):
    """`[N, 1, 28, 28]` in float32, contiguous."""
    values = (images.astype(numpy.float32) / 255 - MEAN) / STANDARD_DEVIATION
    return numpy.ascontiguousarray(values[:, None], numpy.float32)


def evaluation_batches(arguments):
    """The test images, normalised, cut into whole batches: what inference is measured on."""
    images, _ = load_bytes(arguments, "t10k")
    values = normalized(images)
    count = len(values) // arguments.batch
    return [values[i * arguments.batch : (i + 1) * arguments.batch] for i in range(count)]


# Timing


def time_steps(step, steps):
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return time.perf_counter() - start


def steps_for_half_a_second(step, warm_up_seconds):
    """Warms up, for at least ten steps and these seconds, and sizes a block by the fastest step."""
    times, end = [], time.perf_counter() + warm_up_seconds
    while len(times) < 10 or time.perf_counter() < end:
        times.append(time_steps(step, 1))
    return max(1, round(0.5 / min(times)))


def sample_training(step, arguments):
    """Steps a second of each block after the warm-up, the steps in a block, and the seconds from
    the process's start to the end of its first step."""
    step()
    first = process_seconds()
    steps = steps_for_half_a_second(step, 2)
    samples, end = [], time.perf_counter() + arguments.seconds
    while not samples or time.perf_counter() < end:
        samples.append(steps / time_steps(step, steps))
    return samples, steps, first


def sample_inference(runners, batches, arguments):
    """Batches a second of each block, batches in a block, each call's seconds, and the seconds from
    the process's start to the first answer.

    `runners` are callables that score one batch; several of them run at the same time, each in a
    thread of its own, and share the blocks' work."""
    runners[0](batches[0])
    first = process_seconds()
    position = 0

    def step():
        nonlocal position
        position = (position + 1) % len(batches)
        runners[0](batches[position])

    per_runner = steps_for_half_a_second(step, 1)
    latencies, samples = [], []
    with concurrent.futures.ThreadPoolExecutor(len(runners)) as threads:
        for runner in runners:
            runner(batches[0])
        end = time.perf_counter() + arguments.seconds
        while not samples or time.perf_counter() < end:
            start = time.perf_counter()
            for times in threads.map(lambda r: time_calls(r, batches, per_runner), runners):
                latencies += times
            samples.append(per_runner * len(runners) / (time.perf_counter() - start))
    return samples, per_runner * len(runners), latencies, first


def time_calls(runner, batches, count):
    """Seconds of each call."""
    times, before = [], time.perf_counter()
    for number in range(count):
        runner(batches[number % len(batches)])
        after = time.perf_counter()
        times.append(after - before)
        before = after
    return times


# Telling


def percentile_99(values):
    return sorted(values)[min(len(values) - 1, int(0.99 * len(values)))]


def print_report(subject, arguments, samples, steps, first, parameters, latencies=None, **details):
    """One JSON object of the shape that `tessera bench train|infer --json` prints."""
    speeds = [sample * arguments.batch for sample in samples]
    # A step that isn't timed alone takes at least its share of a block.
    latencies = latencies or [1 / sample for sample in samples]
    print(json.dumps({
        "subject": subject,
        "images_per_second": {
            "median": round(statistics.median(speeds), 1), "best": round(max(speeds), 1),
            "samples": [round(speed, 1) for speed in speeds],
        },
        "latency_ms": {
            "median": round(1000 * statistics.median(latencies), 4),
            "p99": round(1000 * percentile_99(latencies), 4),
        },
        "batch": arguments.batch, "threads": arguments.threads, "steps_per_sample": steps,
        "seconds_to_first_batch": round(first, 3),
        "peak_memory_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "parameters": parameters, "data": "mnist" if arguments.data_dir else "random",
        "python": platform.python_version(), **details,
    }))


def run(main):
    """Calls `main`, and ends with its message where a PeerError stops it."""
    try:
        main()
    except PeerError as error:
        raise SystemExit(str(error))
