"""Prints the tree of HDF5 files as JSON, for comparison. Arguments: files, of which .keras ones are archives."""
import io
import json
import sys
import zipfile

import h5py


def tree(path):
    source = io.BytesIO(zipfile.ZipFile(path).read("model.weights.h5")) if path.endswith(".keras") else path
    found = {"": {"attributes": {}}}

    def visit(name, node):
        entry = {"attributes": {key: str(value) for key, value in node.attrs.items()}}
        if isinstance(node, h5py.Dataset):
            entry.update(shape=list(node.shape), dtype=str(node.dtype), values=[float(v) for v in node[()].ravel()])
        found[name] = entry

    with h5py.File(source) as file:
        found[""]["attributes"] = {key: str(value) for key, value in file.attrs.items()}
        file.visititems(visit)
    return found


def members(path):
    infos = zipfile.ZipFile(path).infolist()
    return [[i.filename, i.compress_type, i.flag_bits] for i in infos]


def main():
    paths = sys.argv[1:]
    archives = [path for path in paths if path.endswith(".keras")]
    print(json.dumps({"trees": [tree(path) for path in paths], "members": [members(path) for path in archives]}))


main()
