"""Golden values of linear algebra: results of numpy.linalg and torch.linalg in float64, gradients of torch.

Run: python3 tools/golden/linalg.py    (needs numpy and torch; writes tools/golden/linalg.json)

The gradient is that of the sum of all elements of all outputs, each times cos(1.3 i + 0.4) + 0.2 for its position i.
"""

import json
import pathlib

import numpy as np
import torch

rng = np.random.default_rng(7)
cases = []


def pack(array):
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": [float("%.13g" % v) for v in array.reshape(-1).tolist()]}


def weighted(outputs):
    total = 0
    for y in outputs:
        i = torch.arange(y.numel(), dtype=torch.float64)
        total = total + (y.reshape(-1) * (torch.cos(1.3 * i + 0.4) + 0.2)).sum()
    return total


def case(name, function, *inputs, options=None, gradient=True, values=None):
    """`values` are numpy's outputs; without them torch's are the golden ones."""
    leaves = [torch.tensor(np.asarray(x, dtype=np.float64), requires_grad=gradient) for x in inputs]
    outputs = function(*leaves)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    entry = {"name": name, "inputs": [pack(x) for x in inputs]}
    if options is not None:
        entry["options"] = options
    golden = [y.detach().numpy() for y in outputs] if values is None else values
    for mine, theirs in zip(golden, outputs):
        assert np.allclose(mine, theirs.detach().numpy(), rtol=1e-9, atol=1e-9), name
    entry["outputs"] = [pack(y) for y in golden]
    if gradient:
        weighted(outputs).backward()
        entry["gradients"] = [pack(x.grad.numpy()) for x in leaves]
    cases.append(entry)


def normal(*shape):
    return np.round(rng.normal(size=shape), 3)


def positive(*shape):
    x = normal(*shape)
    return np.round(x @ np.swapaxes(x, -1, -2) + np.eye(shape[-1]), 6)


for shape in [(1, 1), (4, 4), (2, 3, 3)]:
    x = positive(*shape)
    case("cholesky", torch.linalg.cholesky, x, values=[np.linalg.cholesky(x)])
    case("logdet", lambda t: torch.logdet(t), x)
    case("choleskyInverse", lambda t: torch.cholesky_inverse(t) if t.dim() == 2 else torch.stack([torch.cholesky_inverse(s) for s in t]),
         np.round(np.linalg.cholesky(x), 6), gradient=False)
    a = normal(*shape)
    b = normal(*shape[:-1], 2)
    case("solve", torch.linalg.solve, a, b, values=[np.linalg.solve(a, b)])
    case("inv", torch.linalg.inv, a, values=[np.linalg.inv(a)])
    case("det", torch.linalg.det, a, values=[np.linalg.det(a)])
    case("slogdet", torch.linalg.slogdet, a, values=list(np.linalg.slogdet(a)))
    case("solveTriangular", lambda t, r: torch.linalg.solve_triangular(t, r, upper=True), a, b)
    case("solveTriangularLower", lambda t, r: torch.linalg.solve_triangular(t, r, upper=False), a, b)
    case("expm", torch.matrix_exp, a)
    case("matrixPower", lambda t: torch.linalg.matrix_power(t, 3), a, options=3, values=[np.linalg.matrix_power(a, 3)])
    case("matrixPower", lambda t: torch.linalg.matrix_power(t, -2), a, options=-2, values=[np.linalg.matrix_power(a, -2)])
    s = a + np.swapaxes(a, -1, -2)
    case("eigenvalues", torch.linalg.eigvalsh, s, values=[np.linalg.eigvalsh(s)])
    case("eigenvectorSquares", lambda t: torch.linalg.eigh(t)[1] ** 2, s)

case("matrixPower", lambda t: torch.linalg.matrix_power(t, 0), normal(3, 3), options=0, gradient=False)
case("solveVector", torch.linalg.solve, normal(3, 3), normal(3))
case("expm", torch.matrix_exp, 9 * normal(3, 3))

for shape in [(5, 3), (3, 5), (2, 4, 4), (1, 4)]:
    a = normal(*shape)
    lead = shape[:-2]
    full = not lead
    case("qr", torch.linalg.qr, a, values=list(np.linalg.qr(a)) if full else None)
    case("singularValues", torch.linalg.svdvals, a, values=[np.linalg.svd(a, compute_uv=False)])
    case("singularVectorSquares", lambda t: tuple(p ** 2 for p in torch.linalg.svd(t, full_matrices=False)[::2]), a)
    case("luFactor", lambda t: torch.linalg.lu_factor(t)[0], a)
    case("luPivots", lambda t: torch.linalg.lu_factor(t)[1] - 1, a, gradient=False)
    case("pinv", torch.linalg.pinv, a, values=[np.linalg.pinv(a)])
    b = normal(*lead, shape[-2], 2)
    case("lstsq", lambda t, r: torch.linalg.pinv(t) @ r, a, b)
    if full:
        case("lstsqValue", lambda t, r: torch.linalg.lstsq(t, r, driver="gelsd").solution, a, b, gradient=False,
             values=[np.linalg.lstsq(a, b, rcond=None)[0]])

rank2 = np.array([[1.0, 2, 3, 4], [2, 4, 6, 8], [0, 1, 0, -1], [1, 3, 3, 3], [3, 5, 9, 13]])
case("singularValues", torch.linalg.svdvals, rank2, gradient=False)
case("pinv", torch.linalg.pinv, rank2, gradient=False, values=[np.linalg.pinv(rank2)])
case("matrixRank", torch.linalg.matrix_rank, rank2, gradient=False)
case("matrixRank", torch.linalg.matrix_rank, np.stack([np.eye(3), np.ones((3, 3)), np.zeros((3, 3))]), gradient=False)

a = normal(4, 3)
v = normal(5)
inf = float("inf")


def norms(x, ord, axis, name_ord):
    case("norm", lambda t: torch.linalg.norm(t, ord=ord, dim=axis), x, options={"ord": name_ord, "axis": axis},
         values=[np.linalg.norm(x, ord=ord, axis=axis)])


for ord, name in [(None, None), (inf, "inf"), (-inf, "-inf"), (1, 1), (2, 2), (3, 3), (0.5, 0.5), (-1, -1), (-2.5, -2.5)]:
    norms(v, ord, None, name)
    norms(a, ord, 1, name)
for ord, name in [(None, None), ("fro", "fro"), ("nuc", "nuc"), (inf, "inf"), (-inf, "-inf"), (1, 1), (-1, -1), (2, 2), (-2, -2)]:
    norms(a, ord, None, name)
    norms(normal(2, 3, 4), ord, (0, 2), name)
    norms(normal(2, 3, 4), ord, (2, 0), name)
case("norm", lambda t: torch.linalg.norm(t, ord=0), np.array([0.0, 1.0, 0.0, 2.0]), options={"ord": 0, "axis": None}, gradient=False)

for x in [normal(1, 1), normal(4, 4), normal(6, 6), np.array([[0.0, -1.0], [1.0, 0.0]]), np.diag([3.0, 1.0, 2.0]),
          np.array([[2.0, 1.0], [0.0, 2.0]])]:
    w = np.linalg.eigvals(x)
    w = w[np.lexsort((w.imag, w.real))]
    cases.append({"name": "eig", "inputs": [pack(x)], "outputs": [pack(w.real), pack(w.imag)]})

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
