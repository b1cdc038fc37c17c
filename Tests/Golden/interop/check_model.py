"""Runs a model file written by Tessera in PyTorch: what `make test` can't, for it has no Python.

    check_model.py MODEL.safetensors INPUTS.safetensors LOGITS.safetensors [--expect FILE]

Loads MODEL with safetensors.torch into the same network (strict: no tensor missing or left over),
reads the tensor `input` [N, 1, 28, 28] from INPUTS, and writes `logits` [N, K] in evaluation mode.
With --expect, compares them with the `logits` of that file (Tessera's own) and exits with 1 if the
relative error is above 1e-4.
"""

import argparse
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "generate"))
from network import network_for  # noqa: E402

TOLERANCE = 1e-4


def compute_logits(model_path, inputs_path):
    state = load_file(model_path)
    network = network_for(state)
    network.load_state_dict(state, strict=True)
    with torch.no_grad():
        return network.eval()(load_file(inputs_path)["input"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("inputs")
    parser.add_argument("logits")
    parser.add_argument("--expect")
    arguments = parser.parse_args()
    logits = compute_logits(arguments.model, arguments.inputs)
    save_file({"logits": logits}, arguments.logits)
    if arguments.expect is None:
        return 0
    expected = load_file(arguments.expect)["logits"]
    if expected.shape != logits.shape:
        print(f"logits of shape {list(expected.shape)}, PyTorch's {list(logits.shape)}")
        return 1
    error = float((expected.double() - logits.double()).norm() / logits.double().norm())
    print(f"relative error {error:.2e} over {logits.shape[0]} images (at most {TOLERANCE:.0e})")
    return 0 if error <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
