"""What jiwer, seqeval and sacrebleu compute: python generate-text-metrics.py > text-metrics.json (pip install jiwer seqeval sacrebleu)."""
import json
import random
import warnings

import jiwer
from sacrebleu.metrics import BLEU, CHRF
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2, IOBES

random.seed(11)
warnings.filterwarnings("ignore")

texts = [
    ["the cat sat on the mat", "the cat sat on mat"],
    ["  one   two three ", "one two  three four"],
    ["a", "completely different and longer"],
    ["naïve café 北京 😀", "naive café 北 京 😀😀"],
    ["hello world", ""],
    ["same", "same"],
]
errors = [{"reference": r, "text": t, "wer": jiwer.wer(r, t), "cer": jiwer.cer(r, t)} for r, t in texts]
references, hypotheses = [r for r, _ in texts], [t for _, t in texts]
corpus = {"wer": jiwer.wer(references, hypotheses), "cer": jiwer.cer(references, hypotheses)}


def report(gold, predicted, scheme=None):
    strict = {"mode": "strict", "scheme": scheme} if scheme else {}
    scores = classification_report(gold, predicted, output_dict=True, zero_division=0, **strict)
    named = {name: each for name, each in scores.items() if name not in ("macro avg", "weighted avg")}
    keys = ["precision", "recall", "f1-score", "support"]
    return {name: [float(each[key]) for key in keys] for name, each in named.items()}


def draw(letters, kinds, count, length):
    labels = ["O", "O", *[f"{letter}-{kind}" for letter in letters for kind in kinds]]
    return [[random.choice(labels) for _ in range(random.randint(1, length))] for _ in range(count)]


def noisy(gold, labels):
    return [[random.choice(labels) if random.random() < 0.3 else label for label in row] for row in gold]


spans = []
for letters, scheme, name in [("BI", None, "lenient"), ("BIES", None, "lenient"), ("BI", IOB2, "bio"), ("BIES", IOBES, "bioes")]:
    gold = draw(letters, ["x", "y-z"], 40, 9)
    predicted = noisy(gold, sorted({label for row in gold for label in row}))
    spans.append({"scheme": name, "gold": gold, "predicted": predicted, "scores": report(gold, predicted, scheme)})

sentences = [
    ["The cat is on the mat.", ["There is a cat on the mat.", "The cat sat on the mat."]],
    ["It costs 1,234.50 dollars - e.g. in the U.S.A.!", ["It costs 1,234.50 dollars, e.g. in the U.S.", "The price is $1,234.50."]],
    ["\"Well-known\" &amp; <b>bold</b> 3-4 ~ it's", ["\"well known\" & bold 3-4, it's", "“Well-known” & bold"]],
    ["Das kostet 5 € – „wirklich“ …", ["Das kostet 5 €, wirklich!", "Es kostet fünf Euro – „wirklich“"]],
    ["北京 is big 😀.", ["北京 is very big 😀!", "Beijing is big."]],
    ["short", ["a short one", "not that short"]],
    ["nothing shared here", ["各国", "q"]],
    ["", ["empty hypothesis", "none"]],
    ["(parenthesis) here: a,b and 1.5 , done ?", ["( parenthesis ) here: a, b and 1.5, done?", "parenthesis"]],
]
hypotheses = [hypothesis for hypothesis, _ in sentences]
streams = [[references[i] for _, references in sentences] for i in range(2)]
one = streams[:1]


def bleu(**options):
    sentence = BLEU(effective_order=True, **options)
    score = BLEU(**options).corpus_score(hypotheses, streams)
    return {
        "corpus": score.score, "precisions": score.precisions, "brevityPenalty": score.bp,
        "oneReference": BLEU(**options).corpus_score(hypotheses, one).score,
        "sentences": [sentence.sentence_score(h, r).score for h, r in sentences],
    }  # fmt: skip


def chrf(**options):
    metric = CHRF(**options)
    return {
        "corpus": metric.corpus_score(hypotheses, streams).score,
        "oneReference": metric.corpus_score(hypotheses, one).score,
        "sentences": [metric.sentence_score(h, r).score for h, r in sentences],
    }


print(json.dumps({
    "errors": errors, "corpusErrors": corpus, "spans": spans, "sentences": [{"hypothesis": h, "references": r} for h, r in sentences],
    "bleu": [{"tokenize": t, "lowercase": l, **bleu(tokenize=t, lowercase=l)} for t in ["13a", "intl", "char", "none"] for l in [False, True]],
    "chrf": [{"wordOrder": w, "lowercase": l, **chrf(word_order=w, lowercase=l)} for w in [0, 2] for l in [False, True]],
}))  # fmt: skip
