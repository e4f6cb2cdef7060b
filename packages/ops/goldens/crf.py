"""pytorch-crf's negative log-likelihoods and gradients in float64: python crf.py > crf.json (pip install torch pytorch-crf)."""
import json

import torch
from torchcrf import CRF

torch.manual_seed(3)


def rounded(tensor):
    return [round(value, 7) for value in tensor.flatten().tolist()]


def case(name, lengths, labels, scale=1.0, masked=True):
    """A batch padded on the right: pytorch-crf gives padded steps in the middle another meaning."""
    batch, steps = len(lengths), max(lengths)
    draw = lambda *shape: (torch.round(torch.randn(*shape) * scale * 1000) / 1000).double().requires_grad_()  # noqa: E731
    crf = CRF(labels, batch_first=True).double()
    emissions, transitions, start, end = draw(batch, steps, labels), draw(labels, labels), draw(labels), draw(labels)
    crf.transitions, crf.start_transitions, crf.end_transitions = (torch.nn.Parameter(each) for each in (transitions, start, end))
    gold = torch.randint(0, labels, (batch, steps))
    mask = torch.arange(steps)[None, :] < torch.tensor(lengths)[:, None]
    losses = -crf(emissions, gold, mask=mask if masked else None, reduction="none")
    weights = torch.arange(1, batch + 1).double()
    # Transitions that no row uses get a gradient of zero.
    ((losses * weights).sum() + 0 * crf.transitions.sum()).backward()
    best = crf.decode(emissions, mask=mask)
    return {
        "name": name, "lengths": lengths, "masked": masked, "emissions": emissions.flatten().tolist(),
        "transitions": transitions.tolist(), "start": start.tolist(), "end": end.tolist(), "labels": gold.flatten().tolist(),
        "losses": rounded(losses), "dEmissions": rounded(emissions.grad), "dTransitions": rounded(crf.transitions.grad),
        "dStart": rounded(crf.start_transitions.grad), "dEnd": rounded(crf.end_transitions.grad), "best": best,
    }  # fmt: skip


cases = [
    case("no mask", [5, 5, 5], 4, masked=False),
    case("ragged", [6, 3, 1], 5),
    case("one step", [1, 1], 3),
    case("sharp", [7, 4], 9, scale=12),
]
print(json.dumps(cases))
