"""The table and the results file."""

import json
import math
import os
import subprocess

from .figures import QUIET_SHARE
from .measures import read_recipes
from .options import ROOT
from .rounds import say


def say_absent(subjects):
    for name, reason in {s.name: s.absent for s in subjects if s.absent}.items():
        say(f"absent: {name}: {reason}")


# The table


def print_table(rows, machine, runs, arguments):
    data = runs[0]["report"]["data"] if runs else "nothing"
    threads = f"{arguments.threads} thread{'s' if arguments.threads > 1 else ''}"
    print(f"\n{machine['cpu']}, {machine['cores']} cores, {threads}; {data} images; medians over "
          f"runs that alternate\n")
    width = max(len(row["subject"]) for row in rows) + 2
    form = f"{{:<{width}}}  {{:>9}}  {{:>17}}  {{:>9}}  {{:>5}}  {{}}"
    print(form.format("", "median", "runs' range", "best", "runs", "Tessera is"))
    title = None
    for row in rows:
        if row["title"] != title:
            title = row["title"]
            print(f"{title}, {row['unit']}")
        print(line(row, form))
    if not all(row.get("only_quiet_runs", True) for row in rows):
        print("\n* The machine was busy: a subject had no quiet run for this measure, so all runs "
              "count. Measure again.")


def line(row, form):
    if "absent" in row:
        return f"  {row['subject']}: absent ({row['absent']})"

    def number(value):
        return f"{value:,.{row['digits']}f}" if math.isfinite(value) else "never"
    spread = f"{number(row['lowest'])}–{number(row['highest'])}"
    ratio = f"{row['tessera_ratio']:#.3g} ×" if "tessera_ratio" in row else ""
    return form.format(
        "  " + row["subject"], number(row["median"]), spread, number(row["best"]),
        f"{row['runs_used']}{' ' if row['only_quiet_runs'] else '*'}", ratio).rstrip()


# The results file


def git(*words):
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def finite(value):
    """JSON has no infinity: an accuracy that was never reached has no seconds."""
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value


def origin(now):
    """When, and of what; no path."""
    changes = git("status", "--porcelain", "--untracked-files=no", "--", ".",
                  ":(exclude)Benchmarks/Results")
    return {
        "date": now.isoformat(timespec="seconds"), "commit": git("rev-parse", "--short=12", "HEAD"),
        "uncommitted_changes": None if changes is None else changes != "",
    }


def circumstances(benchmark, yardsticks, best_yardstick, now, arguments):
    """When, of what, and on what machine; no path and no name of the machine."""
    return {
        "benchmark": benchmark, **origin(now),
        "machine": yardsticks.machine, "threads": arguments.threads, "rounds": arguments.rounds,
        "yardstick": {"subject": "sgemm 2048", "unit": "GFLOP/s", "best": best_yardstick,
                      "quiet_share": QUIET_SHARE, "values": yardsticks.values,
                      "one_thread": yardsticks.one_thread},
    }


def finite_row(row):
    return {key: finite(value) for key, value in row.items() if key not in ("title", "digits")}


def record(rows, runs, subjects, yardsticks, best_yardstick, now, arguments):
    """Everything that the table rests on."""
    return {
        **circumstances("comparison", yardsticks, best_yardstick, now, arguments),
        "versions": {s.name: s.version or s.absent for s in subjects if s.family != "tessera"},
        "seconds_a_run": arguments.seconds,
        "accuracy": {"rounds": arguments.accuracy_rounds, "recipes": read_recipes(arguments)}
                    if "accuracy" in arguments.only else None,
        "results": [finite_row(row) for row in rows],
        "mode_trials": {s.key: s.trials for s in subjects if s.trials},
        "runs": recorded_runs(runs),
    }


def recorded_runs(runs):
    return [{
        "round": run["round"], "case": str(run["case"]), "subject": run["subject"].key,
        "mode": run["subject"].chosen[run["case"]].name, "yardsticks": run["yardsticks"],
        "quiet": run["quiet"],
        "report": {key: value for key, value in run["report"].items() if key != "machine"},
    } for run in runs]


def write(content, path):
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".partial")
    unfinished.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    os.replace(unfinished, path)
