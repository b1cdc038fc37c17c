"""Prints, as JSON, what TensorBoard's own reader finds in a folder of exported runs.

    read_tensorboard.py FOLDER

By run: scalars as [step, wall time, bits of the float32], texts, and the HParams plugin's session.
A record whose checksum is wrong ends the script with an error.
"""

import json
import pathlib
import struct
import sys

from google.protobuf.json_format import MessageToDict
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.util import tensor_util


def check_records(path):
    """TensorBoard's reader only warns of a damaged record; the comparison must not."""
    data, start, count = path.read_bytes(), 0, 0
    while start < len(data):
        header = data[start : start + 8]
        (length,) = struct.unpack("<Q", header)
        body = data[start + 12 : start + 12 + length]
        checksums = data[start + 8 : start + 12], data[start + 12 + length : start + 16 + length]
        if checksums != tuple(struct.pack("<I", masked_crc32c(part)) for part in (header, body)):
            sys.exit(f"{path}: record {count} is damaged")
        start, count = start + 16 + length, count + 1
    if len(list(RawEventFileLoader(str(path)).Load())) != count:
        sys.exit(f"{path}: {count} records, but TensorBoard reads another number")


def float_bits(value):
    return struct.unpack("<I", struct.pack("<f", value))[0]


def read(folder):
    # 0: keep everything. Without it, 10,000 points are sampled.
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    accumulator.Reload()
    tags = accumulator.Tags()
    scalars = {
        tag: [[e.step, e.wall_time, float_bits(e.value)] for e in accumulator.Scalars(tag)]
        for tag in tags["scalars"]
    }
    plugins = {tag: accumulator.SummaryMetadata(tag).plugin_data for tag in tags["tensors"]}
    texts = {
        tag: tensor_util.make_ndarray(accumulator.Tensors(tag)[0].tensor_proto).item().decode()
        for tag, plugin in plugins.items()
        if plugin.plugin_name == "text"
    }
    sessions = {
        tag.rsplit("/", 1)[1]: MessageToDict(
            plugin_data_pb2.HParamsPluginData.FromString(plugin.content)
        )
        for tag, plugin in plugins.items()
        if plugin.plugin_name == "hparams"
    }
    return {"scalars": scalars, "texts": texts, "sessions": sessions}


def main():
    runs = {}
    for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        for path in folder.iterdir():
            check_records(path)
        runs[folder.name] = read(folder)
    json.dump(runs, sys.stdout)


if __name__ == "__main__":
    main()
