"""Golden results of NumPy for core, math and segment ops. Run: python3 tools/golden/core_ops.py"""
import numpy as np
from encode import write

rng = np.random.default_rng(5)
f32, i32 = np.float32, np.int32
X = rng.normal(size=(4, 5)).astype(f32)
cases = []


def case(name, *args, result):
    cases.append([name, list(args), result])


def scattered(op, base, indices, updates):
    result = base.copy()
    for place, value in zip(indices, updates):
        place = tuple(place)
        result[place] = {"add": result[place] + value, "mul": result[place] * value, "max": np.maximum(result[place], value),
                         "min": np.minimum(result[place], value), None: value}[op]
    return result


PLACES = np.array([[0, 1], [3, 4], [0, 1], [2, 0]], i32)
ROWS = np.array([[1], [3], [1]], i32)
V4, V35 = np.array([2, -1, 0.5, 3], f32), rng.normal(size=(3, 5)).astype(f32)
for op in (None, "add", "mul", "max", "min"):
    case("scatterUpdate", X, PLACES, V4, op, result=scattered(op, X, PLACES, V4))
    case("scatterUpdate", X, ROWS, V35, op, result=scattered(op, X, ROWS, V35))
case("scatter", PLACES, V4, [4, 5], result=scattered("add", np.zeros((4, 5), f32), PLACES, V4))
case("slice", X, [1, 2], [2, 3], result=X[1:3, 2:5])
case("slice", X, np.array([1, 2], i32), [2, 3], result=X[1:3, 2:5])
case("slice", X, np.array([9, -4], i32), [2, 3], result=X[2:4, 0:3])
U = rng.normal(size=(2, 2)).astype(f32)
inside = X.copy()
inside[1:3, 3:5] = U
case("sliceUpdate", X, [1, 3], U, result=inside)
case("sliceUpdate", X, np.array([1, 3], i32), U, result=inside)
case("unstack", X, 5, 1, result=list(X.T.copy()))
IDS = np.array([2, 0, 2, 4], i32)
for name, fn, empty in (("segmentSum", np.sum, 0), ("segmentProd", np.prod, 1), ("segmentMax", np.max, -np.inf), ("segmentMin", np.min, np.inf)):
    rows = [fn(X[IDS == k], axis=0) if (IDS == k).any() else np.full(5, empty) for k in range(6)]
    case(name, X, IDS, 6, result=np.array(rows, f32))
    case(name, X, IDS, result=np.array(rows[:5], f32))
case("segmentMax", np.array([3, -5], i32), np.array([0, 0], i32), 2, result=np.array([3, -(2**31)], i32))
case("segmentMin", np.array([3, 5], np.uint8), np.array([1, 1], i32), 2, result=np.array([255, 3], np.uint8))
A, B = rng.normal(size=(2, 3, 4)).astype(f32), rng.normal(size=(5, 4)).astype(f32)
case("cdist", A, B, result=np.sqrt(((A[:, :, None] - B) ** 2).sum(-1)))
case("cdist", B, B, result=np.sqrt(((B[:, None] - B) ** 2).sum(-1)))
case("cdist", (B + 1000).astype(f32), (B + 1000).astype(f32), result=np.sqrt((((B + 1000).astype(f32)[:, None] - (B + 1000).astype(f32)) ** 2).sum(-1)))
case("viewAsComplex", X[:, :2], result=[X[:, 0].copy(), X[:, 1].copy()])
case("viewAsReal", [X, X], result=np.stack([X, X], -1))
case("viewAsReal", X, result=np.stack([X, 0 * X], -1))
case("inTopK", np.array([1, 0, 4, 2], i32), X, 2, result=np.array([(row > row[t]).sum() < 2 for row, t in zip(X, [1, 0, 4, 2])]))
case("topK", X, 2, result={"values": -np.sort(-X)[:, :2], "indices": np.argsort(-X)[:, :2]})
case("logSumExp", X, 1, result=np.log(np.exp(X).sum(1)))
case("max", np.zeros((0, 3), f32), 0, False, -1, result=np.full(3, -1, f32))
case("min", X, 1, True, 0, result=np.minimum(X.min(1, keepdims=True), 0))
write("tools/checks/test/ops/golden/core.json", cases)
