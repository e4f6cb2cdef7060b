"""Writes activations.json: Keras 3's activations, and cells with them, with weights and inputs given by a formula.

    pip install keras numpy scipy jax && KERAS_BACKEND=jax python generate-activations.py > activations.json

Weights and inputs are those of generate.py.
"""
import json
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from keras import activations, layers

B, T, D, H = 3, 5, 4, 3
IDS = [[1, 2, 3, 4, 5], [6, 5, 4, 0, 0], [2, 0, 1, 3, 0]]


def wave(shape, phase, scale=1.0, rate=1.3):
    size = int(np.prod(shape))
    return (np.sin(np.arange(size) * rate + phase) * scale).reshape(shape).astype("float32")


def keras2_hard_sigmoid(x):
    """As Keras 2, TF.js and ONNX have it."""
    return keras.ops.clip(0.2 * x + 0.5, 0, 1)


names = {
    "leakyRelu": "leaky_relu",
    "selu": "selu",
    "gelu": "gelu",
    "swish": "swish",
    "silu": "silu",
    "hardSigmoid": "hard_sigmoid",
    "exponential": "exponential",
    "softplus": "softplus",
    "softsign": "softsign",
}
ours = [(name, activations.get(theirs)) for name, theirs in names.items()]
ours += [
    ("hardSigmoidKeras2", keras2_hard_sigmoid),
    ({"type": "leakyRelu", "negativeSlope": 0.3}, layers.LeakyReLU()),
    ({"type": "elu", "alpha": 0.5}, lambda x: activations.elu(x, alpha=0.5)),
    ({"type": "gelu", "approximate": True}, lambda x: activations.gelu(x, approximate=True)),
]
x = np.array([-20, -8, -3.5, -2.75, -1, -0.3, -1e-4, 0, 1e-4, 0.3, 1, 2.75, 3.5, 8, 20], dtype="float32")
functions = [{"activation": name, "values": np.asarray(f(x), dtype="float64").tolist()} for name, f in ours]

features = wave((B, T, D), 0.5)
mask = np.array(IDS) != 0
results = []


def record(name, spec, layer, input_kind="masked features"):
    call = {"mask": mask} if input_kind.startswith("masked") else {}
    layer(features, **call)
    layer.set_weights([wave(weight.shape, k, 0.5, 0.7) for k, weight in enumerate(layer.weights)])
    out = np.asarray(layer(features, **call), dtype="float64")
    results.append({"name": name, "input": input_kind, "spec": [spec], "shape": list(out.shape), "output": out.flatten().tolist()})


for name, f in ours:
    label = name if isinstance(name, str) else " ".join(str(value) for value in name.values())
    record(f"dense {label}", {"type": "dense", "units": H, "activation": name}, layers.Dense(H, activation=f), "features")
for activation, gate in [("softsign", "hardSigmoid"), ("tanh", "hardSigmoid"), ("tanh", "hardSigmoidKeras2"), ("swish", "sigmoid")]:
    f, g = dict((n, f) for n, f in ours if isinstance(n, str)).get(activation, activation), dict((n, f) for n, f in ours if isinstance(n, str)).get(gate, gate)
    options, keras_options = {"units": H, "returnSequences": True, "activation": activation, "recurrentActivation": gate}, {"return_sequences": True, "activation": f, "recurrent_activation": g}
    record(f"lstm {activation} {gate}", {"type": "lstm", **options}, layers.LSTM(H, **keras_options))
    record(f"gru resetAfter {activation} {gate}", {"type": "gru", **options}, layers.GRU(H, **keras_options))
    record(f"gru resetBefore {activation} {gate}", {"type": "gru", "resetAfter": False, **options}, layers.GRU(H, reset_after=False, **keras_options))


class OnnxLSTMCell(layers.LSTMCell):
    """With ONNX's third activation, of the state in the output."""

    def call(self, inputs, states, training=False):
        h, c = states
        z = keras.ops.matmul(inputs, self.kernel) + keras.ops.matmul(h, self.recurrent_kernel) + self.bias
        i, f, g, o = keras.ops.split(z, 4, axis=1)
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(g)
        h = self.recurrent_activation(o) * keras.ops.softplus(c)
        return h, [h, c]


record(
    "lstm with an output activation",
    {"type": "lstm", "units": H, "returnSequences": True, "outputActivation": "softplus"},
    layers.RNN(OnnxLSTMCell(H), return_sequences=True),
)
print(json.dumps({"keras": keras.__version__, "inputs": x.astype("float64").tolist(), "functions": functions, "layers": results}))
