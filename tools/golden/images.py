"""Golden values of functions on images: torch where conventions agree, otherwise loops over their definition, in float64.

Run: python3 tools/golden/images.py    (needs numpy and torch; writes tools/golden/images.json)
"""

import colorsys
import itertools
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

rng = np.random.default_rng(5)
cases = []


def pack(array):
    array = np.asarray(array, dtype=np.float64)
    return {"shape": list(array.shape), "data": [float("%.12g" % v) for v in array.reshape(-1).tolist()]}


def case(name, inputs, output, options=None):
    entry = {"name": name, "inputs": [pack(x) for x in inputs]}
    if options is not None:
        entry["options"] = options
    entry["outputs"] = [pack(output)]
    cases.append(entry)


def normal(*shape):
    return np.round(rng.normal(size=shape), 2)


def first(x):
    return torch.tensor(np.moveaxis(x, -1, -3))


def last(t):
    return np.moveaxis(t.numpy(), -3, -1)


# Resizing.


def keys(x):
    x = abs(x)
    return 1.5 * x**3 - 2.5 * x**2 + 1 if x < 1 else -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0


def lanczos(r):
    return lambda x: 0 if abs(x) >= r else np.sinc(x) * np.sinc(x / r)


def linear(x):
    return max(0, 1 - abs(x))


FILTERS = {"bicubic": keys, "lanczos3": lanczos(3), "lanczos5": lanczos(5), "linear": linear, "cubic": keys}


def weights(n, size, scale, shift, f, antialias):
    table = np.zeros((size, n))
    width = max(1 / scale, 1) if antialias else 1
    for i in range(size):
        at = (i + 0.5 - shift) / scale - 0.5
        if -0.5 <= at <= n - 0.5:
            table[i] = [f((at - j) / width) for j in range(n)]
            table[i] /= table[i].sum()
    return table


for shape, size in [((2, 3, 4, 2), (6, 7)), ((5, 7, 1), (3, 4)), ((1, 1, 2), (3, 2)), ((8, 9, 1), (8, 3))]:
    x = normal(*shape)
    t = first(x) if len(shape) == 4 else first(x)[None]
    for method, antialias in itertools.product(["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"], [False, True]):
        options = {"size": size, "interpolation": method, "antialias": antialias}
        if method == "nearest":
            y = last(F.interpolate(t, size, mode="nearest-exact"))
        elif method == "bilinear" or (method == "bicubic" and antialias):
            y = last(F.interpolate(t, size, mode=method, align_corners=False, antialias=antialias))
        else:
            h = weights(shape[-3], size[0], size[0] / shape[-3], 0, FILTERS[method], antialias)
            w = weights(shape[-2], size[1], size[1] / shape[-2], 0, FILTERS[method], antialias)
            y = np.einsum("ah,bw,...hwc->...abc", h, w, x if len(shape) == 4 else x[None])
        case("resize", [x], y if len(shape) == 4 else y[0], options)

for method, antialias, scale, shift in [("linear", True, (0.5, 1.7), (0.3, -1.2)), ("cubic", False, (2.0, 0.8), (-0.5, 1)),
                                        ("lanczos3", True, (0.6, 1.0), (0, 0.5))]:
    x = normal(5, 6)
    h, w = [weights(n, m, s, d, FILTERS[method], antialias) for n, m, s, d in zip(x.shape, (4, 7), scale, shift)]
    case("scaleAndTranslate", [x, scale, shift], h @ x @ w.T, {"method": method, "antialias": antialias})

# Coordinates.

PADS = {"constant": "constant", "nearest": "edge", "wrap": "wrap", "mirror": "reflect", "reflect": "symmetric"}


def sample(x, coordinates, order, mode, fill):
    """Pads so far that all coordinates lie inside, then interpolates there."""
    extra = 12
    wide = np.pad(x, extra, mode=PADS[mode], **({"constant_values": fill} if mode == "constant" else {}))
    result = np.zeros(coordinates.shape[1:])
    for place in np.ndindex(*coordinates.shape[1:]):
        point = coordinates[(slice(None),) + place] + extra
        if order == 0:
            result[place] = wide[tuple(int(math.floor(p + 0.5)) for p in point)]
            continue
        for corner in itertools.product([0, 1], repeat=len(point)):
            base = [int(math.floor(p)) for p in point]
            weight = np.prod([(p - b) if c else 1 - (p - b) for p, b, c in zip(point, base, corner)])
            result[place] += weight * wide[tuple(b + c for b, c in zip(base, corner))]
    return result


for mode, order in itertools.product(PADS, [0, 1]):
    x = normal(3, 4)
    at = np.round(rng.uniform(-7, 10, size=(2, 2, 5)), 2)
    case("mapCoordinates", [x, at], sample(x, at, order, mode, 0.7), {"order": order, "fillMode": mode, "fillValue": 0.7})
