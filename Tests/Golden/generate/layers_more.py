"""Writes ../layers_more.safetensors: the layers that DigitCNN has no use for, forward and backward.

As layers.py: computed by PyTorch in float64 from float32 inputs and stored as float32. What a case's
layer is made with lies beside its tensors as `case.options`.
"""

import torch
import torch.nn.functional as F

from common import SplitMix64, write_safetensors

SEED = 47
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


def options(case, *values):
    tensors[f"{case}.options"] = torch.tensor(values)


def conv(case, shape, outputs, kernel, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1,
         bias=True):
    case = f"conv_{case}"
    options(case, *stride, *padding, *dilation, groups)
    x = leaf(case, "input", *shape)
    weight = leaf(case, "weight", outputs, shape[1] // groups, *kernel)
    leaves = {"input": x, "weight": weight}
    b = None
    if bias:
        b = leaves["bias"] = leaf(case, "bias", outputs)
    finish(case, F.conv2d(x, weight, b, stride, padding, dilation, groups), **leaves)


conv("dilated", (2, 3, 9, 8), 4, (3, 3), padding=(2, 2), dilation=(2, 2))
conv("axes", (2, 3, 8, 9), 5, (3, 4), stride=(2, 1), padding=(1, 2), dilation=(1, 2))
conv("wide_stride", (9, 2, 7, 10), 3, (2, 3), stride=(3, 4), padding=(1, 1))
conv("far_padding", (2, 3, 2, 3), 4, (2, 2), padding=(3, 3))
conv("no_bias", (2, 4, 5, 3), 3, (3, 3), padding=(1, 1), bias=False)
conv("one_pixel", (9, 3, 1, 1), 17, (3, 3), padding=(1, 1))
conv("pointwise", (9, 17, 3, 2), 5, (1, 1))
conv("pointwise_stride2", (2, 5, 5, 4), 3, (1, 1), stride=(2, 2))
conv("groups", (2, 6, 5, 7), 4, (3, 3), padding=(1, 1), groups=2)
conv("groups_dilated", (9, 6, 6, 5), 9, (3, 2), stride=(1, 2), padding=(2, 0), dilation=(2, 1),
     groups=3, bias=False)
conv("groups_pointwise", (2, 6, 3, 4), 9, (1, 1), groups=3)
conv("depthwise", (2, 17, 6, 5), 17, (3, 3), padding=(1, 1), groups=17)
conv("depthwise_wide", (1, 70, 4, 9), 70, (3, 3), padding=(1, 1), groups=70, bias=False)
conv("depthwise_stride2", (2, 33, 7, 6), 33, (5, 3), stride=(2, 2), padding=(2, 1), groups=33)
conv("depthwise_dilated", (9, 3, 7, 8), 3, (3, 3), stride=(1, 2), padding=(1, 3), dilation=(2, 3),
     groups=3)
conv("depthwise_twice", (2, 5, 6, 7), 10, (3, 3), padding=(1, 1), groups=5)
conv("depthwise_thrice_stride2", (2, 17, 5, 6), 51, (3, 3), stride=(2, 1), padding=(1, 1),
     groups=17, bias=False)
conv("depthwise_one_pixel", (9, 17, 1, 1), 17, (3, 3), padding=(1, 1), groups=17)

def max_pool(case, shape, kernel, stride, padding=(0, 0), values=None):
    case = f"max_pool_{case}"
    options(case, *kernel, *stride, *padding)
    x = leaf(case, "input", *shape, values=values)
    finish(case, F.max_pool2d(x, kernel, stride, padding), input=x)


def avg_pool(case, shape, kernel, stride, padding=(0, 0), count_include_pad=True):
    case = f"avg_pool_{case}"
    options(case, *kernel, *stride, *padding, int(count_include_pad))
    x = leaf(case, "input", *shape)
    finish(case, F.avg_pool2d(x, kernel, stride, padding, False, count_include_pad), input=x)


# Few different values, so that there are ties: the first of a window wins.
max_pool("padded", (2, 17, 7, 6), (3, 3), (2, 2), (1, 1),
         values=(random.floats(2, 17, 7, 6) * 4).round() / 4)
max_pool("axes", (9, 3, 6, 7), (2, 3), (1, 2), (1, 0))
max_pool("wide", (1, 70, 5, 6), (3, 2), (2, 2), (1, 1))
max_pool("15x15", (2, 3, 17, 16), (15, 15), (2, 1), (7, 7))
max_pool("one_pixel", (9, 17, 1, 1), (3, 3), (1, 1), (1, 1))
values = random.floats(2, 5, 6, 5)
values[torch.rand(values.shape, generator=torch.Generator().manual_seed(SEED)) < 0.15] = float("nan")
values[1, :, :3] = float("-inf")
max_pool("nan", (2, 5, 6, 5), (3, 3), (2, 2), (1, 1), values=values)
# The reader of weights refuses what isn't finite.
for name in ["max_pool_nan.input", "max_pool_nan.output"]:
    tensors[name] = torch.nan_to_num(tensors[name], nan=1e30, neginf=-1e30)

avg_pool("2x2", (2, 17, 6, 7), (2, 2), (2, 2))
avg_pool("padded", (9, 3, 7, 6), (3, 3), (2, 2), (1, 1))
avg_pool("padding_left_out", (2, 33, 5, 6), (3, 4), (2, 1), (1, 2), count_include_pad=False)
avg_pool("one_pixel", (9, 17, 1, 1), (3, 3), (1, 1), (1, 1))
for case, shape in [("global", (9, 17, 5, 3)), ("global_wide", (1, 70, 4, 4)), ("global_one", (2, 3, 1, 1))]:
    x = leaf(f"avg_{case}", "input", *shape)
    finish(f"avg_{case}", F.adaptive_avg_pool2d(x, 1), input=x)


def activation(case, function, values=None):
    case = f"activation_{case}"
    values = random.floats(9, 3, 5, 7, low=-8, high=8) if values is None else values
    x = leaf(case, "input", values=values)
    finish(case, function(x), input=x)


activation("leaky_relu", lambda x: F.leaky_relu(x, 0.2))
activation("leaky_relu_negative", lambda x: F.leaky_relu(x, -0.5))
activation("sigmoid", torch.sigmoid)
activation("tanh", torch.tanh)
activation("silu", F.silu)
activation("gelu", F.gelu)
activation("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"))

