"""Writes keras.json: outputs of Keras 3 layers and losses with weights and inputs given by a formula.

    pip install keras numpy scipy jax && KERAS_BACKEND=jax python generate.py > keras.json

Weight k (in Keras' order) of a layer holds sin(i * 0.7 + k) * 0.5 at flat index i; a variance holds 0.5 + its square.
Feature inputs hold sin(i * 1.3 + 0.5). The reader of this file uses the same formulas.
"""
import json
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from keras import layers

B, T, D, H = 3, 5, 4, 3
IDS = [[1, 2, 3, 4, 5], [6, 5, 4, 0, 0], [2, 0, 1, 3, 0]]


def wave(shape, phase, scale=1.0, rate=1.3):
    size = int(np.prod(shape))
    return (np.sin(np.arange(size) * rate + phase) * scale).reshape(shape).astype("float32")


def fill(layer):
    values = []
    for k, weight in enumerate(layer.weights):
        value = wave(weight.shape, k, 0.5, 0.7)
        values.append(0.5 + value**2 if "variance" in weight.name else value)
    layer.set_weights(values)


features = wave((B, T, D), 0.5)
vectors = wave((B, D), 0.5)
results = []


def record(name, spec, layer, inputs, input_kind, **call):
    layer(inputs, **call)
    fill(layer)
    out = np.asarray(layer(inputs, **call), dtype="float64")
    results.append({"name": name, "input": input_kind, "spec": spec, "shape": list(out.shape), "output": out.flatten().tolist()})


cells = {
    "simpleRNN tanh": (layers.SimpleRNN, {"type": "simpleRNN"}, {}),
    "simpleRNN sigmoid": (layers.SimpleRNN, {"type": "simpleRNN", "activation": "sigmoid"}, {"activation": "sigmoid"}),
    "simpleRNN relu": (layers.SimpleRNN, {"type": "simpleRNN", "activation": "relu"}, {"activation": "relu"}),
    "lstm": (layers.LSTM, {"type": "lstm"}, {}),
    "lstm without bias": (layers.LSTM, {"type": "lstm", "useBias": False}, {"use_bias": False}),
    "gru resetAfter": (layers.GRU, {"type": "gru"}, {}),
    "gru resetBefore": (layers.GRU, {"type": "gru", "resetAfter": False}, {"reset_after": False}),
    "gru without bias": (layers.GRU, {"type": "gru", "useBias": False}, {"use_bias": False}),
}
for activation, gate in [("softmax", "sigmoid"), ("tanh", "softmax"), ("softmax", "softmax"), ("relu", "elu"), ("linear", "relu")]:
    ours, theirs = {"activation": activation, "recurrentActivation": gate}, {"activation": activation, "recurrent_activation": gate}
    cells[f"lstm {activation} {gate}"] = (layers.LSTM, {"type": "lstm", **ours}, theirs)
    cells[f"gru resetAfter {activation} {gate}"] = (layers.GRU, {"type": "gru", **ours}, theirs)
    cells[f"gru resetBefore {activation} {gate}"] = (layers.GRU, {"type": "gru", "resetAfter": False, **ours}, {**theirs, "reset_after": False})
    cells[f"simpleRNN {activation}"] = (layers.SimpleRNN, {"type": "simpleRNN", "activation": activation}, {"activation": activation})
mask = np.array(IDS) != 0
for name, (cls, spec, options) in cells.items():
    spec = {**spec, "units": H}
    record(name, [spec], cls(H, **options), features, "features")
    for sequences in [False, True]:
        s = {"returnSequences": sequences}
        for backwards in [False, True]:
            label = f"{name}, {'all steps' if sequences else 'last'}, {'backwards' if backwards else 'forwards'}, masked"
            layer = cls(H, return_sequences=sequences, go_backwards=backwards, **options)
            record(label, [{**spec, **s, "goBackwards": backwards}], layer, features, "masked features", mask=mask)
        merged = layers.Bidirectional(cls(H, return_sequences=sequences, **options))
        record(f"{name}, bidirectional, {'all steps' if sequences else 'last'}, masked", [{"type": "bidirectional", "layer": {**spec, **s}}], merged, features, "masked features", mask=mask)
    states = 2 if cls is layers.LSTM else 1
    initial = [wave((B, H), k + 2.0) for k in range(states)]
    layer = cls(H, return_sequences=True, **options)
    record(f"{name}, initial state, masked", [{**spec, "returnSequences": True}], layer, features, "masked features from a state", mask=mask, initial_state=initial)

