"""Writes events.tfevents: a small run as TensorBoard's own code writes it.

    make_events.py    (with what requirements.txt names)

RunExportsTests has the same run (`ExportedRun.small`) and expects these very bytes of Tessera.
"""

import pathlib

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import metadata as hparams_metadata
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.plugins.hparams.api_pb2 import Status
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter

START, END = 1_700_000_000.25, 1_700_000_060.5

RUN = """| key | value |
|---|---|
| run | run-1 |
| name | a \\| b |
| experiment | digits |
| status | succeeded |
| started | 2023-11-14T22:13:20Z |
| finished | 2023-11-14T22:14:20Z |
| tag machine | &lt;small> &amp; \\*old\\* |"""

PARAMETERS = """| key | value |
|---|---|
| augment | true |
| learning\\_rate | 1e-3 |
| optimizer | adam |"""

HPARAMS = {"augment": True, "learning_rate": 1e-3, "optimizer": "adam"}

METRICS = [
    (1_700_000_010.5, 0, "train/loss", 2.302585092994046),
    (1_700_000_020.5, 1, "train/loss", 0.1),
    (1_700_000_020.5, 1, "train/norm", float("inf")),
    (1_700_000_030.5, 2, "train/loss", float("nan")),
    (1_700_000_040.5, (1 << 31) - 1, "Genauigkeit é", 0.991),
]


def hparams(tag, **content):
    data = plugin_data_pb2.HParamsPluginData(**content)
    metadata = hparams_metadata.create_summary_metadata(data)
    # TensorBoard leaves a map's order to chance.
    metadata.plugin_data.content = data.SerializeToString(deterministic=True)
    return Summary.Value(tag=tag, metadata=metadata, tensor=hparams_metadata.NULL_TENSOR)


def session_start():
    info = plugin_data_pb2.SessionStartInfo(group_name="run-1", start_time_secs=START)
    for name, value in HPARAMS.items():
        kind = {bool: "bool_value", float: "number_value", str: "string_value"}[type(value)]
        setattr(info.hparams[name], kind, value)
    return hparams(hparams_metadata.SESSION_START_INFO_TAG, session_start_info=info)


def session_end():
    info = plugin_data_pb2.SessionEndInfo(status=Status.STATUS_SUCCESS, end_time_secs=END)
    return hparams(hparams_metadata.SESSION_END_INFO_TAG, session_end_info=info)


def events():
    yield Event(wall_time=START, file_version="brain.Event:2")
    yield Event(wall_time=START, summary=text_pb("tessera/run", RUN))
    yield Event(wall_time=START, summary=text_pb("tessera/parameters", PARAMETERS))
    yield Event(wall_time=START, summary=Summary(value=[session_start()]))
    for time, step, tag, number in METRICS:
        value = Summary.Value(tag=tag, simple_value=number)
        yield Event(wall_time=time, step=step, summary=Summary(value=[value]))
    yield Event(wall_time=END, summary=Summary(value=[session_end()]))


def main():
    path = pathlib.Path(__file__).resolve().parent / "events.tfevents"
    with open(path, "wb") as file:
        writer = RecordWriter(file)
        for event in events():
            writer.write(event.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