x = normal(5)
at = np.array([[-1.0, -0.5, 0.25, 4.0, 4.5, 6.75]])
case("mapCoordinates", [x, at], sample(x, at, 1, "mirror", 0), {"order": 1, "fillMode": "mirror", "fillValue": 0})
x = normal(2, 3, 2)
at = np.round(rng.uniform(-1, 3, size=(3, 4)), 2)
case("mapCoordinates", [x, at], sample(x, at, 1, "nearest", 0), {"order": 1, "fillMode": "nearest", "fillValue": 0})


def project(x, t, order, mode, fill):
    b, h, w, c = x.shape
    y = np.zeros(x.shape)
    columns, rows = np.meshgrid(np.arange(w), np.arange(h))
    for i in range(b):
        k = t[i][6] * columns + t[i][7] * rows + 1
        at = np.stack([(t[i][3] * columns + t[i][4] * rows + t[i][5]) / k, (t[i][0] * columns + t[i][1] * rows + t[i][2]) / k])
        for j in range(c):
            y[i, :, :, j] = sample(x[i, :, :, j], at, order, mode, fill)
    return y


x = normal(2, 4, 5, 2)
transforms = np.array([[0.91, 0.2, -1, -0.1, 1.13, 0.52, 0, 0], [1.23, 0, 0.31, 0.1, 0.8, -0.4, 0.05, -0.02]])
for mode, interpolation in [("constant", "bilinear"), ("reflect", "nearest"), ("wrap", "bilinear")]:
    case("affineTransform", [x, transforms], project(x, transforms, int(interpolation == "bilinear"), mode, 0.5),
         {"fillMode": mode, "interpolation": interpolation, "fillValue": 0.5})

start = np.array([[0.0, 0], [4, 0], [0, 3], [4, 3]])
end = np.array([[0.5, 0.2], [3.5, 0.4], [0.3, 3.2], [4.2, 2.7]])
rows = []
for (u, v), (p, q) in zip(start, end):
    rows.append([p, q, 1, 0, 0, 0, -u * p, -u * q])
    rows.append([0, 0, 0, p, q, 1, -v * p, -v * q])
homography = np.linalg.solve(np.array(rows), start.reshape(-1))
case("computeHomography", [start, end], homography)
case("perspectiveTransform", [x, start, end], project(x, [homography] * 2, 1, "constant", 0.25), {"fillValue": 0.25})

# Filters.


def depthwise(x, kernel, padding):
    t = first(x)
    k = torch.tensor(kernel)[None, None].repeat(t.shape[1], 1, 1, 1)
    return last(F.conv2d(t, k, padding=padding, groups=t.shape[1]))


def gauss(n, sigma):
    values = np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / sigma) ** 2)
    return values / values.sum()


x = normal(2, 6, 5, 2)
for size, sigma in [((3, 3), (1.0, 1.0)), ((5, 1), (0.7, 1.0)), ((7, 9), (2.0, 1.5))]:
    kernel = np.outer(gauss(size[0], sigma[0]), gauss(size[1], sigma[1]))
    case("gaussianBlur", [x], depthwise(x, kernel, (size[0] // 2, size[1] // 2)), {"kernelSize": size, "sigma": sigma})
wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
down = np.array([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]])
case("sobelEdges", [x], np.stack([depthwise(wide, down, 0), depthwise(wide, down.T.copy(), 0)], -1))

a, b = rng.uniform(size=(2, 2, 9, 8, 3)).round(3)
kernel = np.outer(gauss(5, 1.5), gauss(5, 1.5))
ma, mb = depthwise(a, kernel, 0), depthwise(b, kernel, 0)
va, vb = depthwise(a * a, kernel, 0) - ma**2, depthwise(b * b, kernel, 0) - mb**2
cov = depthwise(a * b, kernel, 0) - ma * mb
c1, c2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2
score = (2 * ma * mb + c1) * (2 * cov + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2))
case("ssim", [a, b], score.mean((1, 2, 3)), {"filterSize": 5, "maxVal": 2})

# Colours.

x = rng.uniform(size=(2, 3, 4, 3)).round(2)
x[0, 0] = [[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.2], [0.2, 0.5, 0.5]]
case("rgbToHsv", [x], np.array([colorsys.rgb_to_hsv(*p) for p in x.reshape(-1, 3)]).reshape(x.shape))
case("hsvToRgb", [x], np.array([colorsys.hsv_to_rgb(*p) for p in x.reshape(-1, 3)]).reshape(x.shape))
case("rgbToGrayscale", [x], (x @ [0.2989, 0.587, 0.114])[..., None])

# Patches.

for shape, size, stride, dilation in [((2, 6, 7, 2), (2, 3), (2, 3), 1), ((1, 6, 5, 1), (3, 2), (1, 2), 1),
                                      ((1, 7, 7, 2), (2, 2), (3, 1), 2)]:
    x = normal(*shape)
    t = F.unfold(first(x), size, dilation=dilation, stride=stride)
    h, w = [(n - (k - 1) * dilation - 1) // s + 1 for n, k, s in zip(shape[1:3], size, stride)]
    y = t.reshape(shape[0], shape[3], size[0] * size[1], h, w).permute(0, 3, 4, 2, 1).reshape(shape[0], h, w, -1)
    case("extractPatches", [x], y, {"size": size, "strides": stride, "dilationRate": dilation})

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
