"""Golden values of the stratified split, from scikit-learn.

Run: python Tests/Golden/generate/split.py [FOLDER OF MNIST]   (needs scikit-learn and numpy)

Writes, in Tests/Golden:
  split.json               small random cases: labels, sizes, seed, and the indices or the error
  split_sample.json        the shipped sample's 5,000 labels, 20 % test, seed 42: digests and ends
  split_sample_indices.bin.gz      the whole lists: train then test, uint16 little-endian
  split_mnist.json, split_mnist_indices.bin.gz     the same for MNIST's 60,000 training labels
"""
import gzip
import hashlib
import io
import json
import pathlib
import sys
import warnings

import numpy as np
import sklearn
from sklearn.model_selection import train_test_split

golden = pathlib.Path(__file__).resolve().parents[1]
root = golden.parents[1]
versions = {"scikit_learn": sklearn.__version__, "numpy": np.__version__}
warnings.simplefilter("error")


def split(labels, test_size, train_size, seed):
    return train_test_split(
        range(len(labels)), test_size=test_size, train_size=train_size, random_state=seed,
        stratify=labels)


def small_labels(rng):
    kind = rng.integers(4)
    classes = int(rng.integers(2, 8))
    if kind == 0:  # equal classes: every remainder ties
        labels = np.repeat(np.arange(classes), int(rng.integers(2, 6)))
    elif kind == 1:  # any counts, one-member classes now and then
        labels = np.repeat(np.arange(classes), rng.integers(1, 9, classes))
    elif kind == 2:  # one class far larger
        counts = rng.integers(2, 4, classes)
        counts[rng.integers(classes)] += 20
        labels = np.repeat(np.arange(classes), counts)
    else:  # labels with gaps
        labels = np.repeat(rng.choice(10, classes, replace=False), rng.integers(2, 8, classes))
    return rng.permutation(labels)


def small_case(rng):
    labels = small_labels(rng)
    n = len(labels)
    if rng.random() < 0.6:
        test_size = float(rng.choice([0.1, 0.2, 0.25, 0.3, 0.33, 0.5, 0.7, 1 / 3]))
    else:
        test_size = int(rng.integers(1, n))
    train_size = None
    if rng.random() < 0.25:
        fraction = float(rng.choice([0.2, 0.4, 0.5]))
        train_size = fraction if rng.random() < 0.5 else int(rng.integers(1, n))
    seed = int(rng.choice([0, 1, 42, 123456789, 2**32 - 1, int(rng.integers(2**32))]))
    return labels, test_size, train_size, seed


def write_cases():
    rng = np.random.default_rng(20261121)
    cases = []
    for _ in range(400):
        labels, test_size, train_size, seed = small_case(rng)
        case = {
            "labels": "".join(map(str, labels)), "test_size": test_size,
            "train_size": train_size, "seed": seed,
        }
        try:
            train, test = split(labels, test_size, train_size, seed)
            case |= {"train": train, "test": test}
        except ValueError as error:
            case["error"] = str(error)
        cases.append(case)
    text = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    header = json.dumps(versions)[:-1]
    (golden / "split.json").write_text(header + ', "cases": [\n' + text + "\n]}\n")
    failed = sum("error" in case for case in cases)
    print(f"split.json: {len(cases)} cases, {failed} of them errors")


def write_lists(name, labels):
    train, test = split(labels, 0.2, None, 42)

    def summary(indices):
        digest = hashlib.sha256(np.asarray(indices, "<i4").tobytes()).hexdigest()
        return {
            "count": len(indices), "sha256_int32_le": digest,
            "first": indices[:100], "last": indices[-100:],
        }

    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, compresslevel=9, mtime=0) as file:
        file.write(np.asarray(train + test, "<u2").tobytes())
    (golden / f"split_{name}_indices.bin.gz").write_bytes(out.getvalue())
    values = versions | {
        "test_size": 0.2, "seed": 42,
        "labels_sha256": hashlib.sha256(labels.tobytes()).hexdigest(),
        "train": summary(train), "test": summary(test),
    }
    (golden / f"split_{name}.json").write_text(json.dumps(values) + "\n")
    print(f"split_{name}: {len(train)} + {len(test)} indices")


def idx_labels(path):
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=8)


write_cases()
sample = root / "Sources/Datasets/Resources/mnist-sample/sample-labels-idx1-ubyte.gz"
write_lists("sample", idx_labels(sample))
mnist = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root.parent / "shared/data/mnist"
write_lists("mnist", idx_labels(mnist / "train-labels-idx1-ubyte.gz"))
