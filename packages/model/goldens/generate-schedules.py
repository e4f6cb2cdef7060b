"""Writes schedules.json: what PyTorch's schedulers make of a rate of 0.2 over 4 epochs of 5 steps.

    pip install torch && python generate-schedules.py > schedules.json

PyTorch steps `StepLR` once an epoch, and so does the reader of this file.
"""
import json

import torch

RATE, EPOCHS, STEPS = 0.2, 4, 5
S = torch.optim.lr_scheduler


def rates(make, count):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], RATE)
    scheduler = make(optimizer)
    values = []
    for _ in range(count):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return values


total = EPOCHS * STEPS
cases = [
    {"spec": {"type": "step", "stepSize": 2, "gamma": 0.3}, "every": STEPS, "rates": rates(lambda o: S.StepLR(o, 2, 0.3), EPOCHS)},
    {"spec": {"type": "exponential", "gamma": 0.5}, "every": STEPS, "rates": rates(lambda o: S.ExponentialLR(o, 0.5), EPOCHS)},
    {"spec": {"type": "cosine", "minFactor": 0.1}, "every": 1, "rates": rates(lambda o: S.CosineAnnealingLR(o, total, eta_min=0.1 * RATE), total)},
    {"spec": {"type": "oneCycle"}, "every": 1, "rates": rates(lambda o: S.OneCycleLR(o, RATE, total_steps=total), total)},
    {"spec": {"type": "oneCycle", "pctStart": 0.5, "divFactor": 10, "finalDivFactor": 100}, "every": 1, "rates": rates(lambda o: S.OneCycleLR(o, RATE, total_steps=total, pct_start=0.5, div_factor=10, final_div_factor=100), total)},
]
print(json.dumps({"torch": torch.__version__.split("+")[0], "learningRate": RATE, "epochs": EPOCHS, "stepsPerEpoch": STEPS, "cases": cases}, indent=1))
