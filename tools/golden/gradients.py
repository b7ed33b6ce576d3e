"""Golden values and gradients of layers and losses by PyTorch in float64.

Run: python3 tools/golden/gradients.py    (needs numpy and torch 1.13; writes tools/golden/gradients.json)

Arrays have their channels last, as in @dl/tensor; functions here permute them for PyTorch, so that gradients come back in the
same layout. The gradient is that of the sum of all elements of all outputs, each times cos(1.3 i + 0.4) + 0.2 for its
position i.
"""

import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

rng = np.random.default_rng(23)
cases = []


def pack(array, digits=9):
    """`digits` decimals, fewer where the largest number has more before its point."""
    array = np.asarray(array, dtype=np.float64)
    largest = max(1, np.abs(array).max(initial=0))
    decimals = max(digits - int(math.log10(largest)), 3)
    values = [round(v, decimals) for v in array.reshape(-1).tolist()]
    return {"shape": list(array.shape), "data": [int(v) if v == int(v) else v for v in values]}


def weighted(outputs):
    total = 0
    for y in outputs:
        i = torch.arange(y.numel(), dtype=torch.float64)
        total = total + (y.reshape(-1) * (torch.cos(1.3 * i + 0.4) + 0.2)).sum()
    return total


def case(name, function, *inputs, **options):
    leaves = [torch.tensor(np.asarray(x, dtype=np.float64), requires_grad=True) for x in inputs]
    outputs = function(*leaves)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    weighted(outputs).backward()
    cases.append({
        "name": name, "options": options, "inputs": [pack(x) for x in inputs],
        "outputs": [pack(y.detach().numpy()) for y in outputs], "gradients": [pack(x.grad.numpy(), 8) for x in leaves],
    })


def normal(*shape, scale=1):
    return np.round(scale * rng.normal(size=shape), 2)


def distinct(*shape):
    """Numbers of which no two are equal, so that no maximum is a tie."""
    return np.round(rng.permutation(math.prod(shape)).reshape(shape) * 0.13 - 2, 2)


def first(x):
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


# Convolutions: kernels are [...size, channels / groups, features].
CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


def conv(x_shape, k_shape, strides=1, padding="valid", dilation=1, groups=1):
    rank = len(x_shape) - 2
    pads = padding if isinstance(padding, str) else [low for low, _ in padding]

    def run(x, k):
        return last(CONV[rank](first(x), k.movedim(-1, 0).movedim(-1, 1), None, strides, pads, dilation, groups))

    case("conv", run, normal(*x_shape), normal(*k_shape), strides=strides, padding=padding, dilation=dilation, groups=groups)


conv((1, 7, 3), (3, 3, 2))
conv((1, 8, 2), (3, 2, 2), strides=2)
conv((1, 8, 2), (3, 2, 2), padding="same", dilation=2)
conv((1, 7, 4), (2, 2, 4), groups=2, strides=3)
conv((2, 4, 3, 2), (3, 2, 2, 2))
conv((1, 6, 3, 2), (3, 3, 2, 2), strides=[2, 1], padding=[[1, 1], [2, 2]])
conv((1, 4, 6, 1), (3, 3, 1, 2), padding="same", dilation=[1, 2])
conv((1, 5, 5, 4), (3, 2, 2, 2), groups=2, strides=2)
conv((1, 4, 3, 4, 2), (2, 2, 3, 2, 2))
conv((1, 5, 3, 5, 1), (3, 1, 3, 1, 2), strides=[2, 1, 2], padding=[[1, 1], [0, 0], [1, 1]])
conv((1, 3, 2, 4, 2), (1, 3, 3, 1, 2), padding="same", groups=2)


def depthwise(x_shape, k_shape, strides=1, padding="valid", dilation=1):
    rank, channels = len(x_shape) - 2, x_shape[-1]

    def run(x, k):
        kernel = k.permute(rank, rank + 1, *range(rank)).reshape(-1, 1, *k_shape[:rank])
        return last(CONV[rank](first(x), kernel, None, strides, padding, dilation, channels))

    case("depthwiseConv", run, normal(*x_shape), normal(*k_shape), strides=strides, padding=padding, dilation=dilation)


depthwise((1, 7, 3), (3, 3, 2))
depthwise((1, 5, 4, 3), (3, 2, 3, 1), strides=2)
depthwise((1, 5, 4, 2), (3, 3, 2, 2), padding="same")
depthwise((1, 5, 4, 2), (2, 2, 2, 1), dilation=2)

# Transposed convolutions: kernels are [...size, features, channels].
TRANSPOSE = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def transpose(x_shape, k_shape, pads=0, extra=0, cut=0, **options):
    rank = len(x_shape) - 2

    def run(x, k):
        kernel = k.permute(rank + 1, rank, *range(rank))
        y = last(TRANSPOSE[rank](first(x), kernel, None, options.get("strides", 1), pads, extra, 1, options.get("dilation", 1)))
        for axis in range(1, rank + 1):
            y = y.narrow(axis, 0, y.shape[axis] - cut)
        return y

    case("convTranspose", run, normal(*x_shape), normal(*k_shape), **options)


