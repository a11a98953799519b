"""
Networks that PyTorch, scikit-learn and Keras write freshly, imported and compared with ONNX Runtime.

python test/onnx/exports.py [networks] [seed]: needs onnx, onnxruntime, numpy, and torch with onnxscript, scikit-learn
with skl2onnx, tensorflow with tf2onnx; absent ones are left out, and their names are printed.
"""

import collections
import importlib.util
import io
import os
import sys
import tempfile
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
from compare import Importer, compare

warnings.filterwarnings("ignore")
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""


def torch_network(random, path):
    """A random torch.nn.Sequential, with the old or the new exporter."""
    import torch
    from torch import nn

    torch.manual_seed(int(random.integers(1 << 30)))
    common = [nn.ReLU, nn.Sigmoid, nn.Tanh, nn.GELU, lambda: nn.GELU("tanh"), nn.SiLU, nn.ELU, nn.LeakyReLU,
              nn.Softplus, nn.Identity]
    rare = [lambda: nn.LeakyReLU(0.2), nn.ReLU6, nn.Hardswish, nn.Mish, nn.SELU, nn.PReLU, lambda: nn.ELU(0.5),
            nn.Hardtanh, nn.Softsign, lambda: nn.Softplus(2), nn.CELU, nn.LogSigmoid, lambda: nn.Threshold(0, 0)]
    kinds = common if random.random() < 0.8 else rare
    shape = [(4,), (6,), (1, 2, 3), (2, 3), (1, 4, 4)][int(random.integers(5))]
    features = int(np.prod(shape))
    layers = [nn.Flatten()] if len(shape) > 1 or random.random() < 0.2 else []
    if random.random() < 0.15:
        layers.append(nn.BatchNorm1d(features))
    mixed, kind = random.random() < 0.3, kinds[int(random.integers(len(kinds)))]
    width = features
    for _ in range(int(random.integers(0, 4))):
        size = int(random.choice([2, 5, 8, 16]))
        layers.append(nn.Linear(width, size, bias=random.random() < 0.8))
        width = size
        after = random.random()
        if after < 0.2:
            layers.append(nn.BatchNorm1d(size))
        elif after < 0.22:
            layers.append(nn.LayerNorm(size))
        layers.append((kinds[int(random.integers(len(kinds)))] if mixed else kind)())
        if random.random() < 0.2:
            layers.append(nn.Dropout(0.5))
        if random.random() < 0.1:
            layers.append(nn.BatchNorm1d(size))
    classes = int(random.choice([1, 2, 3, 5]))
    layers.append(nn.Linear(width, classes))
    if classes == 1:
        layers.append(nn.Sigmoid())
    else:
        layers.extend([[], [nn.Softmax(1)], [nn.LogSoftmax(1)], [nn.Softmax(-1)], [nn.Sigmoid()], [nn.Dropout()]][int(random.integers(6))])
    model = nn.Sequential(*layers)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            module.weight.data.normal_()
            module.bias.data.normal_()
    training = random.random() < 0.05
    model.train(training)
    x = torch.randn(int(random.choice([1, 2, 5])), *shape)
    dynamo = random.random() < 0.4
    opset = int(random.integers(18, 22)) if dynamo else int(random.integers(9, 21))
    free = random.random() < 0.8
    options = {"dynamo": dynamo, "opset_version": opset, "input_names": ["x"], "output_names": ["y"]}
    if dynamo:
        options["dynamic_shapes"] = ({0: torch.export.Dim("batch")},) if free and len(x) > 1 else None
        options["external_data"] = bool(random.random() < 0.7)
        options["verbose"] = False
    else:
        options["dynamic_axes"] = {"x": {0: "n"}, "y": {0: "n"}} if free else None
        options["training"] = torch.onnx.TrainingMode.TRAINING if training else torch.onnx.TrainingMode.EVAL
        options["do_constant_folding"] = bool(random.random() < 0.7)
    torch.onnx.export(model, (x,), str(path), **options)
    return f"torch {'dynamo' if dynamo else 'script'}"


