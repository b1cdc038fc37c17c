"""From runs to rows: which runs count, their medians and their spread."""

import statistics

# Under this share of the comparison's best yardstick, something else was using the cores.
QUIET_SHARE = 0.85


def mark_quiet(runs):
    """Sets each run's `quiet`; the best yardstick is returned."""
    best = max((value for run in runs for value in run["yardsticks"]), default=0)
    for run in runs:
        run["quiet"] = min(run["yardsticks"]) >= QUIET_SHARE * best
    return best


def used_runs(runs, measure, subjects):
    """The runs of a measure that count, by subject key: the quiet ones, or, if a subject has none,
    all runs of all subjects, so that every subject is judged by the same rule."""
    def of(subject, quiet_only):
        return [run for run in runs if run["case"] == measure.case
                and run["subject"] is subject and (run["quiet"] or not quiet_only)]
    quiet_only = measure.depends_on_load and all(of(subject, True) for subject in subjects)
    return {subject.key: of(subject, quiet_only) for subject in subjects}


def summarize(measures, subjects, runs, arguments):
    """One row for each measure and subject, with Tessera's median divided by the subject's.

    A run counts once, by its median: a slow run has fewer blocks, and would weigh less in a median
    over all blocks than a fast one."""
    rows = []
    for measure in measures:
        asked = [s for s in subjects if s.does(measure.case) and s.key not in measure.excluded]
        present = [s for s in asked if not s.why_absent(measure.case)]
        used = used_runs(runs, measure, present)
        block = [present_row(measure, s, used[s.key]) if s in present else absent_row(measure, s)
                 for s in asked]
        add_ratios(block)
        rows += block
    return rows


def present_row(measure, subject, used):
    values = [measure.value(run["report"]) for run in used]
    all_quiet = all(run["quiet"] for run in used) or not measure.depends_on_load
    return {
        **heading(measure, subject), "median": statistics.median(values), "lowest": min(values),
        "highest": max(values),
        "best": measure.better([measure.best(run["report"]) for run in used]),
        "runs_used": len(values), "only_quiet_runs": all_quiet,
    }


def absent_row(measure, subject):
    return {**heading(measure, subject), "absent": subject.why_absent(measure.case)}


def heading(measure, subject):
    return {"measure": measure.key, "title": measure.title, "unit": measure.unit,
            "digits": measure.digits, "higher_is_better": measure.higher_is_better,
            "key": subject.key, "family": subject.family, "subject": subject.label(measure.case)}


def add_ratios(block):
    """Tessera to each other row of the block; none where a side has no finite figure."""
    tessera = next((row for row in block if row["key"] == "tessera"), {}).get("median")
    for row in block:
        finite = all(value not in (None, 0, float("inf")) for value in (tessera, row.get("median")))
        if finite and row["key"] != "tessera":
            row["tessera_ratio"] = tessera / row["median"]


def yardstick_rows(yardsticks, arguments):
    """What the machine's BLAS reached during the comparison, on all threads and on one."""
    machine, rows = yardsticks.machine, []
    counts = {1: yardsticks.one_thread, arguments.threads: yardsticks.values}
    for threads, values in sorted(counts.items(), reverse=True):
        rows.append({
            "measure": "sgemm", "title": "sgemm 2048³, the yardstick", "unit": "GFLOP/s",
            "digits": 0, "higher_is_better": True, "key": f"sgemm-{threads}", "family": "blas",
            "subject": f"{machine['blas']} ({machine['blas_core']}), {threads} "
                       f"thread{'s' if threads > 1 else ''}",
            "median": statistics.median(values), "lowest": min(values), "highest": max(values),
            "best": max(values), "runs_used": len(values), "only_quiet_runs": True,
        })
    return rows
