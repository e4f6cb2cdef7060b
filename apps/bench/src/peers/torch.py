"""PyTorch, by default on one thread of the CPU; UNROLL_BENCH_DEVICE=cuda runs it on a GPU. Reads one JSON case per line and prints one result per line."""
import json
import os
import sys
import time

import torch

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
DEVICE = os.environ.get("UNROLL_BENCH_DEVICE", "cpu")
torch.set_default_device(DEVICE)
BATCHES = int(os.environ.get("UNROLL_BENCH_BATCHES", "1"))
VOCABULARY = 96
# Of the suite translate.
WORDS = 8000
BEAM = 5
CELLS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "simpleRNN": torch.nn.RNN}


def prepare(case):
    B, T, I, H = (case[key] for key in "BTIH")
    if case["suite"] == "gemm":
        a, b, c = torch.randn(B, I), torch.randn(I, H), torch.empty(B, H)
        return lambda: torch.matmul(a, b, out=c)
    if case["suite"] in ("step", "trainer"):
        return step(B * BATCHES, T, I, H)
    if case["suite"] == "ctc":
        return ctc(B, T, I, H)
    if case["suite"] == "crf":
        return crf(B, T, I)
    if case["suite"] == "conv":
        return convolution(B, T, I, H, case["kernelSize"])
    if case["suite"] == "translate":
        return translation_step(B, T, I, H) if case["cell"] == "training step" else beam_search(B, T, I, H)
    layer = CELLS[case["cell"]](I, H, batch_first=True)
    if case["suite"] == "infer":
        layer.eval()
        x = torch.randn(B, T, I)

        def infer():
            with torch.inference_mode():
                layer(x)

        return infer
    x = torch.randn(B, T, I, requires_grad=True)
    gradient = torch.randn(B, T, H)

    def train():
        layer(x)[0].backward(gradient)
        if DEVICE == "cuda":
            torch.cuda.synchronize()

    return train


def convolution(B, T, I, H, kernel_size):
    layer = torch.nn.Conv1d(I, H, kernel_size, padding="same")
    x = torch.randn(B, I, T, requires_grad=True)
    gradient = torch.randn(B, H, T)
    return lambda: layer(x).backward(gradient)


def step(B, T, I, H):
    embedding, lstm, dense = torch.nn.Embedding(VOCABULARY, I), torch.nn.LSTM(I, H, batch_first=True), torch.nn.Linear(H, VOCABULARY)
    parameters = [*embedding.parameters(), *lstm.parameters(), *dense.parameters()]
    optimizer = torch.optim.Adam(parameters, 1e-3)
    ids, targets = torch.randint(1, VOCABULARY, (B, T)), torch.randint(1, VOCABULARY, (B * T,))

    def run():
        optimizer.zero_grad()
        logits = dense(lstm(embedding(ids))[0]).reshape(B * T, VOCABULARY)
        torch.nn.functional.cross_entropy(logits, targets).backward()
        optimizer.step()

    return run


def ctc(B, T, labels, length):
    logits = torch.randn(B, T, labels, requires_grad=True)
    targets = torch.randint(1, labels, (B, length))
    frames, lengths = torch.full((B,), T), torch.full((B,), length)

    def run():
        log_probabilities = logits.log_softmax(2).transpose(0, 1)
        torch.nn.functional.ctc_loss(log_probabilities, targets, frames, lengths, reduction="sum").backward()
        logits.grad = None

    return run


def crf(B, T, labels):
    from torchcrf import CRF

    model = CRF(labels, batch_first=True)
    emissions, gold = torch.randn(B, T, labels, requires_grad=True), torch.randint(0, labels, (B, T))

    def run():
        (-model(emissions, gold, reduction="sum")).backward()
        emissions.grad = None
        model.zero_grad()

    return run


class Translator(torch.nn.Module):
    """Embeddings of I, a bidirectional encoder and a decoder of H units with general attention (Luong et al., 2015)."""

    def __init__(self, I, H):
        super().__init__()
        self.source_words, self.target_words = torch.nn.Embedding(WORDS, I), torch.nn.Embedding(WORDS, I)
        self.encoder = torch.nn.LSTM(I, H // 2, batch_first=True, bidirectional=True)
        self.decoder = torch.nn.LSTM(I, H, batch_first=True)
        self.score = torch.nn.Linear(H, H, bias=False)
        self.dense = torch.nn.Linear(2 * H, WORDS)

    def encode(self, source):
        encoded, states = self.encoder(self.source_words(source))
        return encoded, tuple(torch.cat((state[0], state[1]), 1)[None] for state in states)

    def decode(self, target, state, encoded):
        decoded, state = self.decoder(self.target_words(target), state)
        weights = torch.bmm(self.score(decoded), encoded.transpose(1, 2)).softmax(2)
        return self.dense(torch.cat((decoded, torch.bmm(weights, encoded)), 2)), state


def translation_step(B, T, I, H):
    model = Translator(I, H)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    source, target, following = (torch.randint(1, WORDS, (B, T)) for _ in range(3))

    def run():
        optimizer.zero_grad()
        encoded, state = model.encode(source)
        logits, _ = model.decode(target, state, encoded)
        torch.nn.functional.cross_entropy(logits.reshape(B * T, WORDS), following.reshape(B * T)).backward()
        optimizer.step()

    return run


def beam_search(B, T, I, H):
    """All hypotheses of all sentences as one batch; those that have ended repeat their end for nothing."""
    model = Translator(I, H).eval()
    source = torch.randint(1, WORDS, (B, T))
    start, end = WORDS - 2, WORDS - 1
    first_rows = torch.arange(B)[:, None] * BEAM

    @torch.inference_mode()
    def run():
        encoded, state = model.encode(source)
        encoded, state = encoded.repeat_interleave(BEAM, 0), tuple(part.repeat_interleave(BEAM, 1) for part in state)
        scores = torch.full((B, BEAM), -torch.inf)
        scores[:, 0] = 0
        tokens = torch.full((B * BEAM, 1), start)
        ended = torch.zeros(B * BEAM, dtype=torch.bool)
        for _ in range(T):
            logits, state = model.decode(tokens[:, -1:], state, encoded)
            log_probabilities = logits[:, 0].log_softmax(1)
            log_probabilities[ended] = -torch.inf
            log_probabilities[ended, end] = 0
            scores, best = (scores.view(-1, 1) + log_probabilities).view(B, -1).topk(BEAM)
            parents, chosen = (best // WORDS + first_rows).view(-1), (best % WORDS).view(-1)
            state = tuple(part[:, parents] for part in state)
            tokens = torch.cat((tokens[parents], chosen[:, None]), 1)
            ended = ended[parents] | (chosen == end)
            if ended.all():
                break

    return run


def clocks():
    return time.perf_counter(), time.process_time()


key, work = None, None
for line in sys.stdin:
    case = json.loads(line)
    calls = case.pop("calls")
    try:
        if case != key:
            key, work = case, prepare(case)
        before = clocks()
        for _ in range(calls):
            work()
        ms, cpu_ms = ((after - since) * 1e3 / calls for since, after in zip(before, clocks()))
        print(json.dumps({"ms": ms, "cpuMs": cpu_ms}), flush=True)
    except Exception as error:  # the bench prints it and continues
        print(json.dumps({"error": str(error)[:300]}), flush=True)
