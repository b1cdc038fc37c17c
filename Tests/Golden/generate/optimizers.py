"""Writes ../optimizers.json: trajectories of PyTorch's optimizers, clipping and weight average."""

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from common import SplitMix64, float32_list, metadata, write_json

SEED = 20261121
SHAPES = [(3, 4), (5,), (2, 2, 5)]
STEPS = 20

# Options by PyTorch's names; "cycled" gives each step its own momentum or beta1.
CASES = {
    "sgd_plain": ("SGD", dict()),
    "sgd_weight_decay": ("SGD", dict(weight_decay=0.03)),
    "sgd_momentum": ("SGD", dict(momentum=0.9)),
    "sgd_momentum_weight_decay": ("SGD", dict(momentum=0.8, weight_decay=0.05)),
    "sgd_nesterov": ("SGD", dict(momentum=0.9, nesterov=True, weight_decay=0.01)),
    "sgd_cycled": ("SGD", dict(momentum=0.9, nesterov=True)),
    "adam": ("Adam", dict()),
    "adam_weight_decay": ("Adam", dict(weight_decay=0.05)),
    "adam_betas_eps": ("Adam", dict(betas=(0.4, 0.95), eps=1e-3)),
    "adam_cycled": ("Adam", dict(weight_decay=0.01)),
    "adamw": ("AdamW", dict()),
    "adamw_weight_decay": ("AdamW", dict(weight_decay=0.3, betas=(0.8, 0.99))),
    "rmsprop": ("RMSprop", dict()),
    "rmsprop_weight_decay": ("RMSprop", dict(weight_decay=0.05, alpha=0.9, eps=1e-4)),
    "rmsprop_momentum": ("RMSprop", dict(momentum=0.9, weight_decay=0.01)),
    "rmsprop_centered": ("RMSprop", dict(centered=True, alpha=0.95)),
    "rmsprop_centered_momentum": ("RMSprop", dict(centered=True, momentum=0.7, weight_decay=0.02)),
    "rmsprop_cycled": ("RMSprop", dict()),
}


def learning_rate(step):
    """Changes at each step, so that a rate kept inside a buffer would show."""
    return 0.02 * (1 + step % 7) / (1 + 0.1 * step)


def cycled_momentum(step):
    return 0.95 - 0.01 * min(step, 20 - step)


def make_data():
    random = SplitMix64(SEED)
    parameters = [random.floats(*shape) for shape in SHAPES]
    # Sizes over four decades, and a tensor's worth of zeros at one step.
    gradients = []
    for step in range(STEPS):
        scale = 10.0 ** (step % 5 - 3)
        gradients.append([random.floats(*shape) * scale for shape in SHAPES])
    gradients[6][1].zero_()
    return parameters, gradients


def flat(tensors):
    return torch.cat([tensor.reshape(-1) for tensor in tensors])


def set_momentum(optimizer, value):
    group = optimizer.param_groups[0]
    if "betas" in group:
        group["betas"] = (value, group["betas"][1])
    else:
        group["momentum"] = value


def trajectory(name):
    kind, options = CASES[name]
    initial, gradients = make_data()
    parameters = [torch.nn.Parameter(p.clone()) for p in initial]
    optimizer = getattr(torch.optim, kind)(parameters, foreach=False, **options)
    after = []
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = learning_rate(step)
        if name.endswith("_cycled"):
            set_momentum(optimizer, cycled_momentum(step))
        for parameter, gradient in zip(parameters, gradients[step]):
            parameter.grad = gradient.clone()
        optimizer.step()
        after.append(float32_list(flat(parameters)))
    return {
        "name": name, "optimizer": kind, "cycled": name.endswith("_cycled"),
        "options": {k: v for k, v in options.items()}, "parameters_after": after,
    }


def clipping(maximum_norm, step):
    _, gradients = make_data()
    parameters = [torch.nn.Parameter(torch.zeros(shape)) for shape in SHAPES]
    for parameter, gradient in zip(parameters, gradients[step]):
        parameter.grad = gradient.clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters, maximum_norm)
    return {
        "name": f"clip_{maximum_norm}", "maximum_norm": maximum_norm, "step": step,
        "norm": float(norm), "clipped": float32_list(flat([p.grad for p in parameters])),
    }


class Flat(torch.nn.Module):
    def __init__(self, values):
        super().__init__()
        self.values = torch.nn.Parameter(values.clone())


def weight_average(decay):
    """The averaged values after each update; the model's are the gradients' steps."""
    _, gradients = make_data()
    model = Flat(flat(gradients[0]))
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))
    after = []
    for step in range(STEPS):
        model.values.data = flat(gradients[step]).clone()
        average.update_parameters(model)
        after.append(float32_list(average.module.values))
    return {"name": f"ema_{decay}", "decay": decay, "values_after": after}


parameters, gradients = make_data()
write_json("optimizers.json", {
    "metadata": metadata(SEED),
    "parameters": float32_list(flat(parameters)),
    "gradients": [float32_list(flat(step)) for step in gradients],
    "learning_rates": [learning_rate(step) for step in range(STEPS)],
    "cycled_momentums": [cycled_momentum(step) for step in range(STEPS)],
    "trajectories": [trajectory(name) for name in CASES],
    "clipping": [clipping(0.5, 3), clipping(2.0, 4), clipping(100.0, 4), clipping(0.01, 0)],
    "averages": [weight_average(0.9), weight_average(0.25)],
})
