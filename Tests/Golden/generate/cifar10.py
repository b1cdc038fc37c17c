"""Writes Tests/Golden/cifar10: a set in the form of cifar-10-binary.tar.gz with a record a batch, and what
NumPy reads in it (expected.json). Given a folder with train.bin.gz and test.bin.gz, digests of what NumPy
reads there as well.

    python Tests/Golden/generate/cifar10.py [FOLDER]
"""
import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile

import numpy as np

OUT = pathlib.Path(__file__).resolve().parent.parent / "cifar10"
OUT.mkdir(exist_ok=True)
NAMES = "airplane automobile bird cat deer dog frog horse ship truck".split()
FILES = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
rng = np.random.default_rng(10)


def read(content):
    """Labels [N] and images [N, 32, 32, 3]."""
    records = np.frombuffer(content, np.uint8).reshape(-1, 3073)
    return records[:, 0], records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)


def digests(content):
    labels, images = read(content)
    scaled = images.reshape(-1, 3) / 255
    return {"count": len(labels), "class_counts": np.bincount(labels, minlength=10).tolist(),
            "pixels_sha256": hashlib.sha256(images.tobytes()).hexdigest(),
            "labels_sha256": hashlib.sha256(labels.tobytes()).hexdigest(),
            "mean": scaled.mean(0).tolist(), "standard_deviation": scaled.std(0).tolist()}


def add(archive, name, content):
    info = tarfile.TarInfo("cifar-10-batches-bin/" + name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


expected = {"numpy": np.__version__, "files": {}}
tar = io.BytesIO()
# As the published one, it has a folder, a page, and the files in no order.
with tarfile.open(fileobj=tar, mode="w", format=tarfile.PAX_FORMAT) as archive:
    folder = tarfile.TarInfo("cifar-10-batches-bin")
    folder.type = tarfile.DIRTYPE
    folder.pax_headers = {"comment": "an extended header"}
    archive.addfile(folder)
    for name in [FILES[4], "readme.html", FILES[0], FILES[5], FILES[2], "batches.meta.txt", FILES[1],
                 FILES[3]]:
        if name == "readme.html":
            add(archive, name, b"<html></html>\n" * 50)
        elif name == "batches.meta.txt":
            add(archive, name, ("\n".join(NAMES) + "\n\n").encode())
        else:
            # Each channel a gradient of its own, with noise: channels that change places are told.
            y, x = np.mgrid[0:32, 0:32]
            image = np.stack([8 * x, 8 * y, 255 - 4 * (x + y)]) + rng.integers(-7, 8, (3, 32, 32))
            label = (7 * FILES.index(name) + 3) % 10
            content = bytes([label]) + np.clip(image, 0, 255).astype(np.uint8).tobytes()
            add(archive, name, content)
            labels, images = read(content)
            expected["files"][name] = {
                "sha256": hashlib.sha256(content).hexdigest(), "labels": labels.tolist(),
                "pixels": images.tobytes().hex()}
(OUT / "cifar-10-binary.tar.gz").write_bytes(gzip.compress(tar.getvalue(), mtime=0))
if len(sys.argv) > 1:
    small = pathlib.Path(sys.argv[1])
    expected["small"] = {part: digests(gzip.decompress((small / f"{part}.bin.gz").read_bytes()))
                         for part in ["train", "test"]}
(OUT / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
