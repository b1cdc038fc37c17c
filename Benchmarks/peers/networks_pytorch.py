"""Training or inference of PyTorch on one of the networks that `tessera-benchmarks network` has, as one
JSON object.

    networks_pytorch.py --name resnet20 --mode train --batch 64 --threads 2 --seconds 5
                        [--channels-last] [--compile]

The same work a step as Tessera's. Training gathers a batch of byte images by shuffled indices,
normalises it, and does zero_grad, forward, cross-entropy, backward and Adam. Inference takes batches of
normalised float images that are in memory already, in the memory format asked for, and ends with the
logits; `--compile` also freezes the network and calls its kernels from C++. Images are random.
"""

import common
import torch
import torch.nn.functional as F
import torch_network
import torch_networks
from infer_pytorch import compiled

INPUTS = 1024


def parse_arguments():
    parser = common.parser(__doc__, seconds=20)
    parser.add_argument("--name", choices=sorted(torch_networks.NETWORKS), required=True)
    parser.add_argument("--mode", choices=["train", "infer"], required=True)
    parser.add_argument("--update", choices=["foreach", "fused"], default="fused",
                        help="the implementation of Adam (fused)")
    torch_network.add_mode_flags(parser)
    arguments = parser.parse_args()
    if not 1 <= arguments.batch <= common.RANDOM_IMAGES:
        raise common.PeerError(f"--batch {arguments.batch}: give 1 to {common.RANDOM_IMAGES}")
    return arguments


def normalized(images):
    return images.float().div_(255).sub_(0.5).div_(0.5)


class Training:
    def __init__(self, arguments):
        shape = torch_networks.NETWORKS[arguments.name][1]
        self.model = torch_networks.make_network(arguments.name, arguments).train()
        self.format = torch_network.memory_format(arguments)
        self.images = torch.randint(256, (common.RANDOM_IMAGES, *shape), dtype=torch.uint8)
        self.labels = torch.randint(10, (common.RANDOM_IMAGES,))
        self.optimizer = torch.optim.Adam(
            self.model.parameters(), lr=1e-3, weight_decay=1e-5, **{arguments.update: True})
        self.loss = torch.compile(self.forward) if arguments.compile else self.forward
        self.batch, self.order, self.position = arguments.batch, [], 0
        self.last_loss = None

    def forward(self, inputs, labels):
        return F.cross_entropy(self.model(inputs), labels)

    def next_batch(self):
        if self.position + self.batch > len(self.order):
            self.order, self.position = torch.randperm(len(self.images)), 0
        indices = self.order[self.position : self.position + self.batch]
        self.position += self.batch
        inputs = normalized(self.images[indices])
        return inputs.contiguous(memory_format=self.format), self.labels[indices]

    def step(self):
        inputs, labels = self.next_batch()
        self.optimizer.zero_grad()
        loss = self.loss(inputs, labels)
        loss.backward()
        self.optimizer.step()
        self.last_loss = loss.detach()


def train(arguments):
    training = Training(arguments)
    samples, steps, first = common.sample_training(training.step, arguments)
    loss = float(training.last_loss)
    if loss != loss:
        raise common.PeerError("the loss became NaN; the run measures nothing")
    report(arguments, samples, steps, first, training.model, update=arguments.update,
           last_loss=loss)


def infer(arguments):
    shape = torch_networks.NETWORKS[arguments.name][1]
    network = torch_networks.make_network(arguments.name, arguments).eval()
    form = torch_network.memory_format(arguments)
    batches = [torch.randn(arguments.batch, *shape).contiguous(memory_format=form)
               for _ in range(max(1, INPUTS // arguments.batch))]
    scored = frozen(network, arguments.name) if arguments.compile else network

    def run(batch):
        with torch.inference_mode():
            return scored(batch)
    samples, steps, latencies, first = common.sample_inference([run], batches, arguments)
    report(arguments, samples, steps, first, network, latencies)


def frozen(network, name):
    if name == "digitcnn":
        network = torch_network.with_equal_plain_pool(network)
    return compiled(network)


def report(arguments, samples, steps, first, network, latencies=None, **details):
    common.print_report(
        "networks_pytorch", arguments, samples, steps, first,
        torch_network.parameter_count(network), latencies, network=arguments.name,
        mode=arguments.mode, **details, **torch_network.details(arguments))


def main():
    arguments = parse_arguments()
    train(arguments) if arguments.mode == "train" else infer(arguments)


if __name__ == "__main__":
    common.run(main)
