"""Writes distributions.json: log-likelihoods and quantiles of SciPy's normal and negative binomial distributions.

    pip install numpy scipy && python generate-distributions.py > distributions.json
"""
import json

import numpy as np
import scipy
from scipy import stats

levels = [0.001, 0.05, 0.1, 0.5, 0.9, 0.95, 0.999]
normal = [{"mean": m, "deviation": s, "value": y, "loss": float(-stats.norm.logpdf(y, m, s)), "quantiles": stats.norm.ppf(levels, m, s).tolist()} for m, s, y in [(0, 1, 0.5), (-2, 0.3, -1.7), (5, 4, -6)]]
counts = []
for mean, dispersion, y in [(3, 0.5, 2), (0.2, 2, 0), (0.2, 2, 3), (40, 0.05, 55), (1500, 0.3, 900), (200000, 0.01, 210000), (7, 0.001, 7)]:
    r = 1 / dispersion
    p = r / (r + mean)
    counts.append({"mean": mean, "dispersion": dispersion, "value": y, "loss": float(-stats.nbinom.logpmf(y, r, p)), "quantiles": stats.nbinom.ppf(levels, r, p).tolist()})
print(json.dumps({"scipy": scipy.__version__, "levels": levels, "normal": normal, "counts": counts}))
