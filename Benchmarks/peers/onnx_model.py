"""What the peers that score an ONNX file share: their flags, and the check of their logits."""

import pathlib

import common
import numpy


def parse_arguments(description):
    parser = common.parser(description, seconds=5)
    parser.add_argument("--model", type=pathlib.Path, required=True,
                        help="the file that export_onnx.py wrote")
    parser.add_argument("--streams", type=int, default=1,
                        help="batches that are scored at the same time, sharing the threads")
    return parser.parse_args()


class Check:
    """Fails unless a runner's logits are PyTorch's: another network's speed would say nothing."""

    def __init__(self, model):
        expected = numpy.load(model.with_suffix(".npz"))
        self.images, self.logits = expected["images"], expected["logits"]
        self.parameters, self.batch = int(expected["parameters"]), len(self.images)

    def __call__(self, runner):
        difference = float(numpy.abs(runner(self.images) - self.logits).max())
        # Float32 through seven layers; logits of this network are below 10.
        if not difference < 1e-3:
            raise common.PeerError(f"the logits differ from PyTorch's by {difference:.2g}")
