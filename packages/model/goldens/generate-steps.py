"""Writes steps.json: Keras 3's layers that slide over, add, remove or rearrange steps, with weights and inputs given by a formula.

    pip install keras numpy scipy jax && KERAS_BACKEND=jax python generate-steps.py > steps.json

Weights and inputs are those of generate.py.
"""
import json
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from keras import layers

B, D = 2, 4
results = []


def wave(shape, phase, scale=1.0, rate=1.3):
    size = int(np.prod(shape))
    return (np.sin(np.arange(size) * rate + phase) * scale).reshape(shape).astype("float32")


def record(name, spec, layer, steps=7, **call):
    inputs = wave((B, steps, D), 0.5)
    if spec[0]["type"] == "masking":
        inputs[0, 2:4] = inputs[1, 0] = spec[0].get("maskValue", 0)
    layer(inputs, **call)
    layer.set_weights([wave(weight.shape, k, 0.5, 0.7) for k, weight in enumerate(layer.weights)])
    out = np.asarray(layer(inputs, **call), dtype="float64")
    results.append({"name": name, "steps": steps, "spec": spec, "shape": list(out.shape), "output": out.flatten().tolist()})


def snake(options):
    return {"".join(f"_{c.lower()}" if c.isupper() else c for c in key): value for key, value in options.items()}


def windowed(kind, cls, positional, **options):
    for steps in [7, 8]:
        label = ", ".join(f"{key} {value}" for key, value in {**positional, **options}.items())
        record(f"{kind}, {label}, {steps} steps", [{"type": kind, **positional, **options}], cls(**snake({**positional, **options})), steps)


conv = {"filters": 6, "kernelSize": 3}
for padding in ["valid", "same", "causal"]:
    windowed("conv1d", layers.Conv1D, conv, padding=padding)
    windowed("conv1d", layers.Conv1D, conv, padding=padding, strides=2)
    windowed("conv1d", layers.Conv1D, conv, padding=padding, strides=4)
    windowed("conv1d", layers.Conv1D, {**conv, "kernelSize": 2}, padding=padding, strides=3)
    windowed("conv1d", layers.Conv1D, conv, padding=padding, dilationRate=2, groups=2)
windowed("maxPooling1d", layers.MaxPooling1D, {})
windowed("conv1d", layers.Conv1D, conv, useBias=False, activation="relu")
for padding in ["valid", "same"]:
    windowed("depthwiseConv1d", layers.DepthwiseConv1D, {"kernelSize": 3}, padding=padding)
    windowed("depthwiseConv1d", layers.DepthwiseConv1D, {"kernelSize": 3}, padding=padding, depthMultiplier=2, strides=2, activation="tanh")
    windowed("depthwiseConv1d", layers.DepthwiseConv1D, {"kernelSize": 2}, padding=padding, dilationRate=2, useBias=False)
    for kind, cls in [("maxPooling1d", layers.MaxPooling1D), ("averagePooling1d", layers.AveragePooling1D)]:
        windowed(kind, cls, {"poolSize": 2}, padding=padding)
        windowed(kind, cls, {"poolSize": 3}, padding=padding, strides=1)
        windowed(kind, cls, {"poolSize": 3}, padding=padding)
        windowed(kind, cls, {"poolSize": 2}, padding=padding, strides=3)

record("timeDistributed dense", [{"type": "timeDistributed", "layer": {"type": "dense", "units": 3, "activation": "tanh"}}], layers.TimeDistributed(layers.Dense(3, activation="tanh")))
record("timeDistributed layerNormalization", [{"type": "timeDistributed", "layer": {"type": "layerNormalization"}}], layers.TimeDistributed(layers.LayerNormalization()))
record("flatten", [{"type": "flatten"}], layers.Flatten())
record("reshape to a vector", [{"type": "reshape", "targetShape": [28]}], layers.Reshape((28,)))
record("reshape to a sequence", [{"type": "reshape", "targetShape": [-1, 14]}], layers.Reshape((-1, 14)))
record("permute", [{"type": "permute", "dims": [2, 1]}], layers.Permute((2, 1)))
record("permute nothing", [{"type": "permute", "dims": [1, 2]}], layers.Permute((1, 2)))
record("repeatVector", [{"type": "flatten"}, {"type": "repeatVector", "n": 3}], keras.Sequential([layers.Flatten(), layers.RepeatVector(3)]))
record("masking", [{"type": "masking"}], layers.Masking())
record("masking by 0.25, then a gru", [{"type": "masking", "maskValue": 0.25}, {"type": "gru", "units": 3}], keras.Sequential([layers.Masking(0.25), layers.GRU(3)]))
record("spatialDropout1d in inference", [{"type": "spatialDropout1d", "rate": 0.5}], layers.SpatialDropout1D(0.5))
record("gaussianNoise in inference", [{"type": "gaussianNoise", "stddev": 0.5}], layers.GaussianNoise(0.5))
record("upSampling1d", [{"type": "upSampling1d"}], layers.UpSampling1D())
record("upSampling1d by 3", [{"type": "upSampling1d", "size": 3}], layers.UpSampling1D(3))
record("zeroPadding1d", [{"type": "zeroPadding1d"}], layers.ZeroPadding1D())
record("zeroPadding1d by 0 and 2", [{"type": "zeroPadding1d", "padding": [0, 2]}], layers.ZeroPadding1D((0, 2)))
record("cropping1d", [{"type": "cropping1d"}], layers.Cropping1D())
record("cropping1d by 3 and 0", [{"type": "cropping1d", "cropping": [3, 0]}], layers.Cropping1D((3, 0)))

print(json.dumps({"keras": keras.__version__, "features": D, "layers": results}))
