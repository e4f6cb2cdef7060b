"""Writes metrics.json: what scikit-learn's metrics and Keras 3's focal losses make of fixed scores.

    pip install keras numpy scipy jax scikit-learn && KERAS_BACKEND=jax python generate-metrics.py > metrics.json

Row i has class (i * i + i // 3) % 4 and score of class c sin(i * 1.3 + c * 2.1), rounded to one digit so that scores tie;
top-k accuracy has them without rounding.
"""
import json
import os
import warnings

os.environ.setdefault("KERAS_BACKEND", "jax")
warnings.filterwarnings("ignore")

import keras
import numpy as np
import sklearn
from sklearn import metrics as M

N, C = 40, 4
i, c = np.arange(N)[:, None], np.arange(C)[None, :]
logits = np.round(np.sin(i * 1.3 + c * 2.1), 1).astype("float32")
classes = ((np.arange(N) ** 2 + np.arange(N) // 3) % C).astype(int)
answers = logits.argmax(1)
labels = (np.round(np.sin(i * 0.7 + c), 1) > 0.2).astype(int)
positive = (classes > 1).astype(int)
softmax = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
sigmoid = 1 / (1 + np.exp(-logits))


def averaged(truth, answer):
    scores = {}
    for average in ["macro", "micro", "weighted"]:
        precision, recall, f1, _ = M.precision_recall_fscore_support(truth, answer, average=average, zero_division=0)
        scores.update({f"{average}Precision": precision, f"{average}Recall": recall, f"{average}F1": f1})
    return scores


K = keras.losses
print(
    json.dumps(
        {
            "sklearn": sklearn.__version__,
            "keras": keras.__version__,
            "logits": logits.astype("float64").tolist(),
            "classes": classes.tolist(),
            "labels": labels.tolist(),
            "multiClass": {
                **averaged(classes, answers),
                **{f"top{k}": M.top_k_accuracy_score(classes, np.sin(i * 1.3 + c * 2.1), k=k) for k in [2, 3]},
            },
            "multiLabel": {
                **averaged(labels, (sigmoid > 0.5).astype(int)),
                "auc": M.roc_auc_score(labels, logits, average="macro"),
                "averagePrecision": M.average_precision_score(labels, logits, average="macro"),
            },
            "binary": {
                **averaged(positive, (sigmoid[:, 0] > 0.5).astype(int)),
                "auc": M.roc_auc_score(positive, logits[:, 0]),
                "averagePrecision": M.average_precision_score(positive, logits[:, 0]),
            },
            "r2": M.r2_score(labels + classes[:, None] * 0.5, logits),
            "focal": {
                "binary": np.asarray(K.BinaryFocalCrossentropy(from_logits=True, reduction=None)(labels.astype("float32"), logits), dtype="float64").tolist(),
                "balanced": np.asarray(
                    K.BinaryFocalCrossentropy(apply_class_balancing=True, alpha=0.3, gamma=1.5, from_logits=True, reduction=None)(labels.astype("float32"), logits),
                    dtype="float64",
                ).tolist(),
                "categorical": np.asarray(
                    K.CategoricalFocalCrossentropy(alpha=0.25, gamma=2.0, from_logits=True, reduction=None)(np.eye(C, dtype="float32")[classes], logits),
                    dtype="float64",
                ).tolist(),
            },
        }
    )
)
