"""Golden results of NumPy for tools/checks/test/ops. Run: python3 tools/golden/numpy_ops.py"""
import numpy as np
from encode import write

rng = np.random.default_rng(7)
trapezoid = getattr(np, "trapezoid", None) or np.trapz
nan, inf = np.nan, np.inf
f32 = np.float32
X = rng.normal(size=(3, 4)).astype(f32)
Y = rng.normal(size=(3, 4)).astype(f32)
ROW = rng.normal(size=(4,)).astype(f32)
CUBE = rng.normal(size=(2, 3, 4)).astype(f32)
EDGE = np.array([-inf, -2.5, -1.0, -0.0, 0.0, 0.5, 3.0, inf, nan], f32)
INTS = np.array([[3, -4, 0], [7, 2, -9]], np.int32)
HOLES = X.copy()
HOLES[0, 1] = HOLES[2, 3] = HOLES[1, 0] = nan
HOLES[1, :3] = nan
EMPTY = np.zeros((0,), f32)
BOOLS = np.array([True, False, True])
cases = []


def case(name, args, result, **options):
    cases.append([name, list(args) + ([options] if options else []), result])


with np.errstate(all="ignore"):
    for name, fn in {
        "absolute": np.abs, "cbrt": np.cbrt, "deg2rad": np.deg2rad, "rad2deg": np.rad2deg, "exp2": np.exp2,
        "fabs": np.fabs, "sinc": np.sinc, "nanToNum": np.nan_to_num, "isNegInf": np.isneginf, "isPosInf": np.isposinf,
        "real": np.real, "imag": np.imag, "conj": np.conj, "conjugate": np.conjugate, "negative": np.negative,
        "isReal": np.isreal, "angle": np.angle, "arctan": np.arctan, "arcsinh": np.arcsinh,
    }.items():
        case(name, [EDGE], fn(EDGE))
        case(name, [X], fn(X))
        case(name, [X[0, 0]], fn(X[0, 0]))
        if name not in ("angle",):
            case(name, [EMPTY], fn(EMPTY))
    case("signbit", [EDGE[:-1]], np.signbit(EDGE[:-1]))
    case("signbit", [INTS], np.signbit(INTS))
    for name, fn in {"arccos": np.arccos, "arcsin": np.arcsin, "arctanh": np.arctanh}.items():
        case(name, [X / 4], fn(X / 4))
    case("arccosh", [np.abs(X) + 1], np.arccosh(np.abs(X) + 1))
    case("fabs", [INTS], np.fabs(INTS).astype(f32))
    case("cbrt", [np.array([-27, 8, 64, 1e-30, 1e30], f32)], np.array([-3, 2, 4, 1e-10, 1e10], f32))
    case("exp2", [np.array([10, -3, 0, 24], np.int32)], np.array([1024, 0.125, 1, 16777216], f32))
    case("nanToNum", [EDGE, 7, 8, -9], np.nan_to_num(EDGE, nan=7, posinf=8, neginf=-9))
    case("nanToNum", [INTS], INTS)
    case("isNegInf", [INTS], np.zeros(INTS.shape, bool))
    for name, fn in {
        "arctan2": np.arctan2, "fmax": np.fmax, "fmin": np.fmin, "hypot": np.hypot, "logAddExp": np.logaddexp,
        "logAddExp2": np.logaddexp2, "heaviside": np.heaviside, "multiply": np.multiply, "subtract": np.subtract,
        "divide": np.divide, "trueDivide": np.true_divide,
    }.items():
        case(name, [X, Y], fn(X, Y))
        case(name, [X, ROW], fn(X, ROW))
        case(name, [EDGE, EDGE[::-1].copy()], fn(EDGE, EDGE[::-1]))
        case(name, [EDGE, EDGE], fn(EDGE, EDGE))
        case(name, [X[:, :0], Y[:, :0]], fn(X[:, :0], Y[:, :0]))
    case("hypot", [np.array([3e38, 3e-38, 0, 1e30], f32), np.array([0, 4e-38, 0, 1e30], f32)],
         np.array([3e38, 5e-38, 0, np.sqrt(2) * 1e30], f32))
    case("logAddExp", [np.array([1000, -1000], f32), np.array([1000, -1000], f32)],
         np.array([1000.6931472, -999.3068528], f32))
    case("fmax", [INTS, INTS[::-1].copy()], np.fmax(INTS, INTS[::-1]))
    case("fmod", [INTS, np.array([2, 3, 4], np.int32)], np.fmod(INTS, np.array([2, 3, 4], np.int32)))
    case("fmod", [X * 3, Y], np.fmod(X * 3, Y))
    case("floorDivide", [INTS, np.array([2, 3, 4], np.int32)], INTS // np.array([2, 3, 4], np.int32))
    case("mod", [X * 3, Y], np.mod(X * 3, Y))
    case("power", [np.abs(X), Y], np.power(np.abs(X), Y))
    case("ldexp", [X, np.array([3, -2, 0, 10], np.int32)], np.ldexp(X, np.array([3, -2, 0, 10])))
    case("ldexp", [np.array([1e-30, 1e30], f32), np.array([200, -190], np.int32)],
         np.ldexp(np.array([1e-30, 1e30], f32), np.array([200, -190])))
    case("divideNoNan", [X, np.array([0, 1, 2, 0], f32)], np.where(np.array([0, 1, 2, 0]) == 0, 0, X / np.array([1, 1, 2, 1], f32)))
    case("isClose", [EDGE, EDGE], np.isclose(EDGE, EDGE))
    case("isClose", [EDGE, EDGE], np.isclose(EDGE, EDGE, equal_nan=True), equalNan=True)
    case("isClose", [X, X * f32(1.001)], np.isclose(X, X * f32(1.001), rtol=1e-2), rtol=1e-2)
    case("allclose", [X, X], np.bool_(True))
    case("allclose", [X, Y], np.bool_(False))
    A, B = np.array([12, 0, -18, 7, 2147483647], np.int32), np.array([18, 5, 27, 0, 1836311903], np.int32)
    case("gcd", [A, B], np.gcd(A, B))
    case("lcm", [A[:4], B[:4]], np.lcm(A[:4], B[:4]))
    case("gcd", [A.reshape(5, 1), A[:2]], np.gcd(A.reshape(5, 1), A[:2]))
    case("bitwiseInvert", [INTS], np.invert(INTS))
    case("bitwiseLeftShift", [INTS, np.int32(2)], np.left_shift(INTS, 2))
    case("bitwiseRightShift", [INTS, np.int32(1)], np.right_shift(INTS, 1))
    for a, b in [(1.0, 2.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (inf, 0.0), (2.5, 2.5), (nan, 1.0), (-1e-45, 1.0)]:
        case("nextafter", [f32(a), f32(b)], np.nextafter(f32(a), f32(b)))
    case("view", [X, "int32"], X.view(np.int32))
    case("view", [INTS, "float32"], INTS.view(f32))
    case("view", [np.array([-1, 5], np.int8), "uint8"], np.array([-1, 5], np.int8).view(np.uint8))
    case("view", [np.array([[258, 3], [1, 0]], np.int32), "uint8"], np.array([[258, 3], [1, 0]], np.int32).view(np.uint8))
    case("saturateCast", [np.array([-300, 300, 5, nan, inf], f32), "uint8"], np.array([0, 255, 5, 0, 255], np.uint8))
    case("saturateCast", [np.array([-300, 300, 5], np.int32), "int8"], np.array([-128, 127, 5], np.int8))
    case("saturateCast", [np.array([-3, 300], np.int32), "uint32"], np.array([0, 300], np.uint32))
    case("round", [np.array([1.2345, -7.5551, 25.5], f32), 2], np.array([1.23, -7.56, 25.5], f32))
    case("round", [np.array([1234, -175], np.int32), -2], np.array([1200, -200], np.int32))

    elementwise = list(cases)
    cases.clear()

    # reductions and statistics
    for axis in (None, 0, -1):
        case("ptp", [X, axis], np.ptp(X, axis=axis))
        case("median", [X, axis], np.median(X, axis=axis))
        case("var", [X, axis], np.var(X, axis=axis))
        case("amax", [X, axis], np.amax(X, axis=axis))
        for name, fn in {"nanSum": np.nansum, "nanMean": np.nanmean, "nanMax": np.nanmax, "nanMin": np.nanmin,
                         "nanProd": np.nanprod, "nanVar": np.nanvar, "nanStd": np.nanstd, "nanMedian": np.nanmedian,
                         "nanCumsum": np.nancumsum, "nanCumprod": np.nancumprod}.items():
            case(name, [HOLES, axis], fn(HOLES, axis=axis))
            if name not in ("nanCumsum", "nanCumprod"):
                case(name, [HOLES, axis, True], fn(HOLES, axis=axis, keepdims=True))
        case("nanArgMax", [HOLES, axis], np.nanargmax(HOLES, axis=axis))
        case("nanArgMin", [HOLES, axis], np.nanargmin(HOLES, axis=axis))
        for method in ("linear", "lower", "higher", "midpoint", "nearest"):
            for q in (0.0, 0.3, 0.5, 1.0, [0.25, 0.9]):
                case("quantile", [X, q, axis], np.quantile(X, q, axis=axis, method=method), method=method)
        case("percentile", [X, 30, axis], np.percentile(X, 30, axis=axis))
        case("nanQuantile", [HOLES, 0.4, axis], np.nanquantile(HOLES, 0.4, axis=axis))
        case("nanPercentile", [HOLES, [10, 60], axis], np.nanpercentile(HOLES, [10, 60], axis=axis), keepDims=False)
        case("average", [X, axis], np.average(X, axis=axis))
        case("average", [X, axis], np.average(X, axis=axis, weights=np.abs(Y)), weights=np.abs(Y))
    for method in ("lower", "higher", "midpoint", "nearest"):
        case("nanQuantile", [HOLES, 0.4, 1], np.nanquantile(HOLES, 0.4, axis=1, method=method), method=method)
    case("quantile", [INTS, 0.5], f32(np.quantile(INTS, 0.5)))
    case("quantile", [np.array([1, nan, 3], f32), 0.5], f32(nan))
    case("quantile", [np.array([inf, inf, -inf, 1], f32), 0.6], f32(inf))
    case("quantile", [CUBE, 0.7, [0, 2]], np.quantile(CUBE, 0.7, axis=(0, 2), keepdims=True), keepDims=True)
    case("nanMax", [np.array([[nan, nan], [1, nan]], f32), 1], np.array([nan, 1], f32))
    case("nanArgMax", [np.array([[nan, nan], [nan, -inf]], f32), 1], np.array([-1, 1], np.int32))
    case("nanSum", [INTS, 1], np.nansum(INTS, axis=1))
    case("average", [X, 1], np.average(X, axis=1, weights=[1, 2, 0, 3]), weights=np.array([1, 2, 0, 3], f32))
    case("diff", [X], np.diff(X))
    case("diff", [X, 2, 0], np.diff(X, n=2, axis=0))
    case("diff", [INTS, 1, 0], np.diff(INTS, axis=0))
    case("diff", [BOOLS], np.diff(BOOLS))
    case("diff", [EMPTY], np.diff(EMPTY))
    case("trapezoid", [X], trapezoid(X))
    case("trapezoid", [X], trapezoid(X, dx=0.5, axis=0), dx=0.5, axis=0)
    PLACES = np.array([0, 1, 3, 3.5], f32)
    case("trapezoid", [X], trapezoid(X, x=PLACES), x=PLACES)
    case("corrcoef", [X], np.corrcoef(X))
    case("corrcoef", [ROW], np.corrcoef(ROW))
    for mode in ("valid", "same", "full"):
        for n, m in ((5, 3), (3, 5), (4, 4), (5, 2), (2, 5), (6, 1)):
            a, b = rng.normal(size=n).astype(f32), rng.normal(size=m).astype(f32)
            case("correlate", [a, b, mode], np.correlate(a, b, mode))
    COUNTS = np.array([1, 4, 1, 0], np.int32)
    case("bincount", [COUNTS], np.bincount(COUNTS))
    case("bincount", [COUNTS], np.bincount(COUNTS, minlength=7), minLength=7)
    case("bincount", [COUNTS], np.bincount(COUNTS)[:3], length=3)
    case("bincount", [COUNTS], np.bincount(COUNTS, weights=ROW).astype(f32), weights=ROW)
    case("bincount", [np.array([[0, 1], [1, 1]], np.int32)], np.array([[1, 1], [0, 2]], np.int32))
    SAMPLES = np.array([0.5, 1, 1, 2.5, 4, 4, -1], f32)
    for options in ({}, {"bins": 4}, {"bins": 3, "range": (0, 3)}):
        counts, edges = np.histogram(SAMPLES, **options)
        case("histogram", [SAMPLES], {"counts": counts, "edges": edges.astype(f32)}, **options)
    BINS = np.array([-1, 0, 1, 2.5], f32)
    case("digitize", [np.concatenate([X.ravel(), BINS]), BINS], np.digitize(np.concatenate([X.ravel(), BINS]), BINS))
    SORTED = np.array([1, 2, 2, 2, 5, nan], f32)
    for side in ("left", "right"):
        values = np.array([[0, 1, 2], [3, 9, nan]], f32)
        case("searchSorted", [SORTED, values, side], np.searchsorted(SORTED, values, side))
    case("searchSorted", [EMPTY, ROW], np.searchsorted(EMPTY, ROW))
    case("isIn", [INTS, np.array([2, 0, 8], np.int32)], np.isin(INTS, [2, 0, 8]))
    case("isIn", [INTS, np.array([2, 0, 8], np.int32)], np.isin(INTS, [2, 0, 8], invert=True), invert=True)
    case("isIn", [EDGE, np.array([nan, inf, 0], f32)], np.isin(EDGE, np.array([nan, inf, 0], f32)))
    case("isIn", [INTS, np.zeros((0,), np.int32)], np.zeros(INTS.shape, bool))
    case("nonzero", [INTS], list(np.nonzero(INTS)))
    case("where", [X], list(np.nonzero(X)))
    case("nonzero", [INTS], [np.array([0, 0, 1], np.int32), np.array([0, 1, 0], np.int32)], size=3)
    case("nonzero", [np.array([0, 5], np.int32)], [np.array([1, -1, -1], np.int32)], size=3, fillValue=-1)
    case("unravelIndex", [np.array([5, 0, -1], np.int32), [2, 3]], list(np.unravel_index(np.array([5, 0, 5]), (2, 3))))
    for array, axis in ((np.array([3, 1, 3, 2, 1, 1], np.int32), None), (np.array([[2.5, nan], [nan, -1]], f32), None),
                        (np.array([[1, 2], [0, 5], [1, 2], [0, 4]], np.int32), 0), (np.array([[1, 1, 0], [2, 2, 7]], np.int32), 1),
                        (EMPTY, None)):
        v, i, r, c = np.unique(array, True, True, True, axis=axis)
        inverse = r.reshape(array.shape) if axis is None else r
        case("unique", [array], {"values": v, "index": i, "inverse": inverse, "counts": c}, axis=axis)
    case("unique", [np.array([3, 1, 3], np.int32)], {"values": np.array([1, 3, 9, 9], np.int32), "index": np.array([1, 0, 1, 1], np.int32),
         "inverse": np.array([1, 0, 1], np.int32), "counts": np.array([1, 2, 0, 0], np.int32)}, size=4, fillValue=9)

    statistics = list(cases)
    cases.clear()

    # matrices
    for k in (-2, 0, 1, 5):
        case("diag", [ROW, k], np.diag(ROW, k))
        case("diag", [X, k], np.diag(X, k))
        case("diagonal", [CUBE, k, 0, 2], np.diagonal(CUBE, k, 0, 2))
        case("trace", [CUBE, k, -1, 1], np.trace(CUBE, k, -1, 1))
        case("tri", [3, 4, k], np.tri(3, 4, k).astype(f32))
    case("diagflat", [INTS, 1], np.diagflat(INTS, 1))
    case("vander", [ROW], np.vander(ROW))
    case("vander", [INTS[0], 5], np.vander(INTS[0], 5, increasing=True), increasing=True)
    case("identity", [3], np.identity(3).astype(f32))

    # products
    case("tensordot", [CUBE, CUBE, 2], np.tensordot(CUBE, CUBE.transpose(1, 2, 0), 2))
    cases[-1][1][1] = CUBE.transpose(1, 2, 0).copy()
    case("tensordot", [CUBE, X, [[1, 2], [0, 1]]], np.tensordot(CUBE, X, [[1, 2], [0, 1]]))
    case("tensordot", [ROW, ROW, 0], np.tensordot(ROW, ROW, 0))
    case("inner", [X, CUBE], np.inner(X, CUBE))
    case("inner", [X, f32(2)], np.inner(X, f32(2)))
    case("vdot", [X, Y], np.vdot(X, Y))
    case("cross", [X[:, :3], Y[:, :3]], np.cross(X[:, :3], Y[:, :3]))
    case("cross", [X[:, :2], Y[:, :3]], np.cross(X[:, :2], Y[:, :3]))
    case("cross", [X[:, :2], Y[:, :2]], np.cross(X[:, :2], Y[:, :2]))
    case("cross", [X, Y], np.cross(X, Y, axis=0), axis=0)
    case("cross", [CUBE, CUBE[:, ::-1].copy()], np.cross(CUBE, CUBE[:, ::-1], axisa=1, axisb=1, axisc=0), axisA=1, axisB=1, axisC=0)
    case("kron", [INTS, INTS[:1]], np.kron(INTS, INTS[:1]))
    case("kron", [ROW, X], np.kron(ROW, X))

    # joining, splitting, arranging
    case("append", [X, Y], np.append(X, Y))
    case("append", [X, Y, 1], np.append(X, Y, 1))
    for name, fn in {"vstack": np.vstack, "hstack": np.hstack, "dstack": np.dstack, "columnStack": np.column_stack}.items():
        case(name, [[X, Y]], fn([X, Y]))
        case(name, [[ROW, ROW]], fn([ROW, ROW]))
        case(name, [[CUBE, CUBE]], fn([CUBE, CUBE]))
    case("split", [CUBE, 2, 2], np.split(CUBE, 2, 2))
    case("split", [ROW, [1, 3]], np.split(ROW, [1, 3]))
    case("split", [ROW, [2, 9]], np.split(ROW, [2, 9]))
    case("arraySplit", [np.arange(7, dtype=f32), 3], np.array_split(np.arange(7, dtype=f32), 3))
    case("vsplit", [X, [1]], np.vsplit(X, [1]))
    case("hsplit", [X, 2], np.hsplit(X, 2))
    case("hsplit", [ROW, 2], np.hsplit(ROW, 2))
    case("dsplit", [CUBE, 4], np.dsplit(CUBE, 4))
    case("concatenate", [[X, Y], -1], np.concatenate([X, Y], -1))
    case("take", [X, np.array([[0, -1], [5, 2]], np.int32)], np.take(X, [[0, -1], [5, 2]]))
    case("take", [X, np.array([2, -3], np.int32), 1], np.take(X, [2, -3], 1))
    case("takeAlongAxis", [X, np.argsort(X, 0).astype(np.int32), 0], np.sort(X, 0))
    case("takeAlongAxis", [X, np.array([3, -1], np.int32)], X.ravel()[[3, -1]])
    for k in (-1, 0, 1, 2, 3):
        case("rot90", [X, k], np.rot90(X, k))
    case("rot90", [CUBE, 1, [2, 0]], np.rot90(CUBE, 1, (2, 0)))
    case("fliplr", [CUBE], np.fliplr(CUBE))
    case("flipud", [ROW], np.flipud(ROW))
    case("ravel", [X], X.ravel())
    case("copy", [X], X)
    case("select", [[X > 0, Y > 0], [X, Y * 2], f32(7)], np.select([X > 0, Y > 0], [X, Y * 2], 7))
    case("select", [[INTS > 2], [INTS]], np.select([INTS > 2], [INTS], 0))
    case("repeat", [X, 2], np.repeat(X, 2))
    case("repeat", [X, [1, 0, 3], 0], np.repeat(X, [1, 0, 3], 0))
    case("roll", [X, 3], np.roll(X, 3))
    case("roll", [X, [1, -1], [0, 1]], np.roll(X, [1, -1], [0, 1]))
    case("moveAxis", [CUBE, [0, 1], [-1, 0]], np.moveaxis(CUBE, [0, 1], [-1, 0]))
    for mode in ("edge", "reflect", "symmetric", "wrap"):
        case("pad", [X, [[2, 1], [0, 5]], mode], np.pad(X, [[2, 1], [0, 5]], mode))
    case("pad", [X, 1, "constant", 3], np.pad(X, 1, constant_values=3))
    case("cumsum", [X], np.cumsum(X))
    case("cumprod", [INTS, 1], np.cumprod(INTS, 1))
    case("meshgrid", [[ROW, INTS[0]]], np.meshgrid(ROW, INTS[0]))
    case("meshgrid", [[ROW, INTS[0], ROW[:2]]], np.meshgrid(ROW, INTS[0], ROW[:2], indexing="ij"), indexing="ij")
    case("linspace", [1.0, 2.0, 4], np.linspace(1, 2, 4, endpoint=False).astype(f32), endpoint=False)
    case("linspace", [ROW, ROW + 2, 3], np.linspace(ROW, ROW + 2, 3, axis=-1).astype(f32), axis=-1)
    case("linspace", [0.0, 1.0, 1], np.linspace(0, 1, 1).astype(f32))
    case("linspace", [0.0, 10.0, 4], np.linspace(0, 10, 4, dtype=np.int32), dtype="int32")
    case("logspace", [0.0, 3.0, 4], np.logspace(0, 3, 4).astype(f32))
    case("logspace", [0.0, 3.0, 4], np.logspace(0, 3, 4, base=2).astype(f32), base=2)
    case("geomspace", [1.0, 1000.0, 4], np.geomspace(1, 1000, 4).astype(f32))
    case("geomspace", [-1.0, -8.0, 3], np.geomspace(-1, -8, 3, endpoint=False).astype(f32), endpoint=False)
    case("fullLike", [X, 3], np.full_like(X, 3))
    case("emptyLike", [INTS], np.zeros_like(INTS))
    case("onesLike", [X, "int32"], np.ones_like(X, dtype=np.int32))
    for n in (0, 1, 2, 7):
        for name, fn in {"bartlett": np.bartlett, "blackman": np.blackman, "hamming": np.hamming, "hanning": np.hanning}.items():
            case(name, [n], fn(n).astype(f32))
        for beta in (0.0, 3.5, 14.0):
            case("kaiser", [n, beta], np.kaiser(n, beta).astype(f32))

write("tools/checks/test/ops/golden/numpy-elementwise.json", elementwise)
write("tools/checks/test/ops/golden/numpy-statistics.json", statistics)
write("tools/checks/test/ops/golden/numpy-arrays.json", cases)
