"""scikit-learn's tf-idf and logistic regression on some sentences: the rival's numbers.

    python3 -m venv .venv && .venv/bin/pip install scikit-learn
    cd apps/train/goldens && ../../../.venv/bin/python generate-logistic-regression.py > logistic-regression.json
"""
import json
import random

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

random.seed(1)
words = [["tea", "cup", "leaf", "steam"], ["ball", "goal", "team", "run"], ["rain", "cloud", "wind", "leaf"]]
common = ["the", "a", "and", "of", "not", "very"]


def sentence(label):
    return " ".join(random.choice(words[label] if random.random() < 0.4 else common) for _ in range(random.randint(3, 9)))


labels = [random.randrange(3) for _ in range(60)]
texts = [sentence(label) for label in labels]
weights = [random.choice([1, 1, 2, 5]) for _ in labels]
asked = [sentence(random.randrange(3)) for _ in range(40)]
tfidf = TfidfVectorizer(tokenizer=str.split, token_pattern=None, lowercase=False, ngram_range=(1, 2), sublinear_tf=True)
X = tfidf.fit_transform(texts)
answers = {}
scores = []
for name, target in [("two", [int(label == 2) for label in labels]), ("three", labels)]:
    columns = [[int(t == c) for t in target] for c in ([1] if name == "two" else range(3))]
    models = [LogisticRegression(C=10, tol=1e-10, max_iter=10_000).fit(X, column, sample_weight=weights) for column in columns]
    decisions = np.array([model.decision_function(tfidf.transform(asked)) for model in models])
    answers[name] = (decisions[0] > 0).astype(int).tolist() if name == "two" else decisions.argmax(0).tolist()
    ranked = np.sort(decisions, 0)
    scores.append(np.abs(decisions[0]) if name == "two" else ranked[-1] - ranked[-2])
# Texts whose answer hangs on the last digits say nothing.
clear = [i for i in range(len(asked)) if min(score[i] for score in scores) > 0.02]
print(json.dumps({
    "texts": texts, "labels": labels, "weights": weights,
    "tfIdf": {"features": X.shape[1], "rows": [sorted(row.data.tolist()) for row in X[:5]]},
    "asked": [asked[i] for i in clear],
    **{name: [answer[i] for i in clear] for name, answer in answers.items()},
}))
