"""Writes weight-rules.json: what Keras 3's constraints and regularizers make of fixed weights.

    pip install keras numpy scipy jax && KERAS_BACKEND=jax python generate-weight-rules.py > weight-rules.json

A weight of a shape holds sin(i * 1.7 + 0.3) * 2 at flat index i, as the reader of this file has it.
"""
import json
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np

C, R = keras.constraints, keras.regularizers


def weight(shape):
    return (np.sin(np.arange(int(np.prod(shape))) * 1.7 + 0.3) * 2).reshape(shape).astype("float32")


constraints = [
    ([4, 3], {"type": "maxNorm"}, C.MaxNorm()),
    ([4, 3], {"type": "maxNorm", "maxValue": 0.5, "axis": 1}, C.MaxNorm(0.5, axis=1)),
    ([5], {"type": "maxNorm", "maxValue": 1}, C.MaxNorm(1)),
    ([2, 3, 4], {"type": "maxNorm", "maxValue": 1, "axis": 1}, C.MaxNorm(1, axis=1)),
    ([4, 3], {"type": "unitNorm"}, C.UnitNorm()),
    ([4, 3], {"type": "unitNorm", "axis": 1}, C.UnitNorm(axis=1)),
    ([4, 3], {"type": "nonNeg"}, C.NonNeg()),
]
regularizers = [
    ({"type": "l1"}, R.L1()),
    ({"type": "l2"}, R.L2()),
    ({"type": "l1l2"}, R.L1L2()),
    ({"type": "l1l2", "l1": 0.3, "l2": 0.05}, R.L1L2(0.3, 0.05)),
]
print(
    json.dumps(
        {
            "keras": keras.__version__,
            "constraints": [
                {"shape": shape, "constraint": ours, "values": np.asarray(theirs(weight(shape)), dtype="float64").flatten().tolist()}
                for shape, ours, theirs in constraints
            ],
            "regularizers": [{"regularizer": ours, "shape": [4, 3], "penalty": float(theirs(weight([4, 3])))} for ours, theirs in regularizers],
        }
    )
)