for mode in ["sum", "mul", "ave"]:
    merged = layers.Bidirectional(layers.GRU(H), merge_mode=mode)
    record(f"bidirectional {mode}", [{"type": "bidirectional", "layer": {"type": "gru", "units": H}, "mergeMode": mode}], merged, features, "features")

for activation in ["linear", "relu", "elu", "tanh", "sigmoid", "softmax"]:
    record(f"dense {activation}", [{"type": "dense", "units": H, "activation": activation}], layers.Dense(H, activation=activation), features, "features")
record("layerNormalization", [{"type": "layerNormalization"}], layers.LayerNormalization(), features, "features")
record("batchNormalization in inference", [{"type": "batchNormalization"}], layers.BatchNormalization(), features, "features")
record("batchNormalization in training", [{"type": "batchNormalization"}], layers.BatchNormalization(), features, "features in training", training=True)
record("batchNormalization in training, masked", [{"type": "batchNormalization"}], layers.BatchNormalization(), features, "masked features in training", training=True, mask=mask)
record("pooling average", [{"type": "pooling", "modes": ["average"]}], layers.GlobalAveragePooling1D(), features, "features")
record("pooling average, masked", [{"type": "pooling", "modes": ["average"]}], layers.GlobalAveragePooling1D(), features, "masked features", mask=mask)
record("pooling max", [{"type": "pooling", "modes": ["max"]}], layers.GlobalMaxPooling1D(), features, "features")


class Pipeline(layers.Layer):
    """Embedding(mask_zero) -> LSTM -> GRU -> Dense, the masks passed on by Keras itself."""

    def __init__(self):
        super().__init__()
        self.stack = keras.Sequential(
            [layers.Embedding(7, D, mask_zero=True), layers.LSTM(H, return_sequences=True), layers.GRU(H), layers.Dense(2)]
        )

    def call(self, x):
        return self.stack(x)


pipeline = Pipeline()
pipeline(np.array(IDS))
for layer in pipeline.stack.layers:
    fill(layer)
out = np.asarray(pipeline(np.array(IDS)), dtype="float64")
results.append(
    {
        "name": "embedding, lstm, gru, dense on padded ids",
        "input": "ids",
        "spec": [
            {"type": "embedding", "inputDim": 7, "outputDim": D, "maskZero": True},
            {"type": "lstm", "units": H, "returnSequences": True},
            {"type": "gru", "units": H},
            {"type": "dense", "units": 2},
        ],
        "shape": list(out.shape),
        "output": out.flatten().tolist(),
    }
)

y_true = np.array([[1, 0, 1], [0, 0, 1], [1, 1, 0]], dtype="float32")
distribution = np.array([[0.2, 0.3, 0.5], [1, 0, 0], [0, 1, 0]], dtype="float32")
classes = np.array([[2], [0], [1]], dtype="float32")
logits = wave((3, 3), 0.1, 4.0)
real = wave((3, 3), 1.7, 2.0)
K = keras.losses
losses = {
    "binaryCrossentropy": (K.BinaryCrossentropy(from_logits=True, reduction=None), y_true),
    "categoricalCrossentropy": (K.CategoricalCrossentropy(from_logits=True, reduction=None), distribution),
    "sparseCategoricalCrossentropy": (K.SparseCategoricalCrossentropy(from_logits=True, reduction=None), classes),
    "meanSquaredError": (K.MeanSquaredError(reduction=None), real),
    "meanAbsoluteError": (K.MeanAbsoluteError(reduction=None), real),
    "huber": (K.Huber(delta=1.0, reduction=None), real),
}
loss_results = {
    name: {"targets": target.tolist(), "values": np.asarray(loss(target, logits), dtype="float64").tolist()}
    for name, (loss, target) in losses.items()
}

print(json.dumps({"keras": keras.__version__, "ids": IDS, "units": H, "features": D, "layers": results, "logits": logits.tolist(), "losses": loss_results}))
