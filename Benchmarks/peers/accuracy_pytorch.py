"""Seconds from the process's start until PyTorch's network reaches a test accuracy, as one JSON
object.

    accuracy_pytorch.py --target 0.99 --data-dir DIR --threads 2 --batch 64 --epochs 1
                        --learning-rate 0.005 --schedule one_cycle --augmentation false
                        --evaluate-every 100 [--evaluate-from 500] [--mode channels_last]

All 60,000 training images are trained on and the accuracy is that of the 10,000 test images, so both
sides choose when to look but never what to keep. The data is in memory as tensors. Loading it,
importing PyTorch, compiling and evaluating are part of the time. Training ends at the target, or with
the last epoch.
"""

import copy
import json
import math
import resource

import common
import torch
import torch.nn.functional as F
import torch_network
from augment import Augmentation

EVALUATION_BATCH = 500


def parse_arguments():
    def boolean(text):
        return {"true": True, "false": False}[text]

    parser = common.parser(__doc__, seconds=0)
    parser.add_argument("--target", type=float, default=0.99, help="test accuracy to reach (0.99)")
    parser.add_argument("--epochs", type=float, default=1, help="may be a part of one (1)")
    parser.add_argument("--learning-rate", type=float, default=0.005, help="the highest (0.005)")
    parser.add_argument("--schedule", choices=["one_cycle", "constant"], default="one_cycle")
    parser.add_argument("--pct-start", type=float, default=0.3, help="one cycle's rising part (0.3)")
    parser.add_argument("--optimizer", choices=["adam", "adamw", "sgd"], default="adam")
    parser.add_argument("--momentum", type=float, default=0.9, help="of sgd, with Nesterov (0.9)")
    parser.add_argument("--weight-decay", type=float, default=1e-5)
    parser.add_argument("--label-smoothing", type=float, default=0)
    parser.add_argument("--ema-decay", type=float, help="evaluate averaged weights; off if absent")
    parser.add_argument("--augmentation", type=boolean, default=False, metavar="true|false")
    parser.add_argument("--rotation-degrees", type=float, default=10)
    parser.add_argument("--translation-fraction", type=float, default=0.08)
    parser.add_argument("--scale-min", type=float, default=0.9)
    parser.add_argument("--scale-max", type=float, default=1.1)
    parser.add_argument("--evaluate-every", type=int, default=100, metavar="STEPS")
    parser.add_argument("--evaluate-from", type=int, default=0, metavar="STEP",
                        help="no evaluation before this step (0)")
    parser.add_argument("--mode", choices=["eager", "channels_last", "compile"],
                        default="channels_last", help="compile is with channels_last")
    return parser.parse_args()


class Data:
    """The images as float tensors in [0, 1], in memory."""

    def __init__(self, arguments, part):
        images, labels = common.load_bytes(arguments, part)
        self.images = torch.from_numpy(images)[:, None].float().div_(255)
        self.labels = torch.from_numpy(labels).long()


def normalize(images):
    return images.sub_(common.MEAN).div_(common.STANDARD_DEVIATION)


