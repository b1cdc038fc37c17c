"""The ratios that a comparison may be asked to keep."""

from .running import Failure

# By flag: the measures' keys start so, the rows that are compared with, whether a batch of 1 counts.
GATES = {
    "at_least_training": ("train-", ("pytorch",), "train"),
    "at_least_inference": ("infer-", ("onnxruntime",), "infer"),
    "at_most_latency": ("latency-median", ("onnxruntime",), "infer"),
    "at_least_scaling": (("train-", "infer-"), ("tessera-1-thread",), "train"),
    "at_most_memory": ("memory-", ("pytorch",), "memory"),
    "at_most_time_to_accuracy": ("accuracy-", ("pytorch",), "accuracy"),
}


def asked(arguments):
    return {name: ratio for name in GATES if (ratio := getattr(arguments, name))}


def flag(name):
    return "--" + name.replace("_", "-")


def check_possible(arguments, measures):
    """Before anything runs: a gate over what isn't measured would never fail."""
    for name in asked(arguments):
        if not any(measure.key.startswith(GATES[name][0]) for measure in measures):
            raise Failure(f"{flag(name)} needs --only {GATES[name][2]} among what is measured")


def of_gate(name, rows):
    """The gate's rows, absent ones too."""
    starts, peers, _ = GATES[name]
    return [row for row in rows if row["measure"].startswith(starts) and row["key"] != "tessera"
            and row["measure"] != "infer-1" and row["key"].startswith(peers)]


def enforce(arguments, rows):
    """Fails where a ratio is missed, or can't be told because the peer is absent."""
    misses = []
    for name, ratio in asked(arguments).items():
        found = of_gate(name, rows)
        told = [row for row in found if "tessera_ratio" in row]
        for measure in sorted({row["measure"] for row in found} or {"its measure"}):
            values = [row["tessera_ratio"] for row in told if row["measure"] == measure]
            if not values:
                misses.append(f"{flag(name)}: no figure to compare with for {measure}")
                continue
            # The peer's best mode: the one to which Tessera looks worst.
            least = name.startswith("at_least")
            value = min(values) if least else max(values)
            if value < ratio if least else value > ratio:
                misses.append(f"{flag(name)} {ratio:g}: {value:.3f} for {measure}")
    if misses:
        raise Failure("not kept:\n  " + "\n  ".join(misses))
