"""How golden cases are written as JSON: arrays as {"t": nested, "d": dtype}, what JSON lacks as text."""
import json
import math
import os

import numpy as np

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


DIGITS = 9
NARROW = {"float64": "float32", "int64": "int32"}


def plain(value):
    """A number that JSON can hold."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    value = float(value)
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return float(f"{value:.{DIGITS}g}")


def nested(array):
    return [nested(part) for part in array] if array.ndim else plain(array[()])


def tensor(value, dtype=None):
    """An array as JSON. NumPy's wide defaults stand for float32 and int32."""
    array = np.asarray(value, dtype=dtype)
    name = NARROW.get(array.dtype.name, array.dtype.name)
    return {"t": nested(array), "d": name, "s": list(array.shape)}


def encode(value):
    if isinstance(value, (np.ndarray, np.generic)):
        return tensor(value)
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, float):
        return plain(value)
    return value


def write(path, cases, digits=9, wide=False):
    """One case a line: [op, arguments, result]; `wide` keeps float64."""
    global DIGITS, NARROW
    DIGITS = digits
    if wide:
        NARROW = {}
    lines = ",\n".join(json.dumps(encode(case), separators=(",", ":")) for case in cases)
    with open(os.path.join(ROOT, path), "w") as file:
        file.write("[\n" + lines + "\n]\n")
    print(f"{path}: {len(cases)} cases, {os.path.getsize(os.path.join(ROOT, path))} bytes")
