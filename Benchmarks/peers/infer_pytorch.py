"""Inference throughput and latency of PyTorch on the network that Tessera scores with, as one JSON
object.

The network is in evaluation mode under `inference_mode`. `--compile` also freezes it, which folds
batch norm into the convolutions and packs the weights for oneDNN, calls the kernels from C++ instead
of Python, and has the equal plain pool: each makes it faster. A call scores one batch of float
images that are normalised and in memory already, and ends with the logits.

    infer_pytorch.py --batch 1 --threads 2 --seconds 5 [--channels-last] [--compile]
"""

import common
import torch
import torch_network


def compiled(network):
    # Here, because it takes seconds that the other modes don't need.
    from torch._inductor import config
    config.freezing = True
    config.cpp_wrapper = True
    return torch.compile(network)


def make_runner(network, arguments):
    form = torch_network.memory_format(arguments)

    def run(batch):
        with torch.inference_mode():
            return network(batch.contiguous(memory_format=form))
    return run


def main():
    parser = common.parser(__doc__, seconds=5)
    torch_network.add_mode_flags(parser)
    arguments = parser.parse_args()
    batches = [torch.from_numpy(batch) for batch in common.evaluation_batches(arguments)]
    network = torch_network.make_network(arguments).eval()
    parameters = torch_network.parameter_count(network)
    if arguments.compile:
        network = compiled(torch_network.with_equal_plain_pool(network))
    runner = make_runner(network, arguments)
    samples, steps, latencies, first = common.sample_inference([runner], batches, arguments)
    common.print_report(
        "infer_pytorch", arguments, samples, steps, first, parameters, latencies,
        **torch_network.details(arguments))


if __name__ == "__main__":
    common.run(main)
