"""Training throughput of eager PyTorch on the network that Tessera trains, as one JSON object.

The same work a step as Tessera's: gather a batch of byte images by shuffled indices, normalise,
zero_grad, forward, cross-entropy, backward, Adam (1e-3, weight decay 1e-5). Batch norm and dropout
are on, augmentation is off, the data is in memory.

    train_pytorch.py --batch 64 --threads 2 --seconds 20 [--channels-last] [--data-dir DIR]

Steps run in blocks; after the warm-up each block is a sample of images a second. The speed depends
on memory format, so run it with and without --channels-last and compare with the better one.
"""

import argparse
import gzip
import json
import pathlib
import platform
import statistics
import sys
import time

import torch
import torch.nn.functional as F

# The one definition of the network in PyTorch; the golden values come from it too.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests/Golden/generate"))
from network import DigitCNN  # noqa: E402

MEAN, STANDARD_DEVIATION = 0.1307, 0.3081
RANDOM_IMAGES = 10_000


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--batch", type=int, default=64, help="images in a step")
    parser.add_argument("--threads", type=int, default=2, help="PyTorch's intra-op threads")
    parser.add_argument("--seconds", type=float, default=20, help="time to measure, after warm-up")
    parser.add_argument("--steps", type=int, help="steps in a block (about half a second if absent)")
    parser.add_argument("--channels-last", action="store_true", help="NHWC instead of NCHW")
    parser.add_argument("--data-dir", type=pathlib.Path, help="MNIST's IDX files; random if absent")
    parser.add_argument("--seed", type=int, default=42)
    return parser.parse_args()


def read_idx(folder, name):
    """The bytes of an IDX file, plain or gzip, with its dimensions."""
    for path, opened in [(folder / name, open), (folder / f"{name}.gz", gzip.open)]:
        if path.exists():
            with opened(path, "rb") as file:
                data = file.read()
            shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
            values = torch.frombuffer(bytearray(data[4 + 4 * len(shape) :]), dtype=torch.uint8)
            return values.reshape(shape)
    raise SystemExit(f"{folder}: no {name}, plain or .gz; give a folder with MNIST's IDX files")


def load_data(arguments):
    if arguments.data_dir is not None:
        images = read_idx(arguments.data_dir, "train-images-idx3-ubyte")
        return images, read_idx(arguments.data_dir, "train-labels-idx1-ubyte").long()
    images = torch.randint(0, 256, (RANDOM_IMAGES, 28, 28), dtype=torch.uint8)
    return images, torch.randint(0, 10, (RANDOM_IMAGES,))


class Training:
    def __init__(self, arguments, images, labels):
        self.images, self.labels, self.batch = images, labels, arguments.batch
        self.format = torch.channels_last if arguments.channels_last else torch.contiguous_format
        self.model = DigitCNN().to(memory_format=self.format).train()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3, weight_decay=1e-5)
        self.order, self.position = torch.randperm(len(images)), 0

    def next_batch(self):
        if self.position + self.batch > len(self.order):
            self.order, self.position = torch.randperm(len(self.images)), 0
        indices = self.order[self.position : self.position + self.batch]
        self.position += self.batch
        inputs = self.images[indices].float()
        inputs.div_(255).sub_(MEAN).div_(STANDARD_DEVIATION)
        return inputs[:, None].contiguous(memory_format=self.format), self.labels[indices]

    def step(self):
        inputs, labels = self.next_batch()
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(inputs), labels)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def block(self, steps):
        """Seconds for that many steps, and the last loss."""
        start = time.perf_counter()
        for _ in range(steps):
            loss = self.step()
        return time.perf_counter() - start, float(loss)


def warm_up(training):
    """At least ten steps and two seconds; the seconds of the fastest step."""
    times, end = [], time.perf_counter() + 2
    while len(times) < 10 or time.perf_counter() < end:
        times.append(training.block(1)[0])
    return min(times)


def measure(training, arguments):
    """Images a second of each block after the warm-up."""
    fastest = warm_up(training)
    steps = arguments.steps or max(1, round(0.5 / fastest))
    samples = []
    end = time.perf_counter() + arguments.seconds
    while not samples or time.perf_counter() < end:
        seconds, loss = training.block(steps)
        samples.append(steps * training.batch / seconds)
    if loss != loss:
        raise SystemExit("the loss became NaN; the run measures nothing")
    return samples, steps, loss


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    images, labels = load_data(arguments)
    if arguments.batch > len(images):
        raise SystemExit(f"--batch {arguments.batch}: there are only {len(images)} images")
    training = Training(arguments, images, labels)
    samples, steps, loss = measure(training, arguments)
    print(json.dumps({
        "subject": "train_pytorch",
        "images_per_second": {
            "median": round(statistics.median(samples), 1), "best": round(max(samples), 1),
            "samples": [round(sample, 1) for sample in samples],
        },
        "torch": torch.__version__, "python": platform.python_version(),
        "mkldnn": torch.backends.mkldnn.is_available(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "batch": arguments.batch, "threads": torch.get_num_threads(),
        "channels_last": arguments.channels_last, "steps_per_sample": steps,
        "parameters": sum(p.numel() for p in training.model.parameters()),
        "data": "mnist" if arguments.data_dir else "random", "last_loss": loss,
    }))


if __name__ == "__main__":
    main()
