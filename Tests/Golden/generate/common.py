"""What the PyTorch generators share: seeded data, and writers that record library versions."""

import json
import pathlib

import numpy as np
import torch

FOLDER = pathlib.Path(__file__).resolve().parent.parent
VERSION = "2.15.0"

if torch.__version__.split("+")[0] != VERSION:
    raise SystemExit(f"torch {VERSION} is what the goldens are made with, found {torch.__version__}")

# One thread: the order of PyTorch's own sums then doesn't depend on the machine's cores.
torch.set_num_threads(1)


class SplitMix64:
    """The SeededGenerator of Tests/Support, number by number."""

    MASK = (1 << 64) - 1

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & self.MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & self.MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & self.MASK
        return z ^ (z >> 31)

    def floats(self, *shape, low=-1.0, high=1.0):
        """Uniform in [low, high): low + (high - low) * the top 24 bits, rounded as float32 does."""
        count = int(np.prod(shape))
        top = np.array([self.next() >> 40 for _ in range(count)], np.float32)
        low, high = np.float32(low), np.float32(high)
        values = low + (high - low) * (top * np.float32(2.0**-24))
        return torch.from_numpy(values.reshape(shape))

    def integers(self, count, bound):
        """Each from the top 32 bits of one draw, modulo bound."""
        return torch.tensor([(self.next() >> 32) % bound for _ in range(count)])


def metadata(seed, **more):
    return {"torch": torch.__version__.split("+")[0], "numpy": np.__version__, "seed": seed} | more


def float32_list(tensor):
    """The shortest decimals that read back as the same float32."""
    return [float(str(value)) for value in tensor.detach().reshape(-1).to(torch.float32).numpy()]


def write_json(name, content):
    text = json.dumps(content, separators=(",", ":"), allow_nan=False) + "\n"
    # A line a case keeps differences readable.
    text = text.replace('},{"name"', '},\n{"name"').replace('[{"name"', '[\n{"name"')
    (FOLDER / name).write_text(text)
    print(f"{name}: {len(text):,} bytes")


def save_reproducibly(path, tensors, metadata):
    """safetensors.torch.save_file, but with sorted metadata: the library's order is random."""
    from safetensors.torch import save

    data = save({key: value.detach().contiguous().clone() for key, value in tensors.items()}, metadata)
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])
    print(f"{path.name}: {path.stat().st_size:,} bytes, {len(tensors)} tensors")


def write_safetensors(name, tensors, seed, **more):
    content = {key: str(value) for key, value in metadata(seed, **more).items()}
    save_reproducibly(FOLDER / name, tensors, content)