def affine(case, x, weight_shape, function):
    weight = leaf(case, "weight", *weight_shape, low=-1.5, high=1.5)
    bias = leaf(case, "bias", *weight_shape)
    finish(case, function(weight, bias), input=x, weight=weight, bias=bias)


def group_norm(case, shape, groups, eps=1e-5, low=-1.0, high=1.0):
    case = f"group_norm_{case}"
    tensors[f"{case}.options"] = torch.tensor([groups, eps], dtype=torch.float64)
    x = leaf(case, "input", *shape, low=low, high=high)
    affine(case, x, [shape[1]], lambda w, b: F.group_norm(x, groups, w, b, eps))


def layer_norm(case, shape, eps=1e-5, low=-1.0, high=1.0):
    case = f"layer_norm_{case}"
    tensors[f"{case}.options"] = torch.tensor([eps], dtype=torch.float64)
    x = leaf(case, "input", *shape, low=low, high=high)
    affine(case, x, shape[1:], lambda w, b: F.layer_norm(x, shape[1:], w, b, eps))


group_norm("groups", (9, 6, 4, 5), 3)
group_norm("one_group", (2, 17, 3, 5), 1)
group_norm("instance", (2, 33, 4, 3), 33, eps=1e-3)
group_norm("features", (9, 68), 4)
group_norm("far_mean", (2, 4, 5, 3), 2, low=99.0, high=101.0)
layer_norm("image", (9, 3, 4, 5))
layer_norm("wide", (2, 17, 7, 9), eps=1e-3)
layer_norm("features", (9, 37))
layer_norm("far_mean", (2, 40), low=99.0, high=101.0)


def batch_norm_1d(case, shape, eps, momentum):
    """torch.nn.BatchNorm1d on feature vectors, in training."""
    case = f"batch_norm_{case}"
    tensors[f"{case}.options"] = torch.tensor([eps, momentum], dtype=torch.float64)
    x = leaf(case, "input", *shape)
    mean = leaf(case, "running_mean_before", shape[1]).detach()
    variance = leaf(case, "running_var_before", shape[1], low=0.5, high=2.0).detach()
    affine(case, x, [shape[1]],
           lambda w, b: F.batch_norm(x, mean, variance, w, b, True, momentum, eps))
    tensors[f"{case}.running_mean_after"] = mean.float()
    tensors[f"{case}.running_var_after"] = variance.float()


batch_norm_1d("features", (19, 37), 1e-5, 0.1)
batch_norm_1d("epsilon_momentum", (9, 3), 1e-2, 0.4)


def initialization(case, shape, function):
    """fan_in, fan_out, and the bound or deviation that PyTorch draws with, caught at its draw."""
    caught = []
    weight = torch.empty(shape)
    original = torch.Tensor.uniform_, torch.Tensor.normal_
    torch.Tensor.uniform_ = lambda self, low, high, generator=None: caught.append(high)
    torch.Tensor.normal_ = lambda self, mean, std, generator=None: caught.append(std)
    try:
        function(weight)
    finally:
        torch.Tensor.uniform_, torch.Tensor.normal_ = original
    fans = torch.nn.init._calculate_fan_in_and_fan_out(weight)
    tensors[f"init_{case}.spread"] = torch.tensor([*fans, caught[0]], dtype=torch.float64)


init = torch.nn.init
for suffix, shape in [("linear", (40, 25)), ("conv", (18, 6, 3, 5))]:
    initialization(f"default_{suffix}", shape, lambda w: init.kaiming_uniform_(w, a=5**0.5))
    for mode in ["fan_in", "fan_out"]:
        initialization(f"kaiming_uniform_{mode}_{suffix}", shape,
                       lambda w: init.kaiming_uniform_(w, mode=mode, nonlinearity="relu"))
        initialization(f"kaiming_normal_{mode}_{suffix}", shape,
                       lambda w: init.kaiming_normal_(w, mode=mode, nonlinearity="relu"))
    initialization(f"xavier_uniform_{suffix}", shape, lambda w: init.xavier_uniform_(w, 1.5))
    initialization(f"xavier_normal_{suffix}", shape, lambda w: init.xavier_normal_(w, 1.5))

write_safetensors("layers_more.safetensors", tensors, SEED)
