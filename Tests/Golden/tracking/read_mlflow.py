"""Prints, as JSON, what MLflow's own client finds in an experiment.

    read_mlflow.py ADDRESS EXPERIMENT

By run: times in milliseconds, metrics as [step, time, text of the number], artifacts in base64.
"""

import base64
import json
import pathlib
import sys
import tempfile

from mlflow.tracking import MlflowClient


def metric_points(client, run_id, key):
    points = client.get_metric_history(run_id, key)
    return [[p.step, p.timestamp, repr(float(p.value))] for p in points]


def artifact_files(client, run_id, path=None):
    for entry in client.list_artifacts(run_id, path):
        if entry.is_dir:
            yield from artifact_files(client, run_id, entry.path)
        else:
            yield entry.path


def artifacts(client, run_id):
    with tempfile.TemporaryDirectory() as folder:
        return {
            path: base64.b64encode(
                pathlib.Path(client.download_artifacts(run_id, path, folder)).read_bytes()
            ).decode()
            for path in artifact_files(client, run_id)
        }


def read(client, run):
    info, data = run.info, run.data
    return {
        "id": info.run_id,
        "name": info.run_name,
        "status": info.status,
        "start": info.start_time,
        "end": info.end_time,
        "parameters": data.params,
        "tags": data.tags,
        "metrics": {key: metric_points(client, info.run_id, key) for key in data.metrics},
        "artifacts": artifacts(client, info.run_id),
    }


def main():
    address, experiment = sys.argv[1:]
    client = MlflowClient(tracking_uri=address)
    found = client.get_experiment_by_name(experiment)
    runs = client.search_runs([found.experiment_id])
    json.dump([read(client, run) for run in runs], sys.stdout)


if __name__ == "__main__":
    main()
