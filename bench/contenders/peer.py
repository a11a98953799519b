"""Shared code of the Python contenders: reads the task of bench/task.ts, and measures training or prediction.

A network has two methods. train(x, labels) trains on the samples in order and returns the sum of their losses.
predict(x) returns the probabilities [samples][classes].
"""

import json
import os
import resource
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
import numpy as np  # noqa: E402  (the number of threads is read on import)

SINGLE_SAMPLES = 1000

with open(sys.argv[1], encoding="utf8") as file:
    task = json.load(file)
layers = task["layers"]


def read(folder, name, kind):
    return np.fromfile(os.path.join(folder, name), dtype=kind)


def inputs(name, samples):
    """Returns float32 [samples][inputs]; bytes are divided by 255."""
    floats = task["inputs"] == "floats"
    values = read(task["data"], name, np.float32 if floats else np.uint8).reshape(-1, layers[0])[:samples]
    return values if floats else values.astype(np.float32) / np.float32(255)


def parameters():
    """Returns a weight [inputs][outputs] and a bias [outputs] per layer."""
    folder = task["weights"]
    return [
        (read(folder, f"w{i + 1}", np.float32).reshape(layers[i], layers[i + 1]), read(folder, f"b{i + 1}", np.float32))
        for i in range(len(layers) - 1)
    ]


def batches(samples, size):
    return ((first, min(first + size, samples)) for first in range(0, samples, size))


def peak_bytes():
    """Reads /proc on Linux, because getrusage includes the parent's memory at the time of the fork."""
    try:
        with open("/proc/self/status", encoding="utf8") as status:
            return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else 1024 * peak


def training(create):
    samples = task["checkpoints"][-1]
    x = inputs("orderedInputs", samples)
    labels = read(task["data"], "orderedLabels", np.uint8)[:samples].astype(np.int64)
    warm = min(samples, task["warmSteps"] * task["batchSize"])
    if warm > 0:
        create().train(x[:warm], labels[:warm])
    network, total, first, mean_losses = create(), 0.0, 0, {}
    started = time.perf_counter()
    for checkpoint in task["checkpoints"]:
        total += network.train(x[first:checkpoint], labels[first:checkpoint])
        first = checkpoint
        mean_losses[checkpoint] = total / checkpoint
    seconds = time.perf_counter() - started
    return {"kind": "train", "seconds": seconds, "meanLosses": mean_losses, "peakBytes": peak_bytes()}


def prediction(create):
    network, batch, calls = create(), task["batch"], task["calls"]
    x = inputs("test", SINGLE_SAMPLES if batch == 1 else batch)
    parts = [x[first:last] for first, last in batches(len(x), batch)]
    compared = [network.predict(part) for part in parts[: -(-task["compared"] // batch)]]
    for n in range(task["warmCalls"]):
        network.predict(parts[n % len(parts)])
    started = time.perf_counter()
    for n in range(calls):
        network.predict(parts[n % len(parts)])
    seconds = (time.perf_counter() - started) / calls / batch
    probabilities = np.concatenate(compared)[: task["compared"]].ravel().tolist()
    return {"kind": "predict", "seconds": seconds, "probabilities": probabilities}


def main(create):
    """`create` returns a network with the task's weights."""
    print(json.dumps((training if task["kind"] == "train" else prediction)(create)))
