"""Training throughput of PyTorch on the network that Tessera trains, as one JSON object.

The same work a step as Tessera's: gather a batch of byte images by shuffled indices, normalise,
zero_grad, forward, cross-entropy, backward, Adam (1e-3, weight decay 1e-5). Batch norm and dropout
are on, augmentation is off, the data is in memory.

    train_pytorch.py --batch 64 --threads 2 --seconds 20 [--channels-last] [--compile]
                     [--data-dir DIR]

Steps run in blocks; after the warm-up each block is a sample of images a second. The speed depends
on the mode, so measure all of them and compare with the best.
"""

import common
import torch
import torch.nn.functional as F
import torch_network


class Training:
    def __init__(self, arguments):
        images, labels = common.load_bytes(arguments)
        self.images, self.labels = torch.from_numpy(images), torch.from_numpy(labels).long()
        self.batch, self.format = arguments.batch, torch_network.memory_format(arguments)
        self.model = torch_network.make_network(arguments).train()
        # The fused step is the fastest of torch's three implementations on a CPU.
        self.optimizer = torch.optim.Adam(
            self.model.parameters(), lr=1e-3, weight_decay=1e-5, fused=True)
        self.order, self.position = torch.randperm(len(self.images)), 0
        self.loss = torch.compile(self.forward) if arguments.compile else self.forward
        self.last_loss = None

    def forward(self, inputs, labels):
        return F.cross_entropy(self.model(inputs), labels)

    def next_batch(self):
        if self.position + self.batch > len(self.order):
            self.order, self.position = torch.randperm(len(self.images)), 0
        indices = self.order[self.position : self.position + self.batch]
        self.position += self.batch
        inputs = self.images[indices].float()
        inputs.div_(255).sub_(common.MEAN).div_(common.STANDARD_DEVIATION)
        return inputs[:, None].contiguous(memory_format=self.format), self.labels[indices]

    def step(self):
        inputs, labels = self.next_batch()
        self.optimizer.zero_grad()
        loss = self.loss(inputs, labels)
        loss.backward()
        self.optimizer.step()
        self.last_loss = loss.detach()


def main():
    parser = common.parser(__doc__, seconds=20)
    torch_network.add_mode_flags(parser)
    arguments = parser.parse_args()
    training = Training(arguments)
    samples, steps, first = common.sample_training(training.step, arguments)
    loss = float(training.last_loss)
    if loss != loss:
        raise common.PeerError("the loss became NaN; the run measures nothing")
    common.print_report(
        "train_pytorch", arguments, samples, steps, first,
        torch_network.parameter_count(training.model), last_loss=loss,
        **torch_network.details(arguments))


if __name__ == "__main__":
    common.run(main)
