"""Writes ../schedules.json: learning rates (and momentums) of PyTorch's schedules, in double."""

import torch
from torch.optim import lr_scheduler

from common import SplitMix64, metadata, write_json

SEED = 7
EPOCHS = 70


def make_optimizer(rate, kind="SGD"):
    parameter = torch.nn.Parameter(torch.zeros(1))
    options = {"momentum": 0.9} if kind == "SGD" else {}
    return getattr(torch.optim, kind)([parameter], lr=rate, **options)


def rate_of(optimizer):
    return float(optimizer.param_groups[0]["lr"])


def momentum_of(optimizer):
    group = optimizer.param_groups[0]
    return float(group["betas"][0] if "betas" in group else group["momentum"])


def by_epoch(name, kind, rate, options, make):
    optimizer = make_optimizer(rate)
    scheduler = make(optimizer)
    rates = []
    for _ in range(EPOCHS):
        rates.append(rate_of(optimizer))
        optimizer.step()
        scheduler.step()
    return {"name": name, "kind": kind, "learning_rate": rate, "options": options, "rates": rates}


def step(name, rate, step_size, gamma):
    return by_epoch(
        name, "step", rate, dict(step_size=step_size, gamma=gamma),
        lambda o: lr_scheduler.StepLR(o, step_size, gamma))


def cosine(name, rate, epochs, minimum):
    return by_epoch(
        name, "cosine", rate, dict(epochs=epochs, minimum=minimum),
        lambda o: lr_scheduler.CosineAnnealingLR(o, epochs, minimum))


def one_cycle(name, kind, rate, total_steps, **options):
    optimizer = make_optimizer(1.0, kind)
    scheduler = lr_scheduler.OneCycleLR(optimizer, rate, total_steps, **options)
    rates, momentums = [], []
    for index in range(total_steps):
        rates.append(rate_of(optimizer))
        momentums.append(momentum_of(optimizer))
        optimizer.step()
        if index + 1 < total_steps:
            scheduler.step()
    options = dict(pct_start=0.3, div_factor=25.0, final_div_factor=1e4) | options
    return {
        "name": name, "kind": "one_cycle", "learning_rate": rate,
        "options": dict(total_steps=total_steps) | options, "rates": rates, "momentums": momentums,
    }


def plateau(name, rate, losses, **options):
    optimizer = make_optimizer(rate)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    rates = []
    for loss in losses:
        rates.append(rate_of(optimizer))
        scheduler.step(loss)
    options = dict(factor=0.1, patience=10, threshold=1e-4, cooldown=0) | options
    return {
        "name": name, "kind": "plateau", "learning_rate": rate, "options": options,
        "losses": losses, "rates": rates,
    }


def falling_losses():
    """Falls, then wanders: good epochs, ties, near-ties within the threshold, one rise."""
    random = SplitMix64(SEED)
    noise = random.floats(EPOCHS).tolist()
    losses = [1 / (1 + 0.3 * epoch) + 0.04 * noise[epoch] for epoch in range(EPOCHS)]
    losses[12] = losses[11]
    losses[20] = min(losses[:20]) * (1 - 0.5e-4)
    losses[30] = 3.0
    return losses


def warmup(name, rate, warmup_steps, steps_per_epoch, kind, options, make):
    """LinearLR by steps beside another schedule by epochs, both recursive on the same rate."""
    optimizer = make_optimizer(rate)
    # Each scheduler's constructor takes the rate that it finds as its base.
    epoch_scheduler = make(optimizer)
    linear = lr_scheduler.LinearLR(
        optimizer, start_factor=1 / warmup_steps, total_iters=max(warmup_steps - 1, 1))
    rates = []
    for index in range(80):
        rates.append(rate_of(optimizer))
        optimizer.step()
        linear.step()
        if (index + 1) % steps_per_epoch == 0 and epoch_scheduler is not None:
            epoch_scheduler.step()
    return {
        "name": name, "kind": kind, "learning_rate": rate, "options": options,
        "warmup_steps": warmup_steps, "steps_per_epoch": steps_per_epoch, "rates": rates,
    }


losses = falling_losses()
write_json("schedules.json", {
    "metadata": metadata(SEED),
    "schedules": [
        step("step", 1e-3, 10, 0.1),
        step("step_each_epoch", 0.3, 1, 0.93),
        step("step_odd", 0.05, 7, 0.5),
        cosine("cosine", 1e-3, 30, 0.0),
        cosine("cosine_minimum", 0.1, 13, 1e-3),
        cosine("cosine_whole", 0.02, EPOCHS, 1e-5),
        cosine("cosine_one_epoch", 0.02, 1, 1e-4),
        one_cycle("one_cycle_sgd", "SGD", 0.4, 65),
        one_cycle("one_cycle_adam", "Adam", 4e-3, 200),
        one_cycle("one_cycle_rmsprop", "RMSprop", 4e-3, 61),
        one_cycle("one_cycle_options", "Adam", 0.01, 97, pct_start=0.15, div_factor=10.0,
                  final_div_factor=100.0),
        one_cycle("one_cycle_1_step", "SGD", 0.4, 1),
        one_cycle("one_cycle_2_steps", "SGD", 0.4, 2),
        one_cycle("one_cycle_3_steps", "SGD", 0.4, 3),
        one_cycle("one_cycle_4_steps", "SGD", 0.4, 4),
        plateau("plateau", 0.1, losses, patience=3),
        plateau("plateau_cooldown", 0.1, losses, patience=1, factor=0.5, cooldown=4),
        plateau("plateau_eager", 0.01, losses, patience=0, factor=0.3, threshold=0.1),
        # The 1e-8 rule: rates this low are left as they are.
        plateau("plateau_tiny", 1.05e-8, [1.0] * 64, patience=2, factor=0.5),
        plateau("plateau_default", 0.1, [1.0] * 64),
        plateau("plateau_negative", 0.1, [-loss for loss in losses], patience=2),
        warmup("warmup_constant", 0.01, 12, 9, "constant", dict(), lambda o: None),
        warmup("warmup_step", 0.01, 25, 9, "step", dict(step_size=2, gamma=0.3),
               lambda o: lr_scheduler.StepLR(o, 2, 0.3)),
        warmup("warmup_cosine", 0.01, 25, 4, "cosine", dict(epochs=20, minimum=0.0),
               lambda o: lr_scheduler.CosineAnnealingLR(o, 20)),
        warmup("warmup_1_step", 0.01, 1, 9, "step", dict(step_size=1, gamma=0.5),
               lambda o: lr_scheduler.StepLR(o, 1, 0.5)),
    ],
})
