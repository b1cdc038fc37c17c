"""Inference throughput and latency of OpenVINO, as one JSON object.

The model is the one that `export_onnx.py` wrote from the same PyTorch network, reshaped to the batch
and computed in float32 as everybody else computes it. With `--streams 1` OpenVINO tunes itself for
latency, with more for throughput with so many batches in flight.

    infer_openvino.py --model model.onnx --batch 64 --threads 2 --seconds 5 [--streams 2]
"""

import common
import onnx_model
import openvino


def compile_model(arguments, batch):
    core = openvino.Core()
    model = core.read_model(arguments.model)
    model.reshape([batch, 1, 28, 28])
    return core.compile_model(model, "CPU", {
        "PERFORMANCE_HINT": "LATENCY" if arguments.streams == 1 else "THROUGHPUT",
        "NUM_STREAMS": str(arguments.streams),
        "INFERENCE_NUM_THREADS": str(arguments.threads),
        # The default is bfloat16 where the CPU has it.
        "INFERENCE_PRECISION_HINT": "f32",
    })


def make_runner(compiled):
    """One in-flight batch; the input is read in place and the logits aren't copied."""
    request = compiled.create_infer_request()
    return lambda images: request.infer(
        {0: images}, share_inputs=True, share_outputs=True)[0]


def main():
    arguments = onnx_model.parse_arguments(__doc__)
    check = onnx_model.Check(arguments.model)
    check(make_runner(compile_model(arguments, check.batch)))
    compiled = compile_model(arguments, arguments.batch)
    runners = [make_runner(compiled) for _ in range(arguments.streams)]
    batches = common.evaluation_batches(arguments)
    samples, steps, latencies, first = common.sample_inference(runners, batches, arguments)
    common.print_report(
        "infer_openvino", arguments, samples, steps, first, check.parameters, latencies,
        openvino=openvino.__version__, streams=arguments.streams)


if __name__ == "__main__":
    common.run(main)
