"""Prints the matrix multiplication of a module, numpy or torch, on one thread as JSON: its library, the kernels that
the library chose for this processor, and its rate.

OpenBLAS tells its kernels through threadpoolctl, which comes with scikit-learn. oneMKL, which PyTorch contains, tells
them in the first line of its verbose output.
"""

import importlib
import json
import os
import re
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MKL_VERBOSE"):
    os.environ[name] = "1"
module = importlib.import_module(sys.argv[1])

SIZE = 1024
ROUNDS = 15
MKL_LINE = re.compile(r"MKL_VERBOSE (.*?) Product build .* for Intel\(R\) 64 architecture (.*?),")


def create_matrix():
    values = [(n * 7 % 13) / 13 for n in range(SIZE * SIZE)]
    floats = module.tensor(values) if module.__name__ == "torch" else module.array(values, module.float32)
    return floats.reshape(SIZE, SIZE)


def measure_rate():
    """Floating-point operations per second, in the fastest of several products."""
    one, other = create_matrix(), create_matrix()
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        one @ other
        best = min(best, time.perf_counter() - started)
    return 2 * SIZE**3 / best


def describe_openblas():
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return None
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas" and pool.get("architecture")]
    return [(f"{pool['internal_api']} {pool['version']}", pool["architecture"]) for pool in pools[:1]]


with tempfile.TemporaryFile() as output:
    stdout = os.dup(1)
    os.dup2(output.fileno(), 1)
    rate = measure_rate()
    os.dup2(stdout, 1)
    output.seek(0)
    found = MKL_LINE.findall(output.read().decode()) or describe_openblas() or [("unknown library", "unknown")]
library, kernels = found[0]
print(json.dumps({"library": library, "kernels": kernels, "rate": rate}))
