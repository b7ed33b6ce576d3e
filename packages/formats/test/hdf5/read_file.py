"""Prints what h5py reads in an HDF5 file, adds to it, and checks that all is still there."""

import json
import sys

import h5py
import numpy as np

path = sys.argv[1]


def plain(value):
    if isinstance(value, np.ndarray):
        return [str(value.dtype), [item.decode() if isinstance(item, bytes) else item for item in value.tolist()]]
    return [type(value).__name__, value if isinstance(value, str) else value.item()]


def walk(node):
    attributes = {name: plain(value) for name, value in node.attrs.items()}
    if isinstance(node, h5py.Dataset):
        kind = str(node.dtype)
        values = node[()].tobytes().hex() if node.dtype.kind == 'V' else repr(node[()].tolist())
        return {'attributes': attributes, 'dtype': kind, 'shape': node.shape, 'values': values}
    return {'attributes': attributes, 'children': {name: walk(child) for name, child in node.items()}}


with h5py.File(path, 'r') as f:
    result = walk(f)
with h5py.File(path, 'a') as f:
    before = len(f['many'])
    for i in range(300):
        f['many'].create_dataset('later%d' % i, data=i)
    f['many'].attrs['later'] = 'x'
    del f['many/n5']
with h5py.File(path, 'r') as f:
    assert len(f['many']) == before + 299 and all(f['many'][f'later{i}'][()] == i for i in range(300))
print(json.dumps(result))
