"""Writes ../networks.safetensors: passes over the networks that ../networks.json describes.

A description is what a model file of Tessera holds; here it becomes a torch.nn.Module whose
state_dict has the names that Tessera gives. The passes are computed by PyTorch in float64 from float32
weights and inputs and stored as float32; nothing that can be drawn again is stored.
"""

import copy
import json

import torch
from torch import nn

from common import FOLDER, SplitMix64, write_safetensors

# Of a gradient of more elements each seventh, thirteenth … is stored: these strides share no divisor
# with a number of channels or a kernel's size, so that every channel and tap is among them.
LARGEST, STRIDES = 2048, (1, 7, 13, 29, 53, 101)

# Float32 must not close a ReLU or move a maximum that float64 sees otherwise, in any order of sums: of
# the draws of a network's numbers the first is taken whose inputs keep this distance, by their RMS.
MARGIN = 1e-4
# Batch norm of values that hardly vary multiplies rounding: PyTorch's own float32 run has to be within.
FLOAT32_ERROR = 5e-6
DRAWS = 1000

ACTIVATIONS = {
    "relu": nn.ReLU, "gelu": nn.GELU, "gelu_tanh": lambda: nn.GELU(approximate="tanh"),
    "silu": nn.SiLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh,
}


class Sum(nn.Module):
    def forward(self, ends):
        return sum(ends[1:], ends[0])


class Concat(nn.Module):
    def forward(self, ends):
        return torch.cat(ends, dim=1)


class SampleNorm(nn.LayerNorm):
    """LayerNorm of the whole sample, whose last axes of one element PyTorch would count."""

    def forward(self, x):
        return super().forward(x.reshape(-1, *self.normalized_shape)).reshape(x.shape)


class Flatten(nn.Module):
    def forward(self, x):
        return x.flatten(1)


class Linear(nn.Linear):
    """Of features, which may be an image of one pixel."""

    def forward(self, x):
        return super().forward(x.flatten(1))


class Network(nn.Module):
    """The layers of a description, under the names that stand for them in a state_dict."""

    def __init__(self, description):
        super().__init__()
        # Features are an image of one pixel until something makes more of them.
        *size, channels = description["input"]
        self.input_shape = (channels, *(size or (1, 1)))
        with torch.no_grad():
            self.layers, output = self.chain(
                description["layers"], torch.zeros(2, *self.input_shape), "", "")
        self.output_shape = output.shape[1:]

    def forward(self, x):
        return self.run(self.layers, x)

    def run(self, layers, x):
        for layer in layers:
            if isinstance(layer, tuple):
                branches, join = layer
                x = join([self.run(branch, x) for branch in branches])
            else:
                x = layer(x)
        return x

    def leaves(self, layers=None):
        for layer in self.layers if layers is None else layers:
            if isinstance(layer, tuple):
                for branch in layer[0]:
                    yield from self.leaves(branch)
            else:
                yield layer

    # From descriptions to modules.

    def chain(self, descriptions, x, path, branch):
        """The layers in a row and what they make of x; those without names are called by place."""
        layers = []
        for place, description in enumerate(descriptions):
            if isinstance(description, str):
                word, options = description, {}
            else:
                (word, options), = description.items()
            options = dict(options)
            name = path + options.pop("name", f"{branch}{place}")
            if word == "sequence":
                made, x = self.chain(options["layers"], x, f"{name}.", "")
                layers += made
                continue
            if word in ("add", "residual", "concat"):
                layer = self.join(word, options, x, name)
            else:
                layer = self.layer(word, options, x)
                if layer.state_dict():
                    self.register(name, layer)
            layers.append(layer)
            # In evaluation, lest running statistics move.
            x = self.run([layer.eval() if isinstance(layer, nn.Module) else layer], x)
        return layers, x

    def join(self, word, options, x, name):
        branches = options.get("branches")
        if word == "residual":
            branches = [options["body"], options.get("shortcut", [])]
        made = [
            self.chain(layers, x, f"{name}.", f"branch{number}.")[0]
            for number, layers in enumerate(branches)
        ]
        return made, Concat() if word == "concat" else Sum()

    def register(self, name, layer):
        """name's points are modules within modules."""
        *parents, last = name.split(".")
        module = self
        for parent in parents:
            if parent not in module._modules:
                module.add_module(parent, nn.Module())
            module = module._modules[parent]
        assert last not in module._modules, name
        module.add_module(last, layer)

    def layer(self, word, options, x):
        channels = x.shape[1]
        options = {key: tuple(v) if isinstance(v, list) else v for key, v in options.items()}
        options.pop("initialization", None)
        if word in ACTIVATIONS:
            return ACTIVATIONS[word]()
        if word == "conv2d":
            return nn.Conv2d(channels, options.pop("channels"), options.pop("kernel"), **options)
        if word == "depthwise_conv2d":
            outputs = channels * options.pop("multiplier", 1)
            return nn.Conv2d(channels, outputs, options.pop("kernel"), groups=channels, **options)
        if word == "linear":
            return Linear(x[0].numel(), options["outputs"], bias=options.get("bias", True))
        epsilon = {"eps": options["epsilon"]} if "epsilon" in options else {}
        if word == "batch_norm":
            kind = nn.BatchNorm2d if x.dim() > 2 else nn.BatchNorm1d
            return kind(channels, momentum=options.get("momentum", 0.1), **epsilon)
        if word == "group_norm":
            return nn.GroupNorm(options["groups"], channels, **epsilon)
        if word == "layer_norm":
            return SampleNorm(x.shape[1:] if x[0, 0].numel() > 1 else (channels,), **epsilon)
        return {
            "leaky_relu": lambda: nn.LeakyReLU(options.get("slope", 0.01)),
            "max_pool": lambda: nn.MaxPool2d(options.pop("kernel"), **options),
            "average_pool": lambda: nn.AvgPool2d(options.pop("kernel"), **options),
            "adaptive_average_pool": lambda: nn.AdaptiveAvgPool2d(options["size"]),
            "global_average_pool": lambda: nn.AdaptiveAvgPool2d(1),
            "dropout": lambda: nn.Dropout(options["rate"]),
            "dropout2d": lambda: nn.Dropout2d(options["rate"]),
            "flatten": Flatten,
        }[word]()


