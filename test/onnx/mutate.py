"""
Changes random graphs in their structure, and compares imported networks with ONNX Runtime.

python test/onnx/mutate.py [graphs] [seed]: needs onnx, onnxruntime and numpy.
"""

import collections
import copy
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from compare import Importer, compare
from graphs import build
from onnx import TensorProto, helper, numpy_helper

KINDS = ["sigmoid", "tanh", "relu", "silu", "gelu", "gelu-tanh", "leaky-relu", "elu", "softplus"]
TYPES = ["Relu", "Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Identity", "Neg", "Add", "Sub", "Mul", "Div", "MatMul",
         "Gemm", "Flatten", "Transpose", "Dropout", "Max", "Min", "Pow", "Exp", "Abs", "Sqrt", "Reciprocal", "Softplus",
         "Elu", "Erf", "LeakyRelu", "HardSigmoid", "Softsign", "ReduceMean", "ReduceSum", "Sum", "Mean", "Hardmax",
         "Squeeze", "Clip", "Gelu", "Celu", "Selu", "HardSwish", "Mish", "ArgMin", "ArgMax", "Round", "Sign"]
ATTRIBUTES = ["axis", "axes", "alpha", "beta", "transA", "transB", "broadcast", "keepdims", "epsilon", "perm",
              "training_mode", "allowzero", "is_test", "spatial", "to", "approximate", "min", "max", "ratio"]


def pick(random, items):
    return items[int(random.integers(len(items)))] if len(items) else None


def names_of(graph):
    return [i.name for i in graph.input] + [c.name for c in graph.initializer] + [o for n in graph.node for o in n.output]


def change_attribute(random, graph):
    node = pick(random, [n for n in graph.node if n.attribute])
    if node is None:
        return
    attribute = pick(random, node.attribute)
    name = attribute.name
    values = [-2, -1, 0, 1, 2, 3, 0.5, 1.0, 2.0, [0, 1], [1, 0], "tanh", "none"]
    position = list(node.attribute).index(attribute)
    del node.attribute[position]
    if random.random() < 0.8:
        node.attribute.append(helper.make_attribute(name, pick(random, values)))


def add_attribute(random, graph):
    node = pick(random, graph.node)
    node.attribute.append(helper.make_attribute(pick(random, ATTRIBUTES), pick(random, [0, 1, -1, 2, 0.5, [0], [1], [1, 0]])))


def change_input(random, graph):
    node = pick(random, [n for n in graph.node if n.input])
    node.input[int(random.integers(len(node.input)))] = pick(random, names_of(graph) + [""])


def swap_inputs(random, graph):
    node = pick(random, [n for n in graph.node if len(n.input) > 1])
    if node is not None:
        node.input[0], node.input[1] = node.input[1], node.input[0]


def drop_input(random, graph):
    node = pick(random, [n for n in graph.node if n.input])
    del node.input[-1]


def add_input(random, graph):
    pick(random, graph.node).input.append(pick(random, names_of(graph)))


def change_type(random, graph):
    pick(random, graph.node).op_type = pick(random, TYPES)


def change_constant_shape(random, graph):
    constant = pick(random, graph.initializer)
    values = numpy_helper.to_array(constant)
    shapes = [(1, *values.shape), (*values.shape, 1), values.shape[::-1], (1, 1, *values.shape), values.shape[1:], (values.size,)]
    shape = pick(random, shapes)
    if int(np.prod(shape)) == values.size:
        constant.CopyFrom(numpy_helper.from_array(values.reshape(shape), constant.name))


def change_constant(random, graph):
    constant = pick(random, graph.initializer)
    values = numpy_helper.to_array(constant).copy()
    how = int(random.integers(6))
    if values.dtype == np.int64:
        if values.size:
            values.flat[int(random.integers(values.size))] = int(random.integers(-2, 5))
    elif how == 0:
        values = values.astype(pick(random, [np.float64, np.float16, np.int64]))
    elif how == 1 and values.ndim:
        values = values[..., :-1]
    elif how == 2 and values.ndim:
        values = np.concatenate([values, values], axis=0)
    elif how == 3:
        values = values * pick(random, [0, -1, 3])
    elif how == 4 and values.ndim == 2:
        values = values.T.copy()
    else:
        values = np.full(values.shape, pick(random, [0.0, 1.0, 0.5, -1.0]), values.dtype)
    constant.CopyFrom(numpy_helper.from_array(np.asarray(values), constant.name))


def change_outputs(random, graph):
    how = int(random.integers(4))
    if how == 0 and len(graph.output) > 1:
        del graph.output[int(random.integers(len(graph.output)))]
    elif how == 1:
        outputs = list(graph.output)[::-1]
        del graph.output[:]
        graph.output.extend(outputs)
    elif how == 2:
        graph.output[0].name = pick(random, names_of(graph))
    else:
        name = pick(random, [o for n in graph.node for o in n.output])
        kind = pick(random, [TensorProto.FLOAT, TensorProto.FLOAT, TensorProto.INT64])
        graph.output.append(helper.make_tensor_value_info(name, kind, None))


