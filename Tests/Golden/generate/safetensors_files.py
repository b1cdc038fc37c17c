"""Writes Tests/Golden/safetensors/: files made by the reference implementation of safetensors, and
expected.json, which says what is in them.

Run with a Python that has safetensors 0.8.0 and numpy: python safetensors_files.py
"""

import json
import pathlib
import struct

import numpy as np
import safetensors
from safetensors.numpy import save

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "safetensors"
FILES = {}


def header_of(data):
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length])


def record(name, data):
    header = header_of(data)
    metadata = header.pop("__metadata__", {})
    # What the reference reads is what is expected, not what this script meant to write.
    tensors = {
        key: {"dtype": view["dtype"], "shape": view["shape"], "hex": bytes(view["data"]).hex()}
        for key, view in sorted(safetensors.deserialize(data))
    }
    (FOLDER / name).write_bytes(data)
    FILES[name] = {"order": list(header), "metadata": metadata, "tensors": tensors}


def sorted_metadata(tensors, metadata):
    """The reference writes metadata in a random order; ours is sorted. Draw until it is."""
    while True:
        data = save(tensors, metadata=metadata)
        if list(header_of(data)["__metadata__"]) == sorted(metadata):
            return data


def every_dtype():
    """One tensor of every type that the reference writes."""
    names = (
        "bool uint8 int8 float8_e5m2 float8_e4m3fn float8_e8m0fnu float4_e2m1fn_x2 "
        "float8_e4m3fnuz float8_e5m2fnuz int16 uint16 float16 bfloat16 int32 uint32 float32 "
        "complex64 float64 int64 uint64"
    ).split()
    sizes = {"16": 2, "32": 4, "64": 8}
    rng = np.random.default_rng(42)
    buffers, specs = [], {}
    for name in names:
        size = 8 if name == "complex64" else sizes.get(name[-2:], 1)
        buffer = rng.integers(0, 2 if name == "bool" else 256, 6 * size, dtype=np.uint8)
        buffers.append(buffer)
        specs["t." + name] = safetensors.TensorSpec(
            dtype=name, shape=(2, 3), data_ptr=buffer.ctypes.data, data_len=buffer.nbytes
        )
    return bytes(safetensors.serialize(specs))


def by_hand(tensors):
    """For the types that the reference reads but doesn't write: the layout as it makes it."""
    header, offset, body = {}, 0, b""
    for name, dtype, shape, data in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


def main():
    assert safetensors.__version__ == "0.8.0", safetensors.__version__
    FOLDER.mkdir(exist_ok=True)
    rng = np.random.default_rng(7)
    model = {
        "conv1.weight": rng.standard_normal((3, 1, 2, 5)).astype(np.float32),
        "conv1.bias": rng.standard_normal(3).astype(np.float32),
        "bn1.num_batches_tracked": np.array(1234567890123, dtype=np.int64),
        "Z.before.a": np.array([[0.1, -0.0, 5e-324]], dtype=np.float64),
        "é.umlaut": np.array([1.5], dtype=np.float32),
        "escapes \"\\/\b\f\n\r\t\x01\x7f\u2028": np.array([2.5], dtype=np.float32),
        "😀": np.array([3.5], dtype=np.float32),
        "\uffee": np.array([4.5], dtype=np.float32),
    }
    record("model.safetensors", save(model))
    record("one_metadata.safetensors", save({"a": np.ones(3, np.float32)}, {"k\n/é": "v\x1f\"€"}))
    record(
        "metadata.safetensors",
        sorted_metadata(
            {"a": np.ones(3, np.float32)}, {"config": '{"epochs": 30}', "B": "2", "classes": ""}
        ),
    )
    record(
        "empty.safetensors",
        save(
            {
                "scalar": np.array(7.25, np.float32),
                "none": np.zeros((0,), np.float32),
                "flat": np.zeros((3, 0, 2), np.int64),
                "byte": np.array([255], np.uint8),
            }
        ),
    )
    record("no_tensors.safetensors", save({}))
    record("every_dtype.safetensors", every_dtype())
    record(
        "packed.safetensors",
        by_hand(
            [
                ("c", "F6_E3M2", [4], b"\x01\x02\x03"),
                ("b", "F6_E2M3", [2, 4], b"\x01\x02\x03\x04\x05\x06"),
                ("a", "F4", [2], b"\xab"),
            ]
        ),
    )
    expected = {
        "safetensors": safetensors.__version__,
        "numpy": np.__version__,
        "files": FILES,
    }
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
