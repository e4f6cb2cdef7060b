"""Writes DIRECTORY/lstm-I-H.onnx (float32) and lstm-I-H.int8.onnx (DynamicQuantizeLSTM): python make_onnx.py DIRECTORY I H."""
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

directory, I, H = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
random = numpy.random.default_rng(1)


def weight(name, *shape):
    return numpy_helper.from_array((random.standard_normal(shape) * 0.1).astype("f4"), name)


node = helper.make_node("LSTM", ["x", "W", "R", "B"], ["y"], hidden_size=H)
graph = helper.make_graph(
    [node],
    "lstm",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["T", "B", I])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["T", 1, "B", H])],
    [weight("W", 1, 4 * H, I), weight("R", 1, 4 * H, H), weight("B", 1, 8 * H)],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
model.ir_version = 9
path = f"{directory}/lstm-{I}-{H}.onnx"
onnx.save(model, path)
quantize_dynamic(path, path.replace(".onnx", ".int8.onnx"), weight_type=QuantType.QInt8, op_types_to_quantize=["LSTM"])
