"""Writes ../torch_model/: a model file made by PyTorch with safetensors.torch, and its logits.

model.safetensors has the metadata that Tessera's loader asks for; expected.safetensors has
`pixels` (bytes), `input` (the pixels normalised) and `logits` in evaluation mode.
"""

import json

import torch
import torch.nn.functional as F

from common import FOLDER, SplitMix64, save_reproducibly, write_safetensors
from network import DigitCNN

SEED = 44
MEAN, STANDARD_DEVIATION = 0.1307, 0.3081

# Every key of ModelConfig that has a value.
CONFIG = {
    "conv1_channels": 4, "conv2_channels": 3, "conv3_channels": 5, "dropout1_rate": 0.1,
    "dropout2_rate": 0.2, "hidden_size": 14, "use_batch_norm": True, "class_count": 10,
    "batch_size": 64, "epochs": 30, "learning_rate": 1e-3, "optimizer_type": "adam",
    "momentum": 0.9, "nesterov": False, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
    "rmsprop_alpha": 0.99, "weight_decay": 1e-5, "label_smoothing": 0.0, "schedule": "step",
    "warmup_steps": 0, "lr_step_size": 10, "lr_gamma": 0.1, "cosine_min_lr": 0.0,
    "one_cycle_pct_start": 0.3, "one_cycle_div_factor": 25.0, "one_cycle_final_div_factor": 1e4,
    "plateau_factor": 0.1, "plateau_patience": 10, "plateau_threshold": 1e-4,
    "plateau_cooldown": 0, "early_stopping": True, "patience": 7, "min_delta": 1e-3,
    "augmentation": True, "rotation_degrees": 15.0, "translation_fraction": 0.1,
    "scale_min": 0.9, "scale_max": 1.1, "seed": SEED,
}


def images(random, count):
    """Smooth blobs on black: bytes [count, 28, 28]."""
    noise = random.floats(count, 1, 9, 9, low=-1.5, high=1.0).clamp_min(0)
    smooth = F.interpolate(noise, size=(28, 28), mode="bilinear", align_corners=False)
    return (smooth[:, 0] * 255).round().clamp(0, 255).to(torch.uint8)


def normalized(pixels):
    return ((pixels.double() / 255 - MEAN) / STANDARD_DEVIATION).float()[:, None]


def trained_model(random):
    """A few steps, so that no weight or running statistic is at its first value."""
    torch.manual_seed(SEED)
    channels = [CONFIG[f"conv{number}_channels"] for number in (1, 2, 3)]
    model = DigitCNN(channels, hidden=CONFIG["hidden_size"]).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(20):
        inputs, labels = normalized(images(random, 16)), random.integers(16, 10)
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
    return model.eval()


def metadata_of(config):
    return {
        "format": "pt", "config": json.dumps(config),
        "normalization": json.dumps({"mean": MEAN, "standard_deviation": STANDARD_DEVIATION}),
        "class_names": json.dumps([str(digit) for digit in range(10)]),
        "input_height": "28", "input_width": "28", "metrics": "{}", "data_digest": "none",
        "created_at": "2026-11-21T00:00:00Z",
        "tessera_version": f"torch {torch.__version__.split('+')[0]}",
    }


random = SplitMix64(SEED)
model = trained_model(random)
pixels = images(random, 7)
with torch.no_grad():
    logits = model.double()(normalized(pixels).double()).float()
save_reproducibly(
    FOLDER / "torch_model/model.safetensors", model.float().state_dict(), metadata_of(CONFIG))
write_safetensors(
    "torch_model/expected.safetensors",
    {"pixels": pixels, "input": normalized(pixels), "logits": logits}, SEED)