transpose((1, 4, 2), (3, 3, 2))
transpose((1, 4, 2), (3, 2, 2), strides=2)
transpose((1, 4, 2), (3, 2, 2), strides=3, extra=2, outputPadding=2)
transpose((1, 3, 4, 2), (3, 2, 2, 2), strides=[2, 2])
transpose((1, 3, 3, 2), (3, 3, 1, 2), strides=2, cut=1, padding="same")
transpose((1, 3, 3, 2), (3, 3, 2, 2), strides=2, pads=1, padding="same", outputPadding=0)
transpose((1, 4, 3, 1), (2, 3, 2, 1), dilation=2)
transpose((1, 2, 3, 2, 1), (2, 2, 3, 2, 1), strides=2)

# Pools.
MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
for shape, size, strides, padding in [
    ((2, 5, 2), 2, None, "valid"), ((1, 8, 2), 3, 2, "valid"), ((1, 6, 1), 3, 1, "same"),
    ((1, 4, 5, 2), 2, None, "valid"), ((1, 7, 6, 1), [3, 2], [2, 1], "valid"), ((1, 5, 4, 2), 3, 1, "same"),
    ((1, 3, 4, 3, 1), 2, 1, "valid"), ((1, 3, 4, 3, 1), 3, 1, "same"),
]:
    rank, pads = len(shape) - 2, 1 if padding == "same" else 0
    case("maxPool", lambda x: last(MAX[rank](first(x), size, strides, pads)), distinct(*shape),
         size=size, strides=strides, padding=padding)
    case("avgPool", lambda x: last(AVG[rank](first(x), size, strides, pads, count_include_pad=False)), normal(*shape),
         size=size, strides=strides, padding=padding)

# Images. PyTorch's cubic kernel is Keras's only where it averages (a = -1/2).
for shape, size in [((1, 3, 4, 1), (5, 7)), ((1, 6, 5, 1), (4, 3)), ((1, 2, 3, 1), (3, 2))]:
    for interpolation, mode, antialias in [
        ("nearest", "nearest-exact", False), ("bilinear", "bilinear", False),
        ("bilinear", "bilinear", True), ("bicubic", "bicubic", True),
    ]:
        more = {"align_corners": False, "antialias": antialias} if mode != "nearest-exact" else {}
        case("resize", lambda x: last(F.interpolate(first(x), size, mode=mode, **more)), normal(*shape),
             size=size, interpolation=interpolation, antialias=antialias)


# Attention of [batch, times, heads, depth].
def attention(q, k, v, bias=None, mask=None, causal=False):
    logits = torch.einsum("btnh,bsnh->bnts", q, k) / math.sqrt(q.shape[-1])
    if bias is not None:
        logits = logits + bias
    allowed = torch.ones(logits.shape, dtype=torch.bool) if mask is None else torch.tensor(mask).expand(logits.shape)
    if causal:
        allowed = allowed & torch.ones(logits.shape[-2:], dtype=torch.bool).tril()
    weights = torch.softmax(logits.masked_fill(~allowed, -1e30), -1)
    return torch.einsum("bnts,bsnh->btnh", weights, v)


some = (rng.random((1, 1, 3, 5)) > 0.4).tolist()
q, k, v = normal(1, 3, 2, 3), normal(1, 5, 2, 3), normal(1, 5, 2, 2)
case("attention", attention, q, k, v)
case("attention", lambda *x: attention(*x, causal=True), q, k, v, isCausal=True)
case("attention", lambda *x: attention(*x, mask=some), q, k, v, mask=some)
case("attention", lambda *x: attention(*x, causal=True), q, k, v, normal(3, 5), isCausal=True)
case("attention", attention, 30 * q, 30 * k, v)


# Fourier transforms: complex numbers are pairs.
def pair(z):
    return z.real, z.imag


for shape in [(1,), (2, 5), (8,)]:
    case("fft", lambda a, b: pair(torch.fft.fft(torch.complex(a, b))), normal(*shape), normal(*shape))
    case("ifft", lambda a, b: pair(torch.fft.ifft(torch.complex(a, b))), normal(*shape), normal(*shape))
    case("rfft", lambda a: pair(torch.fft.rfft(a)), normal(*shape))
case("fft2", lambda a, b: pair(torch.fft.fft2(torch.complex(a, b))), normal(3, 4), normal(3, 4))
case("rfft", lambda a: pair(torch.fft.rfft(a, 6)), normal(2, 4), fftLength=6)
case("rfft", lambda a: pair(torch.fft.rfft(a, 3)), normal(5), fftLength=3)
case("irfft", lambda a, b: torch.fft.irfft(torch.complex(a, b)), normal(2, 4), normal(2, 4))
case("irfft", lambda a, b: torch.fft.irfft(torch.complex(a, b), 7), normal(4), normal(4), fftLength=7)


