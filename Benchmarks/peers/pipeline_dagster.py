"""A run of Dagster over a pipeline of Tessera's shape whose assets do nothing, as one JSON object.

Six assets with the dependencies of Tessera's; what is left is what orchestrating them costs. None
of them returns or loads a value, which spares Dagster the pickle files. With `--executor in_process`
the assets run in this process; with `multiprocess`, Dagster's default, each runs in one of its own,
which is a new Python (`--start-method spawn`, the default) or forked off one that has Dagster loaded
(`forkserver`). `--home` is the folder of a persistent instance, which records the run and is made if
it isn't there; without it an in-process run is recorded nowhere, and a multiprocess run in a
temporary folder.

    pipeline_dagster.py --executor multiprocess [--start-method forkserver] [--home DIR]
"""

import argparse
import contextlib
import json
import pathlib
import platform
import tempfile
import time

import dagster
from process_time import process_seconds


@dagster.asset
def raw_data() -> None:
    pass


@dagster.asset(deps=[raw_data])
def processed_data() -> None:
    pass


@dagster.asset(deps=[processed_data])
def model() -> None:
    pass


@dagster.asset(deps=[model, processed_data])
def evaluation() -> None:
    pass


@dagster.asset(deps=[model, evaluation])
def deployment() -> None:
    pass


@dagster.asset(deps=[deployment])
def predictions() -> None:
    pass


ASSETS = [raw_data, processed_data, model, evaluation, deployment, predictions]


def pipeline():
    """The job, at module scope: each process of the multiprocess executor makes it again."""
    definitions = dagster.Definitions(
        assets=ASSETS, jobs=[dagster.define_asset_job("pipeline", selection=ASSETS)])
    return definitions.resolve_job_def("pipeline")


@contextlib.contextmanager
def opened_instance(arguments):
    """The persistent instance, or None where an in-process run needs none."""
    with contextlib.ExitStack() as stack:
        home = arguments.home
        if home is None and arguments.executor == "multiprocess":
            home = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if home is None:
            yield None
            return
        home.mkdir(parents=True, exist_ok=True)
        # Without it Dagster notes each run in the user's own folder, to be sent.
        (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
        yield stack.enter_context(dagster.DagsterInstance.from_config(str(home)))


def execute(arguments, instance):
    if arguments.executor == "in_process":
        return dagster.materialize(ASSETS, instance=instance)
    configuration = {"multiprocess": {"start_method": {arguments.start_method: {}}}}
    return dagster.execute_job(dagster.reconstructable(pipeline), instance=instance,
                               run_config={"execution": {"config": configuration}})


def count_materialized(result):
    return sum(event.is_step_materialization for event in result.all_events)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--executor", choices=["in_process", "multiprocess"], default="in_process")
    parser.add_argument("--start-method", choices=["spawn", "forkserver"], default="spawn",
                        help="how the multiprocess executor starts its processes")
    parser.add_argument("--home", type=pathlib.Path, help="folder of the instance that has the runs")
    arguments = parser.parse_args()
    with opened_instance(arguments) as instance:
        start = time.perf_counter()
        result = execute(arguments, instance)
        seconds = time.perf_counter() - start
        since_start = process_seconds()
        materialized = count_materialized(result)
    if not result.success or materialized != len(ASSETS):
        raise SystemExit(f"{materialized} of {len(ASSETS)} assets were made")
    print(json.dumps({
        "subject": "pipeline_dagster", "executor": arguments.executor,
        "start_method": arguments.start_method if arguments.executor == "multiprocess" else None,
        "persistent": instance is not None, "assets": materialized,
        "execution_seconds": round(seconds, 3), "seconds_to_end": round(since_start, 3),
        "dagster": dagster.__version__, "python": platform.python_version(),
    }))


if __name__ == "__main__":
    main()
