"""Writes keras.json: what Keras' Tokenizer and pad_sequences do with texts that are easy to get wrong.

    pip install keras numpy scipy jax && KERAS_BACKEND=numpy python generate.py > keras.json
"""
import json

import keras
from keras.src.legacy.preprocessing.text import Tokenizer
from keras.utils import pad_sequences

texts = [
    "The cat sat on the mat. The cat!",
    "",
    "   \t\n ",
    "It's a dog's life -- isn't it?",
    "naïve café Ünïcödé ΣΊΣΥΦΟΣ İstanbul straße",
    "日本語 テスト 👍🏽 family 👨‍👩‍👧",
    "1,000.50 e-mail: a@b.c [x] {y} ~z~ back\\slash",
    "UPPER lower MiXeD upper",
    "<oov> oov unk",
    "constructor __proto__ toString",
    "tie tie knot knot",
]
unseen = ["the unseen cat", "", "oov <oov> unk!", "UPPER 👍🏽", "zzz", "constructor hasOwnProperty __proto__"]

option_sets = [
    {},
    {"numWords": 5},
    {"numWords": 1},
    {"numWords": 5, "oovToken": "<oov>"},
    {"oovToken": "[UNK]"},
    {"lower": False},
    {"filters": ""},
    {"filters": "aeiou"},
    {"split": ","},
    {"charLevel": True},
    {"charLevel": True, "numWords": 8, "oovToken": "⁇"},
]
snake = {"numWords": "num_words", "oovToken": "oov_token", "charLevel": "char_level"}

tokenizers = []
for options in option_sets:
    tokenizer = Tokenizer(**{snake.get(k, k): v for k, v in options.items()})
    tokenizer.fit_on_texts(texts[:6])
    tokenizer.fit_on_texts(texts[6:])
    tokenizers.append(
        {
            "options": options,
            "wordIndex": list(tokenizer.word_index.items()),
            "sequences": tokenizer.texts_to_sequences(texts + unseen),
        }
    )

sequences = [[1, 2, 3, 4, 5], [], [6], [7, 8, 9]]
pads = []
for options in [
    {},
    {"maxlen": 3},
    {"maxlen": 3, "truncating": "post"},
    {"maxlen": 3, "padding": "post"},
    {"maxlen": 7, "padding": "post", "truncating": "post", "value": -1},
    {"maxlen": 1},
]:
    pads.append({"options": options, "rows": pad_sequences(sequences, **options).tolist()})

print(
    json.dumps(
        {"keras": keras.__version__, "texts": texts, "unseen": unseen, "tokenizers": tokenizers, "sequences": sequences, "pads": pads},
        ensure_ascii=False,
    )
)
