"""What test accuracy PyTorch's ResNet-20 has after some epochs on a set in CIFAR-10's binary form, as one
JSON object: the recipe of `tessera-benchmarks network-accuracy`.

    networks_accuracy_pytorch.py --data-dir DIR --epochs 10 --seed 42 --threads 2

SGD with momentum and one cycle, normalisation by channel, no augmentation; the last, smaller batch of an
epoch counts. The accuracy is that after the last epoch.
"""

import gzip
import json
import time

import common
import numpy
import torch
import torch.nn.functional as F
import torch_network
import torch_networks

RECORD = 1 + 3 * 32 * 32
EVALUATION_BATCH = 500


def parse_arguments():
    parser = common.parser(__doc__, seconds=0)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--learning-rate", type=float, default=0.1, help="the highest (0.1)")
    parser.add_argument("--weight-decay", type=float, default=5e-4)
    parser.set_defaults(channels_last=True, compile=False)
    arguments = parser.parse_args()
    if arguments.data_dir is None:
        raise common.PeerError("--data-dir: give a folder with train.bin and test.bin, plain or .gz")
    return arguments


def read(folder, part):
    """Byte images `[N, 3, 32, 32]` and labels `[N]`."""
    for path, opened in [(folder / f"{part}.bin", open), (folder / f"{part}.bin.gz", gzip.open)]:
        if path.exists():
            with opened(path, "rb") as file:
                values = numpy.frombuffer(file.read(), numpy.uint8)
            if not len(values) or len(values) % RECORD:
                raise common.PeerError(f"{path.name}: {len(values)} bytes are no whole records")
            records = torch.from_numpy(values.copy()).view(-1, RECORD)
            return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].long()
    raise common.PeerError(f"{part}.bin: not in --data-dir, plain or .gz")


class Training:
    def __init__(self, arguments):
        self.arguments = arguments
        (images, self.labels), (test, self.test_labels) = (
            read(arguments.data_dir, part) for part in ("train", "test"))
        pixels = images.double().div_(255)
        deviation, mean = torch.std_mean(pixels, (0, 2, 3), correction=0)
        self.images, self.test = (
            ((part.float() / 255 - mean.float()[:, None, None]) / deviation.float()[:, None, None])
            .contiguous(memory_format=torch.channels_last) for part in (images, test))
        self.model = torch_networks.make_network("resnet20", arguments).train()
        self.optimizer = torch.optim.SGD(
            self.model.parameters(), lr=arguments.learning_rate, momentum=0.9,
            weight_decay=arguments.weight_decay, fused=True)
        self.steps = arguments.epochs * -(-len(self.images) // arguments.batch)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, arguments.learning_rate, total_steps=self.steps)

    def epoch(self):
        order = torch.randperm(len(self.images))
        for start in range(0, len(order), self.arguments.batch):
            indices = order[start : start + self.arguments.batch]
            self.optimizer.zero_grad()
            F.cross_entropy(self.model(self.images[indices]), self.labels[indices]).backward()
            self.optimizer.step()
            self.schedule.step()

    def accuracy(self):
        self.model.eval()
        right = 0
        with torch.inference_mode():
            for start in range(0, len(self.test), EVALUATION_BATCH):
                part = slice(start, start + EVALUATION_BATCH)
                right += int((self.model(self.test[part]).argmax(1) == self.test_labels[part]).sum())
        self.model.train()
        return right / len(self.test)


def main():
    arguments = parse_arguments()
    training, history = Training(arguments), []
    start = time.perf_counter()
    for _ in range(arguments.epochs):
        training.epoch()
        history.append(training.accuracy())
    seconds = time.perf_counter() - start
    print(json.dumps({
        "subject": "networks_accuracy_pytorch", "network": "resnet20", "accuracy": history[-1],
        "history": history, "epochs": arguments.epochs, "batch": arguments.batch,
        "seed": arguments.seed, "threads": arguments.threads,
        "parameters": torch_network.parameter_count(training.model),
        "train_images": len(training.images), "test_images": len(training.test),
        "seconds": round(seconds, 3), "torch": torch.__version__,
    }))


if __name__ == "__main__":
    common.run(main)
