"""Writes ../losses.safetensors: losses, and their gradients, of torch.nn."""

import torch
import torch.nn.functional as F

from common import SplitMix64, write_safetensors

SEED = 20261128
random = SplitMix64(SEED)
tensors = {}


def finish(case, outputs, loss, **more):
    """Stores float32 outputs, the loss and its gradient, computed in float64."""
    loss.backward()
    tensors[f"{case}.outputs"] = outputs.detach().float()
    tensors[f"{case}.loss"] = loss.detach().reshape(1)
    tensors[f"{case}.outputs_grad"] = outputs.grad
    for name, values in more.items():
        tensors[f"{case}.{name}"] = values


def leaf(*shape, scale):
    return (random.floats(*shape) * scale).double().requires_grad_()


def numbers(*values):
    return torch.tensor(values, dtype=torch.float64)


def cross_entropy(case, shape, smoothing, weighted):
    x = leaf(*shape, scale=4)
    labels = random.integers(shape[0], shape[1])
    weights = random.floats(shape[1], low=0.2, high=3.0).double() if weighted else None
    loss = F.cross_entropy(x, labels, weight=weights, label_smoothing=smoothing)
    more = {"labels": labels, "label_smoothing": numbers(smoothing)}
    if weighted:
        more["class_weights"] = weights
    finish(case, x, loss, **more)


def binary(case, shape, scale, positive_weights, soft):
    x = leaf(*shape, scale=scale)
    y = random.floats(*shape, low=0.0, high=1.0)
    y = y.double() if soft else (y > 0.5).double()
    weights = numbers(*positive_weights) if positive_weights else None
    loss = F.binary_cross_entropy_with_logits(x, y, pos_weight=weights)
    more = {"targets": y.float()}
    if positive_weights:
        more["positive_weights"] = weights
    finish(case, x, loss, **more)


def regression(case, shape, delta=None):
    x = leaf(*shape, scale=3)
    y = (random.floats(*shape) * 3).double()
    loss = F.mse_loss(x, y) if delta is None else F.huber_loss(x, y, delta=delta)
    finish(case, x, loss, targets=y.float(), delta=numbers(delta or 0))


# More than a chunk of eight samples, so that sums over chunks are part of it.
cross_entropy("cross_entropy", (19, 5), 0.0, weighted=False)
cross_entropy("cross_entropy_smoothed", (11, 7), 0.15, weighted=False)
cross_entropy("cross_entropy_weighted", (19, 4), 0.0, weighted=True)
cross_entropy("cross_entropy_weighted_smoothed", (13, 6), 0.1, weighted=True)
binary("binary", (17, 3), 4, None, soft=False)
binary("binary_soft", (9, 2), 4, None, soft=True)
binary("binary_large", (10, 2), 120, None, soft=False)
binary("binary_weighted", (17, 1), 4, [2.5], soft=False)
binary("binary_weighted_outputs", (12, 3), 4, [0.5, 3.0, 1.5], soft=False)
regression("squared", (18, 3))
regression("huber", (18, 3), delta=1.0)
regression("huber_narrow", (12, 2), delta=0.3)

write_safetensors("losses.safetensors", tensors, SEED)
