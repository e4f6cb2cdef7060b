"""Writes reference.safetensors with Hugging Face's own library: every dtype we read, names that need sorting, metadata.

    pip install safetensors numpy && python generate.py
"""
import numpy as np
from safetensors.numpy import save_file

save_file(
    {
        "z/kernel": np.arange(6, dtype=np.float32).reshape(2, 3) / 4,
        "a/kernel": np.array([-1.5, 2.0**-20], dtype=np.float32),
        "bytes": np.array([[-128, 127, 3]], dtype=np.int8),
        "unsigned": np.array([255, 0, 7], dtype=np.uint8),
        "flags": np.array([True, False, True]),
        "short": np.array([-300, 300], dtype=np.int16),
        "ushort": np.array([65535], dtype=np.uint16),
        "ids": np.array([[1, -2], [3, 4]], dtype=np.int32),
        "uids": np.array([4294967295], dtype=np.uint32),
        "long": np.array([-(2**40)], dtype=np.int64),
        "ulong": np.array([2**63], dtype=np.uint64),
        "double": np.array([np.pi]),
        "scalar": np.array(7.0, dtype=np.float32),
        "empty": np.zeros((0, 5), dtype=np.float32),
        "naïve 名": np.array([1.0], dtype=np.float32),
    },
    "reference.safetensors",
    metadata={"note": 'quotes " and \\ and é'},
)
