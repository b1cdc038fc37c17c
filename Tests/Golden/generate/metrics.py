"""Writes ../metrics/*.json: what scikit-learn and torchmetrics say of random and degenerate inputs.

NaN is written as null. Scores are rounded to 14 significant digits; the tests allow 1e-12.
"""

import json
import math
import pathlib
import warnings

import numpy as np
import scipy
import sklearn
import torch
import torchmetrics
from scipy.stats import binomtest
from sklearn import metrics as sk
from torchmetrics.functional.classification import multiclass_calibration_error

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "metrics"
SEED = 20261121
VERSION = "1.9.1"
if sklearn.__version__ != VERSION:
    raise SystemExit(f"scikit-learn {VERSION} is needed, found {sklearn.__version__}")

warnings.simplefilter("ignore")
rng = np.random.default_rng(SEED)
ZERO_DIVISION = {"warn": "warn", "zero": 0, "one": 1, "nan": np.nan}
NAMES = ["zero", "a", "T-shirt/top", "Größe 7", "日本語", "e\u0301" * 20, "x" * 31, "", "weighted avg", "👍🏽"]


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return None if math.isnan(value) else float(f"{float(value):.14g}")
    return value.item() if isinstance(value, np.generic) else value


def scores(labels, predictions, classes, zero_division):
    def columns(average):
        p, r, f, _ = sk.precision_recall_fscore_support(
            labels, predictions, labels=classes, average=average,
            zero_division=ZERO_DIVISION[zero_division])
        return [p, r, f]

    support = sk.precision_recall_fscore_support(labels, predictions, labels=classes)[3]
    return {
        "per_class": columns(None), "support": [int(count) for count in support],
        "micro": columns("micro"), "macro": columns("macro"), "weighted": columns("weighted"),
    }


def agreement(labels, predictions, classes):
    return {
        "accuracy": sk.accuracy_score(labels, predictions),
        "balanced_accuracy": sk.balanced_accuracy_score(labels, predictions),
        "matthews": sk.matthews_corrcoef(labels, predictions),
        "kappa": [
            sk.cohen_kappa_score(labels, predictions, labels=classes, weights=weights)
            for weights in (None, "linear", "quadratic")
        ],
    }


def confusion(labels, predictions, classes):
    """None where scikit-learn raises because none of the classes is in the labels."""
    if classes is not None and not set(classes) & set(labels):
        return None
    counts = sk.confusion_matrix(labels, predictions, labels=classes)
    if len(counts) > 20:  # The shares would be most of the file.
        return {"counts": counts}
    return {
        "counts": counts,
        "true": sk.confusion_matrix(labels, predictions, labels=classes, normalize="true"),
        "pred": sk.confusion_matrix(labels, predictions, labels=classes, normalize="pred"),
        "all": sk.confusion_matrix(labels, predictions, labels=classes, normalize="all"),
    }


def label_case(name, labels, predictions, classes=None, zero_division="warn", digits=2, named=False):
    labels, predictions = list(map(int, labels)), list(map(int, predictions))
    shown = classes if classes is not None else sorted(set(labels) | set(predictions))
    names = [NAMES[int(rng.integers(len(NAMES)))] for _ in shown] if named else None
    matrix = confusion(labels, predictions, classes)
    return plain({
        "name": name, "labels": labels, "predictions": predictions, "classes": classes,
        "zero_division": zero_division, "digits": digits, "class_names": names,
        "scores": scores(labels, predictions, classes, zero_division),
        "agreement": agreement(labels, predictions, classes if matrix else None),
        "confusion": matrix,
        "report": sk.classification_report(
            labels, predictions, labels=classes, target_names=names, digits=digits,
            zero_division=ZERO_DIVISION[zero_division]),
    })