def value(random, name, shape):
    """A tensor of a state, from u uniform in [-1, 1)."""
    if name.endswith("num_batches_tracked"):
        return torch.tensor(0)
    u = random.floats(*shape)
    if len(shape) in (2, 4):
        # A matrix or a kernel that keeps the variance: u * sqrt(3 / fan_in).
        return u * (torch.tensor(3.0) / u[0].numel()).sqrt()
    if name.endswith(".running_var"):
        return 1 + u / 2
    # A norm's scale, of either sign; and everything else.
    return u + torch.where(u < 0, -0.5, 0.5) if name.endswith(".weight") else u


def draw(network, seed, samples):
    """Sets the network's state; the inputs and the upstream gradient."""
    random = SplitMix64(seed)
    inputs = random.floats(samples, *network.input_shape)
    upstream = random.floats(samples, *network.output_shape)
    state = network.state_dict()
    network.load_state_dict({name: value(random, name, state[name].shape) for name in sorted(state)})
    return inputs, upstream


class Margins:
    """How near a network's kinks are, by the RMS of what meets them."""

    def __init__(self, network):
        self.least = float("inf")
        for layer in network.leaves():
            if isinstance(layer, (nn.ReLU, nn.LeakyReLU)):
                layer.register_forward_pre_hook(lambda _, x: self.see(x[0], x[0].abs()))
            if isinstance(layer, nn.MaxPool2d):
                layer.register_forward_pre_hook(lambda pool, x: self.see_pool(pool, x[0]))

    def see(self, x, distances):
        # What is exactly zero is so by structure, and for everyone: behind another ReLU, say.
        distances = distances[distances > 0]
        if distances.numel():
            scale = x.square().mean().sqrt()
            self.least = min(self.least, (distances.min() / scale).item())

    def see_pool(self, pool, x):
        def pair(size):
            return size if isinstance(size, tuple) else (size, size)

        height, width = pair(pool.padding)
        padded = nn.functional.pad(x, (width, width, height, height), value=-torch.inf)
        (kh, kw), (sh, sw) = pair(pool.kernel_size), pair(pool.stride)
        windows = padded.unfold(2, kh, sh).unfold(3, kw, sw).flatten(4)
        if windows.shape[-1] < 2:
            return
        best = windows.topk(2).values
        # Of a window that a ReLU closed no gradient goes on.
        open_windows = best[best[..., 0] > 0] if (x >= 0).all() else best.reshape(-1, 2)
        self.see(x, open_windows[:, 0] - open_windows[:, 1])


def pass_over(network, inputs, upstream, dtype):
    """One training pass and an evaluation with the running statistics that it leaves."""
    network = copy.deepcopy(network).to(dtype).train()
    for layer in network.leaves():
        layer.train()
    margins = Margins(network)
    output = network(inputs.to(dtype))
    output.backward(upstream.to(dtype))
    least = margins.least
    result = {"output": output}
    result |= {f"grad.{name}": p.grad for name, p in network.named_parameters()}
    result |= {f"after.{name}": b for name, b in network.named_buffers() if "running" in name}
    for layer in network.leaves():
        layer.eval()
    with torch.no_grad():
        result["evaluation"] = network.eval()(inputs.to(dtype))
    return {name: value.detach().double() for name, value in result.items()}, least


def float32_error(found, expected):
    """The largest relative error of an array; gradients that vanish are measured by the largest one."""
    scale = max(value.norm() for name, value in expected.items() if name.startswith("grad."))
    errors = []
    for name, value in expected.items():
        size = value.norm()
        vanishes = name.startswith("grad.") and size < 1e-6 * scale
        errors.append(((found[name] - value).norm() / (scale if vanishes else size)).item())
    return max(errors)


def sampled(tensor):
    flat = tensor.reshape(-1)
    stride = next(stride for stride in STRIDES if flat.numel() <= LARGEST * stride)
    return flat[::stride]


def main():
    networks = json.loads((FOLDER / "networks.json").read_text())["networks"]
    tensors, facts, worst = {}, {}, 0.0
    for item in networks:
        seed, network = item["seed"], Network(item["network"])
        for number in range(DRAWS):
            inputs, upstream = draw(network, 1000 * seed + number, item["samples"])
            result, margin = pass_over(network, inputs, upstream, torch.float64)
            error = float32_error(pass_over(network, inputs, upstream, torch.float32)[0], result)
            if margin > MARGIN and error < FLOAT32_ERROR:
                break
        else:
            print(f"network {seed}: left out, for no draw keeps its distance from rounding")
            continue
        worst = max(worst, error)
        state = {name: list(value.shape) for name, value in network.state_dict().items()}
        facts[str(seed)] = json.dumps({"draw": number, "state": state}, separators=(",", ":"))
        for name, value in result.items():
            tensors[f"{seed}.{name}"] = sampled(value).float()
        print(f"network {seed}: draw {number}, margin {margin:.1e}, float32 within {error:.1e}")
    write_safetensors("networks.safetensors", tensors, "1000 * network + draw", **facts)
    print(f"PyTorch's float32 is within {worst:.1e}")


if __name__ == "__main__":
    main()
