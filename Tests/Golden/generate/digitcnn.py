"""Writes ../digitcnn_small.safetensors and ../digitcnn_default.safetensors.

Computed by PyTorch in float64 from float32 weights and inputs and stored as float32. For each
number that is stored, how far PyTorch's own float32 run lies from it is printed and written to
../digitcnn_float32.json: what a comparison can ask for.
"""

import copy
import math

import numpy as np
import torch
import torch.nn.functional as F

from common import SplitMix64, write_json, write_safetensors, metadata
from network import DigitCNN

SEED = 20261121
STEPS = 20

# As ModelConfig names the choices; Tessera's tests build the same from the same numbers.
OPTIMIZERS = {
    "adam": lambda p: torch.optim.Adam(p, lr=1e-3, weight_decay=1e-5, foreach=False),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=1e-2, foreach=False),
    "sgd": lambda p: torch.optim.SGD(p, lr=1e-2, momentum=0.9, weight_decay=1e-5, foreach=False),
    "sgd_nesterov": lambda p: torch.optim.SGD(
        p, lr=1e-2, momentum=0.9, weight_decay=1e-5, nesterov=True, foreach=False),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=1e-3, weight_decay=1e-5, foreach=False),
}


def fill_by_formula(model, seed):
    """Each parameter in state_dict order from a generator of its own, seeded seed + index.

    u uniform in [-1, 1): convolutions and linear layers u / sqrt(fan_in) (also their biases), batch
    norm weights 1 + u/2, biases u/2; all in float32.
    """
    fan_in = {}
    for index, (name, parameter) in enumerate(model.named_parameters()):
        layer, kind = name.split(".")
        u = SplitMix64(seed + index).floats(*parameter.shape)
        if kind == "weight" and parameter.dim() > 1:
            fan_in[layer] = math.prod(parameter.shape[1:])
        if layer in fan_in:
            u = u * float(np.float32(1) / np.sqrt(np.float32(fan_in[layer])))
        else:
            u = u * 0.5 + (1 if kind == "weight" else 0)
        parameter.data.copy_(u)


def batch(seed, count):
    """Inputs [count, 1, 28, 28] and then labels, from one generator."""
    random = SplitMix64(seed)
    return random.floats(count, 1, 28, 28), random.integers(count, 10)


def pass_over(model, inputs, labels, dtype):
    """One training-mode pass of a copy: everything that it computes."""
    model = copy.deepcopy(model).to(dtype).train()
    logits = model(inputs.to(dtype))
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    result = {"logits": logits, "loss": loss.reshape(1)}
    result |= {f"grad.{name}": p.grad for name, p in model.named_parameters()}
    result |= {f"after.{name}": b for name, b in model.named_buffers() if "running" in name}
    with torch.no_grad():
        # With the running statistics that the pass left.
        result["logits_evaluation"] = model.eval()(inputs.to(dtype))
    return result


def train(model, name, dtype):
    """STEPS steps, each on a batch of its own; step s has the seed 1000 + s."""
    model = copy.deepcopy(model).to(dtype).train()
    optimizer = OPTIMIZERS[name](model.parameters())
    losses = []
    for step in range(STEPS):
        inputs, labels = batch(1000 + step, 6)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs.to(dtype)), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    result = {f"{name}.losses": torch.stack(losses)}
    state = {key: value for key, value in model.state_dict().items() if "tracked" not in key}
    return result | {f"{name}.final.{key}": value for key, value in state.items()}


deviations = {}


def in_both_precisions(label, compute):
    """The float64 result as float32 (losses stay float64); notes the float32 run's distance."""
    exact, single = compute(torch.float64), compute(torch.float32)
    for key in exact:
        difference = (single[key].double() - exact[key]).norm()
        deviations[f"{label}.{key}"] = float(f"{difference / exact[key].norm().clamp_min(1e-30):.2e}")
    return {k: v if k.endswith(("loss", "losses")) else v.float() for k, v in exact.items()}


def small():
    model = DigitCNN((3, 5, 7), hidden=12, dropout1=0, dropout2=0)
    fill_by_formula(model, 500)
    inputs, labels = batch(900, 6)
    tensors = {f"weights.{key}": value for key, value in model.state_dict().items()}
    tensors |= {"input": inputs, "labels": labels}
    tensors |= in_both_precisions("small", lambda dtype: pass_over(model, inputs, labels, dtype))
    tensors["step_labels"] = torch.stack([batch(1000 + step, 6)[1] for step in range(STEPS)])
    for name in OPTIMIZERS:
        tensors |= in_both_precisions("small", lambda dtype: train(model, name, dtype))
    tensors |= without_batch_norm(inputs, labels)
    write_safetensors("digitcnn_small.safetensors", tensors, SEED)


def without_batch_norm(inputs, labels):
    model = DigitCNN((3, 5, 7), hidden=12, dropout1=0, dropout2=0, batch_norm=False)
    fill_by_formula(model, 700)
    compute = lambda dtype: pass_over(model, inputs, labels, dtype)
    tensors = {f"weights.{key}": value for key, value in model.state_dict().items()}
    tensors |= in_both_precisions("no_norm", compute)
    return {f"no_norm.{key}": value for key, value in tensors.items()}


def default():
    model = DigitCNN(dropout1=0, dropout2=0)
    assert sum(p.numel() for p in model.parameters()) == 455_754
    fill_by_formula(model, 2000)
    inputs, labels = batch(3000, 8)
    tensors = {
        "labels": labels,
        # So that a formula which went wrong in Swift is told from a network that did.
        "weight_sums": torch.stack([p.detach().double().sum() for p in model.parameters()]),
        "input_sum": inputs.double().sum().reshape(1),
    }
    tensors |= in_both_precisions("default", lambda dtype: pass_over(model, inputs, labels, dtype))
    tensors["grad.fc1.weight"] = tensors["grad.fc1.weight"][::4]
    write_safetensors("digitcnn_default.safetensors", tensors, SEED)


small()
default()
write_json("digitcnn_float32.json", {"metadata": metadata(SEED), "relative_error": deviations})
for key, value in deviations.items():
    if value > 1e-5:
        print(f"  {key}: {value}")
