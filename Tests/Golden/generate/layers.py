"""Writes ../layers.safetensors: every layer forward and backward under a random upstream gradient.

Computed by PyTorch in float64 from float32 inputs and stored as float32, so that a comparison
measures Tessera's rounding and not PyTorch's too. All shapes are PyTorch's (N C H W).
"""

import torch
import torch.nn.functional as F

from common import SplitMix64, write_safetensors

SEED = 31
random = SplitMix64(SEED)
tensors = {}


def leaf(case, name, *shape, low=-1.0, high=1.0, values=None):
    """A random float32 tensor, recorded; its float64 copy takes part in the calculation."""
    values = random.floats(*shape, low=low, high=high) if values is None else values
    tensors[f"{case}.{name}"] = values
    return values.double().requires_grad_()


def finish(case, output, **leaves):
    """Records the output, an upstream gradient and the gradient of each leaf."""
    tensors[f"{case}.output"] = output.float()
    upstream = random.floats(*output.shape)
    tensors[f"{case}.output_grad"] = upstream
    output.backward(upstream.double())
    for name, value in leaves.items():
        tensors[f"{case}.{name}_grad"] = value.grad.float()


def conv(case, input_shape, outputs, kernel, padding, stride=1, bias=True):
    x = leaf(case, "input", *input_shape)
    weight = leaf(case, "weight", outputs, input_shape[1], *kernel)
    leaves = {"input": x, "weight": weight}
    b = None
    if bias:
        b = leaves["bias"] = leaf(case, "bias", outputs)
    finish(case, F.conv2d(x, weight, b, stride=stride, padding=padding), **leaves)


def norm_leaves(case, x):
    channels = x.shape[1]
    weight = leaf(case, "weight", channels, low=-1.5, high=1.5)
    bias = leaf(case, "bias", channels)
    mean = leaf(case, "running_mean_before", channels).detach()
    variance = leaf(case, "running_var_before", channels, low=0.5, high=2.0).detach()
    return weight, bias, mean, variance


def batch_norm(case, x, after=lambda y: y):
    """Training mode: momentum 0.1, eps 1e-5; `after` is what the engine does in the same pass."""
    weight, bias, mean, variance = norm_leaves(case, x)
    output = after(F.batch_norm(x, mean, variance, weight, bias, training=True))
    tensors[f"{case}.running_mean_after"] = mean.float()
    tensors[f"{case}.running_var_after"] = variance.float()
    finish(case, output, input=x, weight=weight, bias=bias)


def batch_norm_evaluation(case, x):
    weight, bias, mean, variance = norm_leaves(case, x)
    tensors[f"{case}.output"] = F.batch_norm(x, mean, variance, weight, bias).float()


def dropout(case, shape, p, function):
    """PyTorch draws the mask (0 or 1/(1-p)); it is recorded, for it can't be drawn again."""
    x = leaf(case, "input", *shape)
    mask = function(torch.ones(shape, dtype=torch.float64), p, training=True)
    tensors[f"{case}.mask"] = mask.float()
    finish(case, x * mask, input=x)


def linear(case, input_shape, outputs, bias=True):
    x = leaf(case, "input", *input_shape)
    flat = x.flatten(1)
    weight = leaf(case, "weight", outputs, flat.shape[1])
    leaves = {"input": x, "weight": weight}
    b = None
    if bias:
        b = leaves["bias"] = leaf(case, "bias", outputs)
    finish(case, F.linear(flat, weight, b), **leaves)


def cross_entropy(case, logits, smoothing):
    """Mean over the batch; `loss` and the gradient of the logits."""
    x = leaf(case, "logits", values=logits)
    labels = random.integers(len(logits), logits.shape[1])
    loss = F.cross_entropy(x, labels, label_smoothing=smoothing)
    loss.backward()
    tensors[f"{case}.labels"] = labels
    tensors[f"{case}.loss"] = loss.reshape(1)
    tensors[f"{case}.label_smoothing"] = torch.tensor([smoothing], dtype=torch.float64)
    tensors[f"{case}.logits_grad"] = x.grad.float()


