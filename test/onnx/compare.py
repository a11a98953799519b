"""Compares answers of imported ONNX files with those of ONNX Runtime."""

import json
import subprocess
from pathlib import Path

import numpy as np
import onnxruntime as ort

ort.set_default_logger_severity(4)
ROOT = Path(__file__).parents[2]
TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16,
         "tensor(uint8)": np.uint8, "tensor(int64)": np.int64, "tensor(int32)": np.int32}
FLOATS = (np.float16, np.float32, np.float64)


class Importer:
    """answer.ts as a process: a question and an answer are a line each."""

    def __init__(self):
        command = ["node", "test/onnx/answer.ts"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, file, rows, task=None):
        question = {"file": str(file), "rows": np.asarray(rows, dtype=np.float64).tolist()}
        if task is not None:
            question["task"] = task
        print(json.dumps(question), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


def sample(found, features, samples, random):
    """Random samples of the shape and type of an input, of which open sizes have the features that are left."""
    kind = TYPES[found.type]
    shape = [size if isinstance(size, int) and size > 0 else None for size in found.shape]
    samples = shape[0] or samples
    known = int(np.prod([size for size in shape[1:] if size]))
    opened = [axis for axis in range(1, len(shape)) if shape[axis] is None]
    sizes = [samples, *(size or 1 for size in shape[1:])]
    if opened:
        sizes[opened[-1]] = max(1, features // known)
    if kind in (np.uint8, np.int64, np.int32):
        return random.integers(0, 256, sizes).astype(kind)
    return (random.normal(size=sizes) * 2).astype(kind)


def softmax(z):
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def is_right(ours, outputs, samples, tolerance):
    """Whether one of the outputs has our probabilities, and no label contradicts them."""
    found = False
    for output in outputs:
        if isinstance(output, list):
            output = np.array([list(row.values()) for row in output])
        output = np.asarray(output)
        if output.dtype.kind in "iUO" and output.size == samples:
            order = np.sort(ours, axis=1)
            sure = order[:, -1] - order[:, -2] > 1e-3
            if output.dtype.kind == "i" and not np.array_equal(ours.argmax(axis=1)[sure], output.reshape(-1)[sure]):
                return False
            found = True
            continue
        if output.size % samples or output.shape[:1] != (samples,):
            continue
        rows = output.reshape(samples, -1).astype(np.float64)
        if rows.shape[1] == 1 and ours.shape[1] == 2:
            rows = np.concatenate([1 - rows, rows], axis=1)
        if rows.shape != ours.shape:
            continue
        distribution = (rows >= 0).all() and np.allclose(rows.sum(axis=1), 1, atol=1e-3)
        forms = [rows] if distribution else [softmax(rows)]
        found = found or any(np.abs(form - ours).max() <= tolerance for form in forms)
    return found


def compare(importer, path, random, tolerance=1e-5):
    """One of right, wrong, refused, and rejected (by ONNX Runtime, but accepted); and a reason."""
    about, task = importer.ask(path, []), None
    if "the task regression" in about.get("refused", ""):
        task = "regression"
        about = importer.ask(path, [], task)
    if "refused" in about:
        return "refused", about["refused"]
    try:
        session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        found = session.get_inputs()[0]
        rows = sample(found, about["spec"]["layers"][0], 5, random)
        outputs = session.run(None, {found.name: rows})
    except Exception as error:
        return "rejected", str(error)
    samples = len(rows)
    answer = importer.ask(path, rows.reshape(samples, -1), task)
    if "refused" in answer:
        return "wrong", answer["refused"]
    if not all(np.isfinite(output).all() for output in outputs if getattr(output, "dtype", np.int64) in FLOATS):
        return "not finite", ""
    if task == "regression":
        close = [np.allclose(output.reshape(-1), answer["values"], rtol=1e-4, atol=1e-5) for output in outputs if output.size == len(answer["values"])]
        return ("right", "") if any(close) else ("wrong", json.dumps(about["spec"]))
    ours = np.array(answer["probabilities"]).reshape(samples, -1)
    loose = 5e-3 if found.type == "tensor(float16)" else tolerance
    return ("right", "") if is_right(ours, outputs, samples, loose) else ("wrong", json.dumps(answer["spec"]))
