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

write_safetensors("layers_more.safetensors", tensors, SEED)