def change_input_shape(random, graph):
    value = graph.input[0]
    shape = [d.dim_value or d.dim_param for d in value.type.tensor_type.shape.dim]
    how = int(random.integers(6))
    if how == 0:
        shape = ["N", *shape]
    elif how == 1:
        shape = shape[:-1]
    elif how == 2:
        shape[-1] = "M"
    elif how == 3:
        shape[0] = pick(random, [1, 2, 3, 4, 5])
    elif how == 4:
        shape = [*shape, 1]
    else:
        shape = [shape[0], 1, *shape[1:]]
    kind = TensorProto.FLOAT if random.random() < 0.8 else pick(random, [TensorProto.DOUBLE, TensorProto.UINT8, TensorProto.INT64])
    value.CopyFrom(helper.make_tensor_value_info(value.name, kind, shape))


def insert_node(random, graph):
    position = int(random.integers(len(graph.node)))
    node = graph.node[position]
    if not node.input:
        return
    at = int(random.integers(len(node.input)))
    before, name = node.input[at], f"i{random.integers(1 << 30)}"
    forms = [("Relu", {}), ("Softmax", {"axis": pick(random, [-1, 0, 1])}), ("Softmax", {}), ("Neg", {}), ("Identity", {}),
             ("Transpose", {}), ("Transpose", {"perm": [0, 1]}), ("Flatten", {"axis": pick(random, [0, 1, 2])}), ("Sigmoid", {}),
             ("Squeeze", {}), ("Abs", {}), ("Cast", {"to": pick(random, [1, 7, 10, 11])}), ("Exp", {}), ("Dropout", {}),
             ("LogSoftmax", {}), ("ReduceMean", {"keepdims": 1})]
    kind, attributes = pick(random, forms)
    inputs = [before]
    if random.random() < 0.3:
        kind, attributes = pick(random, ["Add", "Mul", "Sub", "Div", "Max", "Min", "Pow"]), {}
        shape = pick(random, [(), (1,), (1, 1), (1, 1, 1), (2,), (3,), (1, 3), (5,), (1, 8), (3, 1)])
        constant = numpy_helper.from_array(random.normal(size=shape).astype(np.float32), name + "c")
        graph.initializer.append(constant)
        inputs = [before, constant.name] if random.random() < 0.7 else [constant.name, before]
    elif random.random() < 0.2:
        kind, attributes = pick(random, ["Unsqueeze", "Squeeze", "Reshape"]), {}
        values = pick(random, [[0], [1], [2], [-1], [1, 2], [-1, 1], [1, -1], [0, -1], [0, 1, -1], [-1, 2]])
        constant = numpy_helper.from_array(np.array(values, np.int64), name + "c")
        graph.initializer.append(constant)
        inputs = [before, constant.name]
    new = helper.make_node(kind, inputs, [name], name=name, **attributes)
    node.input[at] = name
    nodes = list(graph.node)
    nodes.insert(position, new)
    del graph.node[:]
    graph.node.extend(nodes)


def append_node(random, graph):
    kind = pick(random, ["Softmax", "Sigmoid", "Relu", "Neg", "Transpose", "Identity", "Exp", "Flatten", "ReduceMean"])
    name = f"o{random.integers(1 << 30)}"
    output = graph.output[-1]
    graph.node.append(helper.make_node(kind, [output.name], [name], name=name))
    output.name = name


def delete_node(random, graph):
    if len(graph.node) < 2:
        return
    position = int(random.integers(len(graph.node)))
    node = graph.node[position]
    if not node.input:
        return
    source, gone = node.input[0], node.output[0]
    del graph.node[position]
    for other in graph.node:
        for i, name in enumerate(other.input):
            if name == gone:
                other.input[i] = source
    for output in graph.output:
        if output.name == gone:
            output.name = source


def duplicate_node(random, graph):
    position = int(random.integers(len(graph.node)))
    new = copy.deepcopy(graph.node[position])
    new.name += "d"
    for i, name in enumerate(new.output):
        new.output[i] = name + "d"
    nodes = list(graph.node)
    nodes.insert(position + 1, new)
    later = pick(random, nodes[position + 2:])
    if later is not None and later.input:
        later.input[int(random.integers(len(later.input)))] = new.output[0]
    del graph.node[:]
    graph.node.extend(nodes)


def more_outputs(random, graph):
    node = pick(random, graph.node)
    node.output.extend([f"{node.output[0]}x{i}" for i in range(int(random.integers(1, 5)))])


MUTATIONS = [change_attribute, add_attribute, change_input, swap_inputs, drop_input, add_input, change_type,
             change_constant_shape, change_constant, change_outputs, change_input_shape, insert_node, insert_node,
             append_node, delete_node, duplicate_node, more_outputs]


def mutate(random, model):
    for _ in range(int(random.integers(1, 4))):
        if random.random() < 0.05:
            model.opset_import[0].version = int(random.integers(1, 27))
        else:
            pick(random, MUTATIONS)(random, model.graph)
    return model


def main(graphs=20_000, seed=1):
    counts, reasons, importer = collections.Counter(), collections.Counter(), Importer()
    folder = Path(tempfile.mkdtemp())
    for index in range(graphs):
        random = np.random.default_rng([seed, index])
        model = build(random, KINDS)
        if index % 20:
            model = mutate(random, model)
        path = folder / "graph.onnx"
        path.write_bytes(model.SerializeToString())
        outcome, reason = compare(importer, path, random)
        counts[outcome] += 1
        if outcome in ("wrong", "rejected"):
            kept = folder / f"{outcome}-{index}.onnx"
            kept.write_bytes(path.read_bytes())
            print(outcome, kept, reason[:200].replace("\n", " "), flush=True)
    print(dict(counts))
    sys.exit(1 if counts["wrong"] else 0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
