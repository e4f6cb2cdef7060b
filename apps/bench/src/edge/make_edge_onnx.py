"""Writes the edge suite's model as ONNX: python make_edge_onnx.py WEIGHTS.bin MODEL.onnx VOCABULARY UNITS STEPS."""
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

source, target, V, H, T = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
floats = numpy.fromfile(source, "<f4")
parts = []
for shape in [(V, H), (H, 4 * H), (H, 4 * H), (4 * H,), (H, 1), (1,)]:
    size = int(numpy.prod(shape))
    parts.append(floats[:size].reshape(shape))
    floats = floats[size:]
embeddings, kernel, recurrent, bias, dense, dense_bias = parts


def gates(weights):
    """Reorders Keras' gates i, f, c, o to ONNX's order i, o, f, c, as rows."""
    i, f, c, o = numpy.split(weights, 4, axis=-1)
    return numpy.concatenate([i, o, f, c], axis=-1).T[None]


def constant(name, values):
    return numpy_helper.from_array(numpy.ascontiguousarray(values), name)


both = numpy.concatenate([gates(bias)[0], numpy.zeros(4 * H, "f4")])[None]
nodes = [
    helper.make_node("Gather", ["E", "ids"], ["rows"]),
    helper.make_node("Unsqueeze", ["rows", "one"], ["x"]),
    helper.make_node("LSTM", ["x", "W", "R", "B"], ["", "h"], hidden_size=H),
    helper.make_node("Reshape", ["h", "shape"], ["last"]),
    helper.make_node("Gemm", ["last", "D", "b"], ["logit"]),
    helper.make_node("Sigmoid", ["logit"], ["y"]),
]
graph = helper.make_graph(
    nodes,
    "edge",
    [helper.make_tensor_value_info("ids", TensorProto.INT32, [T])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1])],
    [
        constant("E", embeddings),
        constant("one", numpy.array([1], "i8")),
        constant("W", gates(kernel)),
        constant("R", gates(recurrent)),
        constant("B", both.astype("f4")),
        constant("shape", numpy.array([1, H], "i8")),
        constant("D", dense),
        constant("b", dense_bias),
    ],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
model.ir_version = 9
onnx.save(model, target)