# Connectionist temporal classification: the logits are the only input.
def ctc(shape, labels, label_lengths, lengths, blank=0):
    run = lambda x: F.ctc_loss(torch.log_softmax(x, -1).transpose(0, 1), torch.tensor(labels), torch.tensor(lengths),
                               torch.tensor(label_lengths), blank=blank, reduction="none")
    case("ctcLoss", run, normal(*shape, scale=2), labels=labels, labelLengths=label_lengths, lengths=lengths, maskIndex=blank)


ctc((2, 6, 4), [[1, 2, 3], [2, 2, 0]], [3, 2], [6, 5])
ctc((1, 5, 3), [[0, 1, 0]], [3], [5], blank=2)
ctc((2, 4, 3), [[1, 1], [2, 0]], [2, 0], [4, 3])

# Normalizations.
case("layerNorm", lambda x, g, b: F.layer_norm(x, (5,), g, b, 1e-5), normal(3, 5), normal(5), normal(5), axes=[-1])
case("layerNorm", lambda x, g, b: F.layer_norm(x, (2, 4), g, b, 1e-3), normal(2, 2, 4) + 10, normal(2, 4), normal(2, 4), axes=[1, 2])
for shape in [(6, 3), (3, 4, 2), (2, 3, 2, 2)]:
    run = lambda x, g, b: last(F.batch_norm(first(x), None, None, g, b, True, eps=1e-3)) if x.dim() > 2 else F.batch_norm(
        x, None, None, g, b, True, eps=1e-3)
    case("batchNorm", run, normal(*shape, scale=3) + 2, normal(shape[-1]), normal(shape[-1]))

# Activations and losses, also where e^x is 0 or infinite.
def softplus(x):
    """Without the threshold from which PyTorch's is x itself."""
    return x.relu() + torch.log1p(torch.exp(-x.abs()))


steep = np.array([[-1000, -90, -20.5, -6, -0.3, -1e-3], [1e-3, 0.7, 5, 18.25, 89, 800]])
for name, run in {
    "softmax": lambda x: torch.softmax(x, -1), "logSoftmax": lambda x: torch.log_softmax(x, -1),
    "logSumExp": lambda x: torch.logsumexp(x, -1), "softplus": softplus, "gelu": F.gelu,
    "geluTanh": lambda x: F.gelu(x, approximate="tanh"), "sigmoid": torch.sigmoid, "tanh": torch.tanh, "silu": F.silu,
    "logSigmoid": F.logsigmoid, "mish": lambda x: x * torch.tanh(softplus(x)), "elu": F.elu, "selu": F.selu, "softsign": F.softsign, "erf": torch.erf,
    "hardSilu": F.hardswish,
}.items():
    case(name, run, steep)
    case(name, run, normal(2, 3))
for x in [steep, normal(3, 4)]:
    targets = rng.random(x.shape).round(2)
    case("softmaxCrossEntropy", lambda t, y: -(t * torch.log_softmax(y, -1)).sum(-1), targets, x)
    case("sigmoidCrossEntropy", lambda t, y: F.binary_cross_entropy_with_logits(y, t, reduction="none"), targets, x)
    ids = [int(i) for i in rng.integers(0, x.shape[1], x.shape[0])]
    case("sparseSoftmaxCrossEntropy", lambda y: F.cross_entropy(y, torch.tensor(ids), reduction="none"), x, ids=ids)


# Recurrent layers, [batch, times, features].
def recurrent(name, gates, backwards=False, batch=2, times=4, features=3, units=2):
    layer = torch._VF.lstm if name == "lstm" else torch._VF.gru

    def run(x, *rest):
        states, weights = [s.unsqueeze(0) for s in rest[:-4]], rest[-4:]
        turn = (lambda y: y.flip(1)) if backwards else (lambda y: y)
        # Biases, one layer, no dropout, training, one direction, batch first: as torch.nn.LSTM and GRU call it.
        ys, *end = layer(turn(x), states if name == "lstm" else states[0], weights, True, 1, 0.0, True, False, True)
        ends = [s.squeeze(0) for s in end]
        return [turn(ys), *ends]

    states = [normal(batch, units) for _ in range(2 if name == "lstm" else 1)]
    case(name, run, normal(batch, times, features), *states, normal(gates * units, features), normal(gates * units, units),
         normal(gates * units), normal(gates * units), backwards=backwards)


recurrent("lstm", 4)
recurrent("lstm", 4, backwards=True, batch=1)
recurrent("lstm", 4, batch=1, times=1)
recurrent("lstm", 4, times=6)
recurrent("gru", 3)
recurrent("gru", 3, backwards=True, batch=1)

path = pathlib.Path(__file__).parent / "gradients.json"
path.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
