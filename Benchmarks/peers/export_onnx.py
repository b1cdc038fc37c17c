"""Writes the network as ONNX, with inputs and logits by which a peer checks that it scores alike.

    export_onnx.py --output model.onnx      # and model.npz beside it

The batch is a free dimension named `batch`. The weights are random and the batch-norm statistics
those of random images: the figures don't depend on what was learnt.
"""

import argparse
import pathlib
import warnings

import numpy
import torch
import torch_network


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, required=True, help="file to write")
    parser.add_argument("--seed", type=int, default=42)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    network = torch_network.with_equal_plain_pool(torch_network.DigitCNN())
    network(torch.randn(256, 1, 28, 28))  # in training mode: moves the running statistics
    network.eval()
    inputs = torch.randn(4, 1, 28, 28)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (inputs,), str(arguments.output), input_names=["images"],
            output_names=["logits"], dynamic_shapes=({0: torch.export.Dim("batch")},),
            external_data=False, verbose=False)
    with torch.inference_mode():
        logits = network(inputs)
    numpy.savez(arguments.output.with_suffix(".npz"), images=inputs.numpy(),
                logits=logits.numpy(), parameters=torch_network.parameter_count(network))


if __name__ == "__main__":
    main()
