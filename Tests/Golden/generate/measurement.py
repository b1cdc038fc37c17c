"""Writes ../measurement.json: SciPy's Mann-Whitney U tests and bootstrap intervals.

Samples are speeds with a busy machine's tail. p-values and intervals are rounded to 12 significant
digits.
"""

import json
import pathlib

import numpy as np
import scipy
from scipy import stats

FILE = pathlib.Path(__file__).resolve().parent.parent / "measurement.json"
SEED = 20261121
VERSION = "1.17.1"
if scipy.__version__ != VERSION:
    raise SystemExit(f"scipy {VERSION} is needed, found {scipy.__version__}")

rng = np.random.default_rng(SEED)


def digits(value):
    return float(f"{float(value):.12g}")


def speeds(count, median, spread=0.01, step=None):
    """Slower than a ceiling by an exponential share; rounded to `step`, which makes ties."""
    values = median * (1 - rng.exponential(spread, count) + spread * np.log(2))
    values = np.round(values / (step or 0.001)) * (step or 0.001)
    return [digits(value) for value in values]


def mann_whitney(name, first, second):
    result = stats.mannwhitneyu(first, second, alternative="two-sided", method="auto")
    return {"name": name, "first": first, "second": second, "u": digits(result.statistic),
            "p": digits(result.pvalue)}


def ratio(first, second, axis=-1):
    return np.median(first, axis=axis) / np.median(second, axis=axis)


def bootstrap(name, first, second):
    interval = stats.bootstrap(
        (first, second), ratio, n_resamples=100_000, batch=1_000, confidence_level=0.95,
        method="percentile", paired=False, vectorized=True, rng=rng).confidence_interval
    return {"name": name, "first": first, "second": second, "ratio": digits(ratio(first, second)),
            "low": digits(interval.low), "high": digits(interval.high)}


content = {
    "metadata": {"scipy": scipy.__version__, "numpy": np.__version__, "seed": SEED},
    "mann_whitney": [
        mann_whitney("one_each", [2.0], [1.0]),
        mann_whitney("small", speeds(2, 100), speeds(3, 101)),
        mann_whitney("separated_5", speeds(5, 200), speeds(5, 100)),
        mann_whitney("separated_4", speeds(4, 100), speeds(4, 200)),
        mann_whitney("exact_limit", speeds(8, 1000), speeds(30, 1008)),
        mann_whitney("exact_other_way", speeds(40, 1008), speeds(7, 1000)),
        mann_whitney("exact_wide", speeds(8, 1000), speeds(200, 1005)),
        mann_whitney("above_the_limit", speeds(9, 1000), speeds(9, 1006)),
        mann_whitney("far_tail", speeds(60, 1100), speeds(50, 1000)),
        mann_whitney("same", speeds(40, 1000), speeds(40, 1000)),
        mann_whitney("small_ties", [3.0, 4.0, 4.0, 5.0], [4.0, 5.0, 6.0, 6.0, 7.0]),
        mann_whitney("ties", speeds(30, 1000, step=5), speeds(25, 1004, step=5)),
        mann_whitney("all_equal", [1.0] * 6, [1.0] * 9),
        mann_whitney("almost_all_equal", [1.0] * 12 + [2.0], [1.0] * 9),
    ],
    "bootstrap": [
        bootstrap("wide", speeds(20, 1000, 0.05), speeds(40, 1100, 0.03)),
        bootstrap("narrow", speeds(40, 5000), speeds(41, 5000)),
        bootstrap("few", speeds(5, 100, 0.05), speeds(6, 100, 0.05)),
    ],
}
text = json.dumps(content, separators=(",", ":"), allow_nan=False) + "\n"
text = text.replace('},{"name"', '},\n{"name"').replace('[{"name"', '[\n{"name"')
FILE.write_text(text)
print(f"{FILE.name}: {len(text):,} bytes")