def label_cases():
    for zero_division in ZERO_DIVISION:
        def case(name, *arguments, **options):
            return label_case(
                f"{name}, {zero_division}", *arguments, zero_division=zero_division, **options)

        yield case("single sample, right", [3], [3])
        yield case("single sample, wrong", [3], [5])
        yield case("one class", [2] * 5, [2] * 5)
        yield case("one label, other predictions", [2] * 5, [1, 2, 3, 2, 2])
        yield case("one prediction", [0, 1, 2, 1], [1] * 4)
        yield case("all wrong", [0, 1, 2, 0], [1, 2, 0, 2])
        yield case("all wrong, outside", [1, 2], [2, 1], classes=[5, 6])
        yield case("perfect", [0, 1, 2, 3], [0, 1, 2, 3])
        yield case("binary", [0, 1, 1, 0, 1], [0, 1, 0, 0, 0])
        yield case("predicted class absent from labels", [0, 0, 1], [2, 0, 1])
        yield case("absent classes listed", [0, 0, 4], [0, 4, 4], classes=list(range(6)))
        yield case("subset", [0, 1, 2, 3, 1, 0], [0, 2, 2, 1, 1, 3], classes=[2, 0])
        yield case("subset without predictions", [0, 1, 2, 2], [0, 1, 1, 0], classes=[2])
        yield case("negative and far labels", [-7, 1000000, -7, 3], [3, 1000000, -7, -7])
    # More than 128, where NumPy begins to sum by halves.
    yield label_case("many classes", rng.integers(0, 140, 200), rng.integers(0, 140, 200), digits=17)
    for index in range(150):
        count, size = int(rng.integers(1, 9)), int(rng.integers(1, 41))
        pool = rng.choice(np.arange(-4, 24), size=count, replace=False)
        labels = rng.choice(pool, size)
        # From nearly always right to chance.
        predictions = np.where(rng.random(size) < rng.random(), labels, rng.choice(pool, size))
        classes = None
        if index % 3 == 0:
            classes = [int(c) for c in rng.choice(np.arange(-4, 24), int(rng.integers(1, 10)), replace=False)]
            classes = [int(labels[0])] + [c for c in classes if c != labels[0]]
        yield label_case(
            f"random {index}", labels, predictions, classes,
            zero_division=list(ZERO_DIVISION)[index % 4], digits=[2, 2, 0, 4, 1, 17][index % 6],
            named=index % 2 == 0)


def probability_case(name, labels, probabilities, dtype=np.float32, bins=15):
    labels = np.array(labels, int)
    table = np.array(probabilities, dtype)
    count = table.shape[1]
    classes = list(range(count))
    # argmax takes the first of equal values, as Tessera does.
    predictions = table.argmax(axis=1)
    indicator = np.eye(count, dtype=int)[labels]
    auc = {
        average: sk.roc_auc_score(indicator, table, average=None if average == "per_class" else average)
        if count == 2
        else sk.roc_auc_score(
            labels, table, labels=classes, multi_class="ovr",
            average=None if average == "per_class" else average)
        for average in ("per_class", "macro", "weighted")
    }
    if count == 2 and len(set(labels)) == 2:
        auc["binary"] = sk.roc_auc_score(labels, table[:, 1])
    scored = table if count > 2 else table[:, 1]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loss = sk.log_loss(labels, table, labels=classes)
    return plain({
        "name": name, "labels": labels, "class_count": count, "bins": bins,
        "double": dtype == np.float64,
        # The shortest decimals that read back as the same number.
        "probabilities": [],
        "log_loss": loss, "log_loss_warns": bool(caught),
        "top_k": [
            sk.top_k_accuracy_score(labels, scored, k=k, labels=classes)
            for k in range(1, count + 2)
        ],
        "auc": auc,
        "ece": multiclass_calibration_error(
            torch.from_numpy(table), torch.from_numpy(labels), count, n_bins=bins).item(),
        "scores": scores(labels, predictions, classes, "warn"),
        "agreement": agreement(labels, predictions, classes),
        "report": sk.classification_report(labels, predictions, labels=classes, target_names=[f"class {c}" for c in classes]),
    }) | {"probabilities": [float(str(value)) for value in table.reshape(-1)]}


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def shares(size, count, parts):
    """Rows of multiples of 1/parts: full of ties, and on the edges of bins."""
    return rng.multinomial(parts, np.full(count, 1 / count), size) / parts


