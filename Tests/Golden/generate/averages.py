"""Writes ../averages.json: moving averages whose decay is warmed up, by diffusers' EMAModel."""

import diffusers
import torch
from diffusers.training_utils import EMAModel

from common import SplitMix64, float32_list, metadata, write_json

SEED = 20261128
COUNT = 13
STEPS = 20


def make_steps():
    """What the model's values are after each step: far from one another at first, as in training."""
    random = SplitMix64(SEED)
    return [random.floats(COUNT) * (10.0 / (1 + step)) for step in range(STEPS)]


def average(decay):
    steps = make_steps()
    parameter = torch.nn.Parameter(steps[0].clone())
    model = EMAModel([parameter], decay=decay)
    after, decays = [], []
    for values in steps:
        parameter.data = values.clone()
        model.step([parameter])
        after.append(float32_list(model.shadow_params[0]))
        decays.append(model.cur_decay_value)
    return {"decay": decay, "decays": decays, "values_after": after}


write_json("averages.json", {
    "metadata": metadata(SEED) | {"diffusers": diffusers.__version__},
    "steps": [float32_list(values) for values in make_steps()],
    # The second reaches its own decay at the ninth update.
    "averages": [average(0.99), average(0.5)],
})