def sklearn_network(random, path):
    """A random classifier of scikit-learn, behind a scaler or not."""
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, RobustScaler, StandardScaler

    features, classes = int(random.integers(2, 7)), int(random.integers(2, 5))
    x = (random.normal(size=(60, features)) * 3 + 2).astype(np.float32)
    y = random.integers(0, classes, 60)
    y[:classes] = np.arange(classes)
    if random.random() < 0.4:
        y = np.array(["ant", "bee", "cat", "dog"])[y]
    seed = int(random.integers(1 << 30))
    hidden = tuple(int(size) for size in random.integers(2, 9, int(random.integers(0, 3))))
    activation = str(random.choice(["relu", "tanh", "logistic", "identity"]))
    models = [lambda: MLPClassifier(hidden, activation=activation, max_iter=3, random_state=seed)] * 4
    models += [lambda: LogisticRegression(max_iter=20), lambda: LogisticRegression(max_iter=20), lambda: RidgeClassifier(),
               lambda: SGDClassifier(loss="log_loss", max_iter=5)]
    scalers = [None, StandardScaler(), MinMaxScaler(), RobustScaler(), MaxAbsScaler(), Normalizer(), StandardScaler(with_mean=False)]
    scaler = scalers[int(random.integers(len(scalers)))]
    model = models[int(random.integers(len(models)))]()
    pipeline = model if scaler is None else make_pipeline(scaler, model)
    pipeline.fit(x, y)
    options = {"zipmap": bool(random.random() < 0.5)}
    options = {} if isinstance(model, RidgeClassifier) else {id(model): options}
    onnx = to_onnx(pipeline, x[:1], options=options, target_opset={"": int(random.integers(9, 21)), "ai.onnx.ml": 3})
    path.write_bytes(onnx.SerializeToString())
    return f"scikit-learn {type(model).__name__}"


def keras_network(random, path):
    """A random Sequential of Keras, through tf2onnx."""
    import keras
    import tensorflow as tf
    import tf2onnx
    from keras import layers

    keras.utils.set_random_seed(int(random.integers(1 << 30)))
    shape = [(4,), (6,), (2, 3), (4, 4, 1)][int(random.integers(4))]
    kinds = ["relu", "sigmoid", "tanh", "gelu", "silu", "elu", "leaky_relu", "softplus", "selu", "relu6", "hard_sigmoid", "linear", "mish", "exponential"]
    steps = [keras.Input(shape)]
    if random.random() < 0.3:
        steps.append(layers.Rescaling(1 / 127.5, offset=-1))
    elif random.random() < 0.2:
        steps.append(layers.Normalization(mean=[1.0] * shape[-1], variance=[4.0] * shape[-1]))
    if len(shape) > 1:
        steps.append(layers.Flatten())
    kind = str(random.choice(kinds))
    for _ in range(int(random.integers(0, 3))):
        steps.append(layers.Dense(int(random.choice([3, 5, 8])), activation=kind, use_bias=bool(random.random() < 0.8)))
        if random.random() < 0.2:
            steps.append(layers.BatchNormalization())
        if random.random() < 0.2:
            steps.append(layers.Dropout(0.5))
    classes = int(random.choice([1, 2, 3]))
    steps.append(layers.Dense(classes, activation="sigmoid" if classes == 1 else str(random.choice(["softmax", "linear"]))))
    model = keras.Sequential(steps)
    for variable in model.variables:
        if "moving_variance" not in variable.path and variable.dtype == "float32":
            variable.assign(variable + random.normal(size=variable.shape).astype(np.float32) * 0.1)
    function = tf.function(lambda x: model(x, training=False), input_signature=[tf.TensorSpec((None, *shape), tf.float32, name="x")])
    onnx, _ = tf2onnx.convert.from_function(function, function.input_signature, opset=int(random.integers(9, 19)))
    path.write_bytes(onnx.SerializeToString())
    return "Keras"


MAKERS = {"torch": (torch_network, 6), "skl2onnx": (sklearn_network, 3), "tf2onnx": (keras_network, 1)}


def main(networks=500, seed=1):
    found = {name: maker for name, maker in MAKERS.items() if importlib.util.find_spec(name)}
    absent = [name for name in MAKERS if name not in found]
    if absent:
        print("left out, as they are not installed:", ", ".join(absent))
    weights = np.array([weight for _, weight in found.values()], float)
    counts, reasons, importer = collections.Counter(), collections.Counter(), Importer()
    folder = Path(tempfile.mkdtemp())
    for index in range(networks):
        random = np.random.default_rng([seed, index])
        make = list(found.values())[random.choice(len(found), p=weights / weights.sum())][0]
        path = folder / f"network-{index}.onnx"
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                kind = make(random, path)
        except Exception as error:
            counts["not exported"] += 1
            print("not exported", make.__name__, repr(error)[:200], flush=True)
            continue
        outcome, reason = compare(importer, path, random)
        counts[f"{kind}: {outcome}"] += 1
        if outcome == "refused":
            reasons[reason.partition("): ")[0].rpartition("(")[2] + ": " + reason.partition("): ")[2][:150]] += 1
        elif outcome != "right":
            print(outcome, path, reason[:300].replace("\n", " "), flush=True)
    for name, count in sorted(counts.items()):
        print(f"{count:5} {name}")
    print("refusals:")
    for name, count in reasons.most_common():
        print(f"{count:5} {name}")
    sys.exit(1 if any(name.endswith("wrong") for name in counts) else 0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