def probability_cases():
    yield probability_case("single sample, two classes", [1], [[0.25, 0.75]])
    yield probability_case("single sample, three classes", [0], [[0.25, 0.5, 0.25]])
    yield probability_case("one class of four", [2, 2, 2], shares(3, 4, 8))
    yield probability_case("one class of two", [0, 0, 0], [[0.5, 0.5], [1, 0], [0.25, 0.75]])
    yield probability_case("uniform", [0, 1, 2, 1], [[0.25] * 4] * 4)
    yield probability_case("two even", [0, 1, 1], [[0.5, 0.5]] * 3)
    yield probability_case("certain and right", [0, 1, 2], np.eye(3))
    yield probability_case("certain and wrong", [1, 2, 0], np.eye(3))
    yield probability_case("certain and wrong, double", [1, 2, 0], np.eye(3), np.float64)
    yield probability_case("one bin", [0, 1, 2, 2], shares(4, 3, 8), bins=1)
    edges = [[k / 15, 1 - k / 15] for k in range(16)]
    yield probability_case("edges of bins", rng.integers(0, 2, 16), edges)
    yield probability_case("edges of bins, double", rng.integers(0, 2, 16), edges, np.float64)
    for bins in (7, 15, 22, 100):
        edges = torch.linspace(0, 1, bins + 1).numpy()
        edges = np.concatenate([edges, np.nextafter(edges, np.float32(0))])
        edges = edges[edges > 0.5]
        yield probability_case(
            f"float32 edges of {bins} bins", rng.integers(0, 2, len(edges)),
            np.stack([edges, 1 - edges], axis=1), bins=bins)
    edges = [[k / 10, 1 - k / 10] for k in range(11)]
    yield probability_case("edges of ten bins", rng.integers(0, 2, 11), edges, bins=10)
    for off in (1e-8, 2e-8, 3e-8, 1e-6, 9e-6):
        table = [[0.25, 0.5, 0.25 - off], [0.25, 0.5, 0.25]]
        yield probability_case(f"{off} short of one", [0, 1], table, np.float64)
    yield probability_case("5e-6 short of one, float32", [0, 1], [[0.5, 0.499995], [0.75, 0.25]])
    for index in range(76):
        count, size = int(rng.integers(2, 8)), int(rng.integers(1, 24))
        labels = rng.integers(0, max(1, count - index % 3), size)
        if index % 3 == 0:
            table = shares(size, count, int(rng.choice([4, 8, 15, 30])))
        else:
            logits = rng.normal(size=(size, count)) * 2
            logits[np.arange(size), labels] += rng.random() * 4
            table = softmax(logits).astype(np.float32)
        dtype = np.float64 if index % 5 == 0 else np.float32
        yield probability_case(f"random {index}", labels, table, dtype, bins=[15, 15, 10][index % 3])
    labels = rng.integers(0, 10, 150)
    logits = rng.normal(size=(150, 10))
    logits[np.arange(150), labels] += 3
    yield probability_case("ten classes", labels, softmax(logits).astype(np.float32))


def raising_cases():
    """Inputs that scikit-learn refuses; the message is kept to show that it does."""
    half = np.array([[0.5, 0.5, 0], [0.2, 0.3, 0.5]])
    calls = {
        "empty": lambda: sk.classification_report([], []),
        "predictions short": lambda: sk.accuracy_score([0, 1, 2], [0, 1]),
        "no listed class in labels": lambda: sk.confusion_matrix([0, 1], [1, 0], labels=[7]),
        "no classes listed": lambda: sk.confusion_matrix([0, 1], [1, 0], labels=[]),
        "names short": lambda: sk.classification_report([0, 1], [1, 0], target_names=["a"]),
        "label outside, log loss": lambda: sk.log_loss([0, 3], half, labels=[0, 1, 2]),
        "label outside, AUC": lambda: sk.roc_auc_score(
            [0, 3], half, multi_class="ovr", labels=[0, 1, 2]),
        "above one": lambda: sk.log_loss([0, 1], half * 2.5, labels=[0, 1, 2]),
        "below zero": lambda: sk.log_loss([0, 1], half - 0.1, labels=[0, 1, 2]),
        "not finite": lambda: sk.log_loss([0, 1], half * np.nan, labels=[0, 1, 2]),
        "rows short of one": lambda: sk.roc_auc_score(
            [0, 1], half * 0.9, multi_class="ovr", labels=[0, 1, 2]),
        "one class": lambda: sk.log_loss([0, 0], [[1.0], [1.0]], labels=[0]),
        "probabilities short": lambda: sk.log_loss([0, 1, 2], half, labels=[0, 1, 2]),
        "top zero": lambda: sk.top_k_accuracy_score([0, 1], half, k=0, labels=[0, 1, 2]),
    }
    for name, call in calls.items():
        try:
            call()
        except ValueError as error:
            yield {"name": name, "message": str(error)}
        else:
            raise SystemExit(f"{name}: scikit-learn doesn't raise")


def wilson_cases():
    for successes, trials in [(0, 1), (1, 1), (0, 10), (10, 10), (5, 10), (9936, 10000), (1, 7)]:
        interval = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
        yield plain({
            "successes": successes, "trials": trials,
            "lower": interval.low, "upper": interval.high,
        })


def write(name, cases):
    versions = {
        "scikit-learn": sklearn.__version__, "torchmetrics": torchmetrics.__version__,
        "numpy": np.__version__, "scipy": scipy.__version__, "seed": SEED,
    }
    lines = ",\n".join(
        json.dumps(case, separators=(",", ":"), ensure_ascii=False, allow_nan=False) for case in cases)
    text = f'{{"versions":{json.dumps(versions)},"cases":[\n{lines}\n]}}\n'
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{name}: {len(text.encode()):,} bytes")


write("labels.json", list(label_cases()))
write("probabilities.json", list(probability_cases()))
write("raising.json", list(raising_cases()))
write("wilson.json", list(wilson_cases()))
