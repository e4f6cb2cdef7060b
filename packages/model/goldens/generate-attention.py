"""Writes attention.json: Keras 3's attention layers on a query, a value and a key, with weights and inputs given by a formula.

    pip install keras numpy scipy jax && KERAS_BACKEND=jax python generate-attention.py > attention.json

Weights are those of generate.py; a scalar is one half more. The query is a wave of phase 0.5, the value of phase 1.5, the key of phase 2.5. 'masks' name the
padded inputs.
"""
import json
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from keras import layers

B, TQ, TV, D = 2, 3, 4, 4
QUERY_MASK = np.array([[1, 1, 0], [1, 1, 1]], dtype=bool)
VALUE_MASK = np.array([[1, 1, 0, 0], [1, 0, 1, 0]], dtype=bool)
results = []


def wave(shape, phase, scale=1.0, rate=1.3):
    size = int(np.prod(shape))
    return (np.sin(np.arange(size) * rate + phase) * scale).reshape(shape).astype("float32")


def record(name, spec, layer, widths=(D, D, None), masks=(), causal=False):
    """widths of query, value and key; without a key None."""
    steps = (TV if causal else TQ, TV, TV)
    inputs = [wave((B, steps[i], width), i + 0.5) for i, width in enumerate(widths) if width]
    query_mask = QUERY_MASK if "query" in masks else None
    value_mask = VALUE_MASK if "value" in masks else None
    if isinstance(layer, layers.MultiHeadAttention):
        call = lambda: layer(*inputs, attention_mask=None if value_mask is None else value_mask[:, None, :], return_attention_scores=True, use_causal_mask=causal)
    else:
        call = lambda: layer(inputs, mask=[query_mask, value_mask], return_attention_scores=True, use_causal_mask=causal)
    call()
    layer.set_weights([wave(weight.shape, k, 0.5, 0.7) + (0 if weight.shape else 0.5) for k, weight in enumerate(layer.weights)])
    output, weights = (np.asarray(tensor, dtype="float64") for tensor in call())
    results.append(
        {
            "name": name,
            "spec": {**spec, **({"causal": True} if causal else {})},
            "inputs": [list(x.shape) for x in inputs],
            "masks": {name: mask.astype(int).tolist() for name, mask in [("query", QUERY_MASK), ("value", VALUE_MASK)] if name in masks},
            "kerasShapes": [list(weight.shape) for weight in layer.weights],
            "shape": list(output.shape),
            "output": output.flatten().tolist(),
            "weights": weights.flatten().tolist(),
        }
    )


def everywhere(name, spec, layer, widths=(D, D, None)):
    record(name, spec, layer(), widths)
    record(f"{name}, of a padded value", spec, layer(), widths, ("value",))
    record(f"{name}, causal", spec, layer(), widths, (), True)
    record(f"{name}, causal, of a padded value", spec, layer(), widths, ("value",), True)


plain = {"type": "attention"}
everywhere("dot", plain, layers.Attention)
record("dot, of a padded query and value", plain, layers.Attention(), (D, D, None), ("query", "value"))
record("dot, of a key", plain, layers.Attention(), (D, 3, D), ("value",))
record("dot with a scale", {**plain, "useScale": True}, layers.Attention(use_scale=True))
record("concat", {**plain, "score": "concat"}, layers.Attention(score_mode="concat"), (D, D, None), ("value",))
record("concat with a scale", {**plain, "score": "concat", "useScale": True}, layers.Attention(score_mode="concat", use_scale=True))
everywhere("additive", {**plain, "score": "additive"}, layers.AdditiveAttention)
record("additive without a scale, of a key", {**plain, "score": "additive", "useScale": False}, layers.AdditiveAttention(use_scale=False), (D, 3, D))

many = {"type": "multiHeadAttention", "numHeads": 2, "keyDim": 3}
everywhere("multiHeadAttention", many, lambda: layers.MultiHeadAttention(2, 3))
record("multiHeadAttention of a key", {**many, "valueDim": 5}, layers.MultiHeadAttention(2, 3, value_dim=5), (4, 6, 2), ("value",))
record("multiHeadAttention without a bias", {**many, "useBias": False}, layers.MultiHeadAttention(2, 3, use_bias=False))
record("multiHeadAttention of one head", {**many, "numHeads": 1}, layers.MultiHeadAttention(1, 3))

print(json.dumps({"keras": keras.__version__, "layers": results}))
