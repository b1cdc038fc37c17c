"""Inference throughput and latency of ONNX Runtime, as one JSON object.

The model is the one that `export_onnx.py` wrote from the same PyTorch network. All graph
optimisations are on, the batch is fixed before they run, and denormals count as zero. `--streams N`
runs N sessions of threads/N threads at the same time, each on a batch of its own.

    infer_onnxruntime.py --model model.onnx --batch 64 --threads 2 --seconds 5 [--streams 2]
"""

import common
import onnxruntime
import onnx_model


def make_session(arguments, batch):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = max(1, arguments.threads // arguments.streams)
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_free_dimension_override_by_name("batch", batch)
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return onnxruntime.InferenceSession(
        str(arguments.model), options, providers=["CPUExecutionProvider"])


def make_runner(arguments, batch):
    session = make_session(arguments, batch)
    return lambda images: session.run(["logits"], {"images": images})[0]


def main():
    arguments = onnx_model.parse_arguments(__doc__)
    check = onnx_model.Check(arguments.model)
    check(make_runner(arguments, check.batch))
    runners = [make_runner(arguments, arguments.batch) for _ in range(arguments.streams)]
    batches = common.evaluation_batches(arguments)
    samples, steps, latencies, first = common.sample_inference(runners, batches, arguments)
    common.print_report(
        "infer_onnxruntime", arguments, samples, steps, first, check.parameters, latencies,
        onnxruntime=onnxruntime.__version__, streams=arguments.streams)


if __name__ == "__main__":
    common.run(main)
