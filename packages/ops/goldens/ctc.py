"""PyTorch's CTC losses and gradients by the logits, in float64: python ctc.py > ctc.json (pip install torch numpy)."""
import json

import torch

torch.manual_seed(7)


def case(name, frames, labels, targets, blank, scale=1.0):
    """A batch of targets for as many frames each; the logits of padded frames are 99, which no loss may read."""
    longest = max(frames)
    logits = torch.round(torch.randn(len(frames), longest, labels) * scale * 1000) / 1000
    for row, count in enumerate(frames):
        logits[row, count:] = 99
    x = logits.double().requires_grad_()
    width = max(1, max(map(len, targets)))
    padded = torch.tensor([[*target, *[blank] * (width - len(target))] for target in targets])
    lengths = torch.tensor([len(target) for target in targets])
    ctc_loss = torch.nn.functional.ctc_loss
    options = {"blank": blank, "reduction": "none"}
    losses = ctc_loss(x.log_softmax(2).transpose(0, 1), padded, torch.tensor(frames), lengths, **options)
    zeroed = ctc_loss(x.log_softmax(2).transpose(0, 1), padded, torch.tensor(frames), lengths, zero_infinity=True, **options)
    zeroed.sum().backward()
    rounded = [round(value, 7) for value in x.grad.flatten().tolist()]
    return {
        "name": name, "frames": frames, "labels": labels, "blank": blank, "targets": targets, "logits": logits.flatten().tolist(),
        "losses": [None if value == float("inf") else round(value, 7) for value in losses.tolist()], "gradient": rounded,
    }  # fmt: skip


cases = [
    case("blank 0, ragged", [9, 6, 4], 5, [[1, 2, 3], [4, 1], [2]], 0),
    case("blank last, ragged", [8, 8, 3], 4, [[0, 1, 2, 0], [2], [1, 0]], 3),
    case("repeated labels", [9, 5, 6], 4, [[1, 1, 1], [2, 2, 3], [3, 3]], 0),
    case("empty targets", [5, 3, 4], 3, [[], [1], []], 0),
    case("too long for their frames", [3, 4, 2, 4], 4, [[1, 2, 3, 1], [1, 1, 1], [2, 2], [1, 2, 3]], 0),
    case("exactly as many frames as needed", [3, 5, 1], 4, [[1, 2, 3], [1, 1, 1], [2]], 0),
    case("one label in the middle", [6, 6], 3, [[0, 2], [2, 0]], 1),
    case("sharp", [12, 12], 6, [[1, 2, 3, 4], [5, 5]], 0, scale=30),
]
print(json.dumps(cases))
