"""Random multilayer perceptrons as ONNX graphs, in the forms of several exporters."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT


class Builder:
    def __init__(self, random, opset):
        self.random, self.opset = random, opset
        self.nodes, self.constants, self.count = [], [], 0

    def name(self, prefix="v"):
        self.count += 1
        return f"{prefix}{self.count}"

    def constant(self, values, dtype=np.float32):
        name = self.name("c")
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype=dtype), name))
        return name

    def add(self, kind, inputs, outputs=1, domain="", **attributes):
        names = [self.name() for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, name=f"n{len(self.nodes)}", domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def normal(self, *shape):
        return self.random.normal(size=shape) / np.sqrt(shape[-1] if shape else 1)

    def linear(self, x, inputs, outputs):
        if self.random.random() < 0.5:
            trans = self.random.random() < 0.7
            w = self.normal(outputs, inputs) if trans else self.normal(inputs, outputs)
            return self.add("Gemm", [x, self.constant(w), self.constant(self.normal(outputs))], transB=int(trans))
        z = self.add("MatMul", [x, self.constant(self.normal(inputs, outputs))])
        row = self.normal(outputs) if self.random.random() < 0.7 else self.normal(1, outputs)
        pair = [z, self.constant(row)]
        return self.add("Add", pair if self.random.random() < 0.8 else pair[::-1])

    def activation(self, x, kind):
        one, two = (lambda: self.constant(1.0)), (lambda: self.constant(2.0))
        if kind == "relu":
            forms = [lambda: self.add("Relu", [x]), lambda: self.add("Max", [x, self.constant(0.0)])]
            if self.opset >= 11:
                forms.append(lambda: self.add("Clip", [x, self.constant(0.0)]))
            return self.random.choice(forms)()
        if kind == "silu":
            return self.add("Mul", [x, self.add("Sigmoid", [x])])
        if kind == "gelu":
            if self.opset >= 20 and self.random.random() < 0.5:
                return self.add("Gelu", [x])
            e = self.add("Erf", [self.add("Div", [x, self.constant(np.sqrt(2))])])
            half = self.add("Mul", [x, self.add("Add", [e, one()])])
            return self.add("Mul", [half, self.constant(0.5)])
        if kind == "gelu-tanh":
            if self.opset >= 20 and self.random.random() < 0.5:
                return self.add("Gelu", [x], approximate="tanh")
            cube = self.add("Mul", [self.add("Mul", [x, x]), x])
            inner = self.add("Add", [x, self.add("Mul", [cube, self.constant(0.044715)])])
            t = self.add("Tanh", [self.add("Mul", [inner, self.constant(np.sqrt(2 / np.pi))])])
            return self.add("Mul", [self.add("Mul", [x, self.constant(0.5)]), self.add("Add", [t, one()])])
        if kind == "leaky-relu":
            return self.add("LeakyRelu", [x]) if self.random.random() < 0.7 else self.add("LeakyRelu", [x], alpha=0.2)
        names = {"sigmoid": "Sigmoid", "tanh": "Tanh", "elu": "Elu", "softplus": "Softplus"}
        return self.add(names[kind], [x])


def build(random, kinds=("sigmoid", "tanh", "relu"), opset=None):
    """A graph, and nothing else: callers save and run it."""
    opset = opset or int(random.integers(7, 22))
    b = Builder(random, opset)
    features = int(random.choice([4, 6, 8]))
    x, shape = "x", ["N", features]
    front = random.integers(0, 6)
    if front == 1:
        shape = ["N", 2, features // 2]
        x = b.add("Flatten", [x])
    elif front == 2:
        shape = ["N", 1, 2, features // 2]
        x = b.add("Reshape", [x, b.constant([-1, features], np.int64)])
    elif front == 3:
        shape = ["N", 2, features // 2]
        size = b.add("Gather", [b.add("Shape", [x]), b.constant([0], np.int64)], axis=0)
        x = b.add("Reshape", [x, b.add("Concat", [size, b.constant([-1], np.int64)], axis=0)])
    if random.random() < 0.3:
        x = b.add("Div", [b.add("Sub", [x, b.constant(b.normal(features))]), b.constant(1 + random.random(features))])
    elif random.random() < 0.2:
        x = b.add("Sub", [b.add("Div", [x, b.constant(127.5)]), b.constant(1.0)])
    width, kind = features, str(random.choice(kinds))
    for _ in range(random.integers(0, 3)):
        size = int(random.choice([1, 3, 5, 8]))
        x = b.linear(x, width, size)
        width = size
        norm = random.random()
        if norm < 0.15:
            rows = [b.constant(v) for v in (1 + random.random(size), b.normal(size), b.normal(size), 1 + random.random(size))]
            x = b.add("BatchNormalization", [x, *rows])
        x = b.activation(x, kind)
        if random.random() < 0.15:
            x = b.add("Dropout", [x])
    end = random.integers(0, 6)
    classes = 1 if end == 0 else int(random.choice([2, 3, 4]))
    z = b.linear(x, width, classes)
    outputs = []
    if end == 0:
        p = b.add("Sigmoid", [z])
        if random.random() < 0.5:
            q = b.add("Sub", [b.constant(1.0), p])
            p = b.add("Concat", [q, p], axis=1)
        outputs = [(p, FLOAT)]
    elif end == 1:
        outputs = [(z, FLOAT)]
    elif end == 2:
        p = b.add("Softmax", [z], axis=1)
        outputs = [(b.add("ArgMax", [p], axis=1, keepdims=int(random.integers(0, 2))), TensorProto.INT64), (p, FLOAT)]
    elif end == 3:
        outputs = [(b.add("LogSoftmax", [z], axis=1), FLOAT)]
    else:
        outputs = [(b.add("Softmax", [z], axis=1), FLOAT)]
    values = [helper.make_tensor_value_info(name, kind, None) for name, kind in outputs]
    graph = helper.make_graph(b.nodes, "g", [helper.make_tensor_value_info("x", FLOAT, shape)], values, b.constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
