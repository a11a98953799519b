"""The assignment's way: a NumPy loop, one sample at a time, on one thread."""

import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
import numpy as np  # noqa: E402  (the number of threads is read on import)

folder, task = sys.argv[1], json.loads(sys.argv[2])
samples, rate = task["samples"], np.float32(task["learningRate"])


def read(name, kind, shape):
    return np.fromfile(os.path.join(folder, name), dtype=kind).reshape(shape)


images = read("orderedImages", np.uint8, (-1, 784))[:samples].astype(np.float32) / np.float32(255)
labels = read("orderedLabels", np.uint8, (-1,))[:samples]
test = read("testImages", np.uint8, (-1, 784))[:1000].astype(np.float32) / np.float32(255)
w1, w2 = read("w1", np.float32, (784, 300)).copy(), read("w2", np.float32, (300, 10)).copy()
b1, b2 = np.zeros(300, np.float32), np.zeros(10, np.float32)


def forward(x):
    h = 1 / (1 + np.exp(-(x @ w1 + b1)))
    z = h @ w2 + b2
    z = z - z.max()
    e = np.exp(z)
    return h, z, e / e.sum(), np.log(e.sum())


probabilities = [float(p) for x in test[: task["predictions"]] for p in forward(x)[2]]
started = time.perf_counter()
for x in test:
    forward(x)
predict_microseconds = (time.perf_counter() - started) * 1e6 / len(test)

total, mean_losses = 0.0, {}
started = time.perf_counter()
for n in range(samples):
    x, label = images[n], labels[n]
    h, z, y, log_sum = forward(x)
    total += float(log_sum - z[label])
    dz = y
    dz[label] -= 1
    dh = (w2 @ dz) * h * (1 - h)
    w2 -= rate * np.outer(h, dz)
    b2 -= rate * dz
    w1 -= rate * np.outer(x, dh)
    b1 -= rate * dh
    if n + 1 in task["checkpoints"]:
        mean_losses[n + 1] = total / (n + 1)
epoch_seconds = (time.perf_counter() - started) * 60000 / samples

print(
    json.dumps(
        {
            "epochSeconds": epoch_seconds,
            "samples": samples,
            "meanLosses": mean_losses,
            "predictMicroseconds": predict_microseconds,
            "probabilities": probabilities,
        }
    )
)