class Training:
    def __init__(self, arguments):
        self.arguments = arguments
        arguments.channels_last = arguments.mode != "eager"
        self.format = torch_network.memory_format(arguments)
        self.model = torch_network.make_network(arguments).train()
        self.averaged = copy.deepcopy(self.model) if arguments.ema_decay else None
        self.train, self.test = Data(arguments, "train"), Data(arguments, "t10k")
        normalize(self.test.images)
        self.steps_an_epoch = len(self.train.images) // arguments.batch
        self.steps = max(1, math.ceil(arguments.epochs * self.steps_an_epoch))
        self.optimizer = self.make_optimizer()
        self.schedule = self.make_schedule()
        self.augment = self.make_augmentation()
        self.loss = torch.compile(self.forward) if arguments.mode == "compile" else self.forward
        self.history = []

    # Making the parts

    def make_optimizer(self):
        a = self.arguments
        options = dict(lr=a.learning_rate, weight_decay=a.weight_decay, fused=True)
        if a.optimizer == "sgd":
            return torch.optim.SGD(
                self.model.parameters(), momentum=a.momentum, nesterov=True, **options)
        kind = torch.optim.Adam if a.optimizer == "adam" else torch.optim.AdamW
        return kind(self.model.parameters(), **options)

    def make_schedule(self):
        a = self.arguments
        if a.schedule == "constant":
            return None
        return torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, a.learning_rate, total_steps=self.steps + 1, pct_start=a.pct_start)

    def make_augmentation(self):
        a = self.arguments
        if not a.augmentation:
            return None
        return Augmentation(a.rotation_degrees, a.translation_fraction, a.scale_min, a.scale_max)

    # Training

    def forward(self, inputs, labels):
        return F.cross_entropy(
            self.model(inputs), labels, label_smoothing=self.arguments.label_smoothing)

    def batches(self):
        """As many whole shuffled batches as there are steps."""
        for step in range(self.steps):
            position = step % self.steps_an_epoch
            if position == 0:
                order = torch.randperm(len(self.train.images))
            indices = order[position * self.arguments.batch :][: self.arguments.batch]
            images = self.train.images[indices]
            images = normalize(self.augment(images) if self.augment else images)
            yield images.contiguous(memory_format=self.format), self.train.labels[indices]

    def update(self, images, labels):
        self.optimizer.zero_grad()
        self.loss(images, labels).backward()
        self.optimizer.step()
        if self.schedule:
            self.schedule.step()
        if self.averaged:
            self.average()

    @torch.no_grad()
    def average(self):
        """Moves the averaged parameters towards the trained ones; buffers are copied."""
        torch._foreach_lerp_(list(self.averaged.parameters()), list(self.model.parameters()),
                             1 - self.arguments.ema_decay)
        for mean, value in zip(self.averaged.buffers(), self.model.buffers()):
            mean.copy_(value)

    # Evaluation

    def accuracy(self):
        model = (self.averaged or self.model).eval()
        right = 0
        with torch.inference_mode():
            for start in range(0, len(self.test.images), EVALUATION_BATCH):
                images = self.test.images[start : start + EVALUATION_BATCH]
                predicted = model(images.contiguous(memory_format=self.format)).argmax(1)
                right += int((predicted == self.test.labels[start : start + EVALUATION_BATCH]).sum())
        self.model.train()
        return right / len(self.test.images)

    def is_due(self, step):
        a = self.arguments
        return step == self.steps or (step >= a.evaluate_from and step % a.evaluate_every == 0)

    def run(self):
        """True if the target was reached; fills the history."""
        for step, (images, labels) in enumerate(self.batches(), 1):
            self.update(images, labels)
            if self.is_due(step):
                accuracy = self.accuracy()
                self.history.append({
                    "step": step, "seconds": round(common.process_seconds(), 3),
                    "accuracy": accuracy})
                if accuracy >= self.arguments.target:
                    return True
        return False


def main():
    arguments = parse_arguments()
    if arguments.data_dir is None:
        raise common.PeerError("--data-dir: give a folder with MNIST's IDX files; random images "
                               "have no accuracy to reach")
    training = Training(arguments)
    reached = training.run()
    last = training.history[-1]
    print(json.dumps({
        "subject": "accuracy_pytorch", "reached": reached,
        "seconds_to_target": last["seconds"] if reached else None,
        "accuracy": last["accuracy"], "steps": last["step"], "history": training.history,
        "target": arguments.target, "batch": arguments.batch, "threads": arguments.threads,
        "seed": arguments.seed, "mode": arguments.mode, "data": "mnist",
        "parameters": torch_network.parameter_count(training.model),
        "peak_memory_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "torch": torch.__version__,
    }))


if __name__ == "__main__":
    common.run(main)
