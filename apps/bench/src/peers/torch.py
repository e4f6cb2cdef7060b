"""PyTorch, by default on one thread. Reads one JSON case per line and prints one result per line."""
import json
import os
import sys
import time

import torch

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
BATCHES = int(os.environ.get("UNROLL_BENCH_BATCHES", "1"))
VOCABULARY = 96
CELLS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "simpleRNN": torch.nn.RNN}


def prepare(case):
    B, T, I, H = (case[key] for key in "BTIH")
    if case["suite"] == "gemm":
        a, b, c = torch.randn(B, I), torch.randn(I, H), torch.empty(B, H)
        return lambda: torch.matmul(a, b, out=c)
    if case["suite"] in ("step", "trainer"):
        return step(B * BATCHES, T, I, H)
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

    return train


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


key, work = None, None
for line in sys.stdin:
    case = json.loads(line)
    calls = case.pop("calls")
    try:
        if case != key:
            key, work = case, prepare(case)
        started = time.perf_counter()
        for _ in range(calls):
            work()
        print(json.dumps({"ms": (time.perf_counter() - started) * 1e3 / calls}), flush=True)
    except Exception as error:  # the bench prints it and continues
        print(json.dumps({"error": str(error)[:300]}), flush=True)