torch.manual_seed(SEED)

conv("conv_k5", (2, 3, 7, 6), 4, (5, 5), padding=2)
conv("conv_k5_one_channel", (3, 1, 8, 9), 5, (5, 5), padding=2)
conv("conv_k3", (2, 4, 5, 7), 3, (3, 3), padding=1)
conv("conv_k3_no_bias", (3, 2, 6, 5), 7, (3, 3), padding=1, bias=False)
conv("conv_stride2", (2, 3, 8, 7), 5, (3, 3), padding=1, stride=2)
conv("conv_stride2_k5", (2, 2, 9, 8), 3, (5, 5), padding=2, stride=2)
conv("conv_k3x5", (2, 3, 6, 9), 4, (3, 5), padding=1)
conv("conv_no_padding", (2, 3, 6, 5), 4, (4, 2), padding=0)
conv("conv_k1", (3, 5, 2, 4), 2, (1, 1), padding=0)

batch_norm("norm", leaf("norm", "input", 5, 3, 4, 2))
# A mean far from zero: a variance taken as E[x^2] - E[x]^2 would be lost to rounding.
batch_norm("norm_far_mean", leaf("norm_far_mean", "input", 4, 2, 3, 5, low=99.0, high=101.0))
batch_norm("norm_relu", leaf("norm_relu", "input", 3, 5, 4, 6), F.relu)
batch_norm(
    "norm_relu_pool", leaf("norm_relu_pool", "input", 3, 5, 6, 8),
    lambda y: F.max_pool2d(F.relu(y), 2))
batch_norm(
    "norm_relu_pool_odd", leaf("norm_relu_pool_odd", "input", 4, 3, 7, 5),
    lambda y: F.max_pool2d(F.relu(y), 2))
batch_norm_evaluation("norm_evaluation", leaf("norm_evaluation", "input", 2, 3, 5, 4))

values = random.floats(3, 2, 4, 5)
values[0, 0, 0] = 0  # the gradient at zero is zero
x = leaf("relu", "input", values=values)
finish("relu", F.relu(x), input=x)

for case, shape in [("max_pool", (2, 3, 6, 8)), ("max_pool_odd", (3, 2, 7, 5))]:
    # Few different values, so that there are ties: the first of a window wins.
    x = leaf(case, "input", values=(random.floats(*shape) * 4).round() / 4)
    finish(case, F.max_pool2d(x, 2), input=x)
x = leaf("max_pool_k3_s2", "input", 2, 3, 8, 7)
finish("max_pool_k3_s2", F.max_pool2d(x, 3, stride=2), input=x)

for case, shape, size in [
    ("adaptive_pool_7_to_3", (2, 4, 7, 7), (3, 3)), ("adaptive_pool_5x8_to_3x2", (3, 2, 5, 8), (3, 2)),
    ("adaptive_pool_same", (2, 3, 3, 4), (3, 4)), ("adaptive_pool_up", (2, 3, 2, 3), (5, 4)),
    ("adaptive_pool_to_1", (2, 5, 4, 3), (1, 1)),
]:
    x = leaf(case, "input", *shape)
    finish(case, F.adaptive_avg_pool2d(x, size), input=x)

dropout("dropout", (4, 3, 2, 5), 0.3, F.dropout)
dropout("dropout2d", (5, 6, 3, 2), 0.4, F.dropout2d)

linear("linear", (5, 7), 4)
linear("linear_no_bias", (3, 6), 5, bias=False)
linear("linear_of_image", (2, 3, 4, 5), 6)

cross_entropy("cross_entropy", random.floats(7, 5) * 4, 0.0)
cross_entropy("cross_entropy_smoothed", random.floats(6, 10) * 4, 0.1)
cross_entropy("cross_entropy_large", random.floats(5, 3) * 200, 0.0)

write_safetensors("layers.safetensors", tensors, SEED)
