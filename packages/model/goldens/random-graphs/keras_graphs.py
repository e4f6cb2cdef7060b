"""Builds each model of a JSON file in Keras 3 and writes its outputs and gradients, computed in float64.

    pip install keras numpy torch && python keras_graphs.py graphs.json results.json

Weights and inputs are those of generate.py; a scalar is one half more. The gradient is that of the sum of the outputs times a wave of phase 0.5.
"""
import json
import os
import sys

# Without compiling: small models would compile longer than they run.
os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers, ops
from keras.src import backend
from keras.src.backend.common import dtypes

keras.config.set_floatx("float64")
keras.config.set_dtype_policy("float64")
# Keras otherwise turns sums of float64 into float32.
dtypes.BIT64_TO_BIT32_DTYPE.pop("float64", None)


def wave(shape, phase, scale=1.0, rate=1.3):
    """Rounded to float32, as the other side computes it."""
    size = int(np.prod(shape))
    return (np.sin(np.arange(size) * rate + phase) * scale).reshape(shape).astype("float32").astype("float64")


def snake(name):
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


classes = {
    "embedding": layers.Embedding,
    "simpleRNN": layers.SimpleRNN,
    "lstm": layers.LSTM,
    "gru": layers.GRU,
    "dense": layers.Dense,
    "activation": layers.Activation,
    "layerNormalization": layers.LayerNormalization,
    "batchNormalization": layers.BatchNormalization,
    "conv1d": layers.Conv1D,
    "depthwiseConv1d": layers.DepthwiseConv1D,
    "maxPooling1d": layers.MaxPooling1D,
    "averagePooling1d": layers.AveragePooling1D,
    "flatten": layers.Flatten,
    "permute": layers.Permute,
    "repeatVector": layers.RepeatVector,
    "upSampling1d": layers.UpSampling1D,
    "concatenate": layers.Concatenate,
    "add": layers.Add,
    "subtract": layers.Subtract,
    "multiply": layers.Multiply,
    "average": layers.Average,
    "maximum": layers.Maximum,
    "minimum": layers.Minimum,
    "multiHeadAttention": layers.MultiHeadAttention,
}
activation_names = {"hardSigmoid": "hard_sigmoid", "swish": "silu"}
recurrent = ("simpleRNN", "lstm", "gru")


def make(spec, gives_state):
    """The Keras layer of a spec."""
    left_out = ("type", "name", "from", "initialState", "layer", "modes", "score", "causal", "mergeMode")
    options = {snake(key): value for key, value in spec.items() if key not in left_out}
    for key in ("activation", "recurrent_activation"):
        if key in options:
            options[key] = activation_names.get(options[key], options[key])
    kind = spec["type"]
    if kind == "pooling":
        return layers.GlobalAveragePooling1D() if spec["modes"] == ["average"] else layers.GlobalMaxPooling1D()
    if kind == "timeDistributed":
        return layers.TimeDistributed(make(spec["layer"], False))
    if kind == "bidirectional":
        return layers.Bidirectional(make(spec["layer"], gives_state), merge_mode=spec["mergeMode"])
    if kind == "attention":
        additive = spec["score"] == "additive"
        return layers.AdditiveAttention(**options) if additive else layers.Attention(score_mode=spec["score"], **options)
    if kind in recurrent and gives_state:
        options["return_state"] = True
    return classes[kind](**options)


def build(spec):
    tensors, states, made = {}, {}, {}
    for name, given in spec["inputs"].items():
        if given["type"] == "tokens":
            tensors[name] = keras.Input((given["maxLength"],), dtype="int32", name=name)
        else:
            tensors[name] = keras.Input((given["maxLength"], given["features"]), name=name)
    inputs = dict(tensors)
    starts = {layer["initialState"] for layer in spec["layers"] if "initialState" in layer}
    reused = {layer["layer"] for layer in spec["layers"] if layer["type"] == "reuse"}
    for layer in spec["layers"]:
        name = layer["name"]
        source = layer["layer"] if layer["type"] == "reuse" else name
        if layer["type"] != "reuse":
            made[name] = (make(layer, name in starts), layer)
        instance, own = made[source]
        read = [layer["from"]] if isinstance(layer["from"], str) else layer["from"]
        given = [tensors[other] for other in read]
        call = {"use_causal_mask": True} if own.get("causal") else {}
        if "initialState" in layer:
            call["initial_state"] = states[layer["initialState"]]
            # With an initial state Keras reads the mask only if it is an argument.
            call["mask"] = backend.get_keras_mask(given[0])
        if own["type"] == "multiHeadAttention":
            result = instance(*given, **call)
        elif len(given) > 1:
            result = instance(given, **call)
        else:
            result = instance(given[0], **call)
        if source in starts:
            result, *parts = result
            if own["type"] == "bidirectional":
                half = len(parts) // 2
                parts = [ops.concatenate([parts[i], parts[half + i]], -1) for i in range(half)]
            states[name] = parts
        tensors[name] = result
    ends = [output["from"] for output in spec["outputs"].values()] if "outputs" in spec else [spec["layers"][-1]["name"]]
    model = keras.Model(inputs, [tensors[end] for end in ends])
    return model, {name: instance for name, (instance, _) in made.items()}


def answer(graph):
    model, made = build(graph["spec"])
    for instance in made.values():
        values = []
        for k, weight in enumerate(instance.weights):
            value = wave(weight.shape, k, 0.5, 0.7) + (0 if weight.shape else 0.5)
            if "variance" in weight.name:
                value = (np.float32(0.5) + np.float32(value) ** 2).astype("float64")
            values.append(value)
        instance.set_weights(values)
    inputs = {
        name: np.array(given["ids"], dtype="int32") if "ids" in given else wave(given["shape"], given["phase"])
        for name, given in graph["inputs"].items()
    }
    outputs = model(inputs, training=graph["training"])
    joined = torch.cat(outputs, -1) if isinstance(outputs, (list, tuple)) else outputs
    (joined * torch.from_numpy(wave(joined.shape, 0.5))).sum().backward()
    by_id = {id(variable): variable.value.grad.numpy() for variable in model.trainable_variables}
    rounded = lambda values: [float(f"{value:.9g}") for value in np.asarray(values).flatten()]
    return {
        "shape": list(joined.shape),
        "outputs": rounded(joined.detach().numpy()),
        # By layer, in the order of its weights; null for one that is not trained.
        "gradients": {
            name: [rounded(by_id[id(weight)]) if id(weight) in by_id else None for weight in instance.weights]
            for name, instance in made.items()
            if instance.weights
        },
    }


graphs = json.load(open(sys.argv[1]))
results = []
for graph in graphs:
    try:
        results.append(answer(graph))
    except Exception as error:
        results.append({"error": f"{type(error).__name__}: {error}"[:2000]})
    keras.backend.clear_session(free_memory=False)
    if len(results) % 10 == 0:
        print(f"Keras: {len(results)} of {len(graphs)} graphs", file=sys.stderr, flush=True)
json.dump(results, open(sys.argv[2], "w"))
