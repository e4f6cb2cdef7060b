"""Writes optimizers.json: what Keras 3's optimizers make of fixed gradients.

    pip install keras numpy scipy jax && KERAS_BACKEND=jax python generate-optimizers.py > optimizers.json

Parameter i starts at sin(i); its gradient at step t is cos(0.3 * i + t) * (i + 1) / 3, as the reader of this file has it.
"""
import json
import os

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras
import numpy as np

N, STEPS = 6, 5
O = keras.optimizers
cases = [
    ({"type": "sgd"}, O.SGD()),
    ({"type": "sgd", "learningRate": 0.1, "momentum": 0.9}, O.SGD(0.1, momentum=0.9)),
    ({"type": "sgd", "learningRate": 0.1, "momentum": 0.9, "nesterov": True}, O.SGD(0.1, momentum=0.9, nesterov=True)),
    ({"type": "rmsprop"}, O.RMSprop()),
    ({"type": "rmsprop", "learningRate": 0.01, "rho": 0.5}, O.RMSprop(0.01, rho=0.5)),
    ({"type": "adam"}, O.Adam()),
    ({"type": "adam", "learningRate": 0.1, "beta1": 0.5, "beta2": 0.8, "epsilon": 1e-3}, O.Adam(0.1, beta_1=0.5, beta_2=0.8, epsilon=1e-3)),
    ({"type": "adamW"}, O.AdamW()),
    ({"type": "adamW", "learningRate": 0.05, "weightDecay": 0.3}, O.AdamW(0.05, weight_decay=0.3)),
    ({"type": "adam", "amsgrad": True}, O.Adam(amsgrad=True)),
    ({"type": "adam", "learningRate": 0.05, "weightDecay": 0.1}, O.Adam(0.05, weight_decay=0.1)),
    ({"type": "adamW", "learningRate": 0.05, "weightDecay": 0.3, "amsgrad": True}, O.AdamW(0.05, weight_decay=0.3, amsgrad=True)),
    ({"type": "sgd", "learningRate": 0.1, "momentum": 0.9, "weightDecay": 0.2}, O.SGD(0.1, momentum=0.9, weight_decay=0.2)),
    ({"type": "nadam"}, O.Nadam()),
    ({"type": "nadam", "learningRate": 0.1, "beta1": 0.5, "beta2": 0.8, "epsilon": 1e-3}, O.Nadam(0.1, beta_1=0.5, beta_2=0.8, epsilon=1e-3)),
    ({"type": "adagrad"}, O.Adagrad()),
    ({"type": "adagrad", "learningRate": 0.5, "initialAccumulatorValue": 0.01}, O.Adagrad(0.5, initial_accumulator_value=0.01)),
    ({"type": "adadelta"}, O.Adadelta()),
    ({"type": "adadelta", "learningRate": 1.0, "rho": 0.8, "epsilon": 1e-4}, O.Adadelta(1.0, rho=0.8, epsilon=1e-4)),
    ({"type": "lion"}, O.Lion()),
    ({"type": "lion", "learningRate": 0.05, "weightDecay": 0.2, "beta1": 0.7}, O.Lion(0.05, beta_1=0.7, weight_decay=0.2)),
]
results = []
for spec, optimizer in cases:
    variable = keras.Variable(np.sin(np.arange(N)).astype("float32"))
    for t in range(STEPS):
        i = np.arange(N)
        gradient = (np.cos(0.3 * i + t) * (i + 1) / 3).astype("float32")
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    results.append({"spec": spec, "parameters": np.asarray(variable.value, dtype="float64").tolist()})
print(json.dumps({"keras": keras.__version__, "parameters": N, "steps": STEPS, "cases": results}))
