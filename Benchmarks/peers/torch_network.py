"""DigitCNN in PyTorch in each of the modes that are measured."""

import importlib.util
import pathlib

import torch

# The one definition of the network in PyTorch; the golden values come from it too.
_FILE = pathlib.Path(__file__).resolve().parents[2] / "Tests/Golden/generate/network.py"
_SPEC = importlib.util.spec_from_file_location("network", _FILE)
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
DigitCNN = _MODULE.DigitCNN


def add_mode_flags(parser):
    parser.add_argument("--channels-last", action="store_true", help="NHWC instead of NCHW")
    parser.add_argument("--compile", action="store_true", help="torch.compile (needs a C++ compiler)")


def memory_format(arguments):
    return torch.channels_last if arguments.channels_last else torch.contiguous_format


def make_network(arguments):
    """The network with random weights, in the memory format asked for; not yet compiled."""
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    return DigitCNN().to(memory_format=memory_format(arguments))


def with_equal_plain_pool(network):
    """The network with its adaptive pool replaced by the plain one that equals it on 7×7 maps
    (windows 0–2, 2–4, 4–6), which exporters and compilers know."""
    network.average = torch.nn.AvgPool2d(3, stride=2)
    return network


def parameter_count(network):
    return sum(p.numel() for p in network.parameters())


def details(arguments):
    return {
        "torch": torch.__version__, "mkldnn": torch.backends.mkldnn.is_available(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "channels_last": arguments.channels_last, "compile": arguments.compile,
    }
