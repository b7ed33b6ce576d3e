"""Golden results of PyTorch for tools/checks/test/ops. Run: python3 tools/golden/nn_ops.py"""
import numpy as np
import torch
import torch.nn.functional as F
from encode import write

torch.manual_seed(3)
cases = []


def case(name, args, result, **options):
    args = [a.numpy() if isinstance(a, torch.Tensor) else a for a in args]
    options = {k: v.numpy() if isinstance(v, torch.Tensor) else v for k, v in options.items()}
    cases.append([name, args + ([options] if options else []), result.numpy() if isinstance(result, torch.Tensor) else result])


def last(x):
    """Channels from second to last."""
    return x.movedim(1, -1).contiguous()


def kernel(w):
    """[features, channels, …size] as [...size, channels, features]."""
    return w.movedim(0, -1).movedim(0, -2).contiguous()


IMAGE = torch.randn(1, 3, 6, 5)
LINE = torch.randn(2, 3, 7)
for size in (1, 3, (2, 4), (6, 5), (8, 6)):
    out = list(size) if isinstance(size, tuple) else size
    case("adaptiveAveragePool", [last(IMAGE), out], last(F.adaptive_avg_pool2d(IMAGE, size)))
    case("adaptiveMaxPool", [IMAGE, out], F.adaptive_max_pool2d(IMAGE, size), dataFormat="channels_first")
case("adaptiveAveragePool", [last(LINE), 4], last(F.adaptive_avg_pool1d(LINE, 4)))
case("averagePool", [IMAGE, 2], F.avg_pool2d(IMAGE, 2), dataFormat="channels_first")
case("maxPool", [IMAGE, 3], F.max_pool2d(IMAGE, 3, 2), strides=2, dataFormat="channels_first")
W = torch.randn(4, 3, 3, 3)
case("conv", [last(IMAGE), kernel(W)], last(F.conv2d(IMAGE, W, stride=2)), strides=2)
case("conv", [IMAGE, kernel(W)], F.conv2d(IMAGE, W, dilation=(2, 1)), dilation=[2, 1], dataFormat="channels_first")
T = torch.randn(3, 4, 3, 3)
case("convTranspose", [IMAGE, T.permute(2, 3, 1, 0).contiguous()], F.conv_transpose2d(IMAGE, T, stride=3), strides=3, dataFormat="channels_first")
D, P = torch.randn(6, 1, 3, 3), torch.randn(5, 6, 1, 1)
deep = D.reshape(3, 2, 3, 3).permute(2, 3, 0, 1).contiguous()
case("depthwiseConv", [last(IMAGE), deep], last(F.conv2d(IMAGE, D, groups=3)))
case("separableConv", [last(IMAGE), deep, kernel(P)], last(F.conv2d(F.conv2d(IMAGE, D, groups=3), P)))
case("separableConv", [IMAGE, deep, kernel(P)], F.conv2d(F.conv2d(IMAGE, D, groups=3), P), dataFormat="channels_first")
for options in ({}, {"stride": 2, "padding": 1}, {"dilation": (2, 1), "padding": (1, 0), "stride": (1, 2)}):
    json = {k: list(v) if isinstance(v, tuple) else v for k, v in options.items()}
    columns = F.unfold(IMAGE, (3, 2), **options)
    case("unfold", [IMAGE, [3, 2]], columns, **json)
    case("fold", [columns, [6, 5], [3, 2]], F.fold(columns, (6, 5), (3, 2), **options), **json)
SHUFFLE = torch.randn(1, 8, 2, 3)
SQUARE = torch.randn(1, 2, 4, 6)
case("spaceToDepth", [torch.arange(16.0).reshape(1, 4, 4, 1), 2],
     np.array([[[[0, 1, 4, 5], [2, 3, 6, 7]], [[8, 9, 12, 13], [10, 11, 14, 15]]]], np.float32))
case("depthToSpace", [torch.arange(12.0).reshape(1, 1, 1, 12), 2],
     np.array([[[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]], np.float32))
# PyTorch keeps the parts of one channel together; with one channel both orders agree.
case("depthToSpace", [SHUFFLE[:, :4], 2], F.pixel_shuffle(SHUFFLE[:, :4], 2), dataFormat="channels_first")
case("spaceToDepth", [SQUARE[:, :1], 2], F.pixel_unshuffle(SQUARE[:, :1], 2), dataFormat="channels_first")

X = torch.randn(4, 5)
LABELS = torch.tensor([[1.0], [0.0], [2.0], [4.0]])
PROBS, TARGETS = torch.softmax(torch.randn(4, 5), -1), torch.softmax(torch.randn(4, 5), -1)
IDS = torch.tensor([1, 0, 4, 2], dtype=torch.int32)
case("binaryCrossentropy", [TARGETS, PROBS], F.binary_cross_entropy(PROBS, TARGETS, reduction="none"))
case("binaryCrossentropy", [TARGETS, X], F.binary_cross_entropy_with_logits(X, TARGETS, reduction="none"), fromLogits=True)
case("categoricalCrossentropy", [TARGETS, PROBS * 3], -(TARGETS * PROBS.log()).sum(-1))
case("categoricalCrossentropy", [TARGETS, X], F.cross_entropy(X, TARGETS, reduction="none"), fromLogits=True)
case("categoricalCrossentropy", [TARGETS.T.contiguous(), X.T.contiguous()], F.cross_entropy(X, TARGETS, reduction="none"), fromLogits=True, axis=0)
case("sparseCategoricalCrossentropy", [IDS, PROBS], F.nll_loss(PROBS.log(), IDS.long(), reduction="none"))
case("sparseCategoricalCrossentropy", [IDS[:, None], X], F.cross_entropy(X, IDS.long(), reduction="none"), fromLogits=True)
case("psnr", [X, X + 0.1, 2], np.float32(20 * np.log10(2) - 10 * np.log10(0.01)))
MEAN, VAR, SCALE, OFFSET = torch.randn(3), torch.rand(3) + 0.5, torch.randn(3), torch.randn(3)
case("batchNormalization", [IMAGE, MEAN, VAR, 1], F.batch_norm(IMAGE, MEAN, VAR, SCALE, OFFSET, eps=1e-3), scale=SCALE, offset=OFFSET)
case("batchNormalization", [last(IMAGE), MEAN, VAR, -1], last(F.batch_norm(IMAGE, MEAN, VAR, eps=1e-2)), epsilon=1e-2)
GAMMA, BETA = torch.randn(5), torch.randn(5)
case("layerNormalization", [X], F.layer_norm(X, (5,), GAMMA, BETA, eps=1e-5), gamma=GAMMA, beta=BETA, epsilon=1e-5)
case("layerNormalization", [IMAGE], F.layer_norm(IMAGE, (6, 5), eps=1e-7), axis=[-2, -1])
case("rmsNormalization", [X], X / (X.square().mean(-1, keepdim=True) + 1e-7).sqrt() * GAMMA, scale=GAMMA)
case("normalize", [X], F.normalize(X, dim=-1))
case("normalize", [X, 0, 1], F.normalize(X, p=1, dim=0))
case("normalize", [X, 1, 3], F.normalize(X, p=3, dim=1))
case("multiHot", [torch.tensor([[0, 2], [3, 3]], dtype=torch.int32), 4], np.array([[1, 0, 1, 0], [0, 0, 0, 1]], np.float32))
case("multiHot", [torch.tensor([2, 0], dtype=torch.int32), 4], np.array([1, 0, 1, 0], np.float32))
case("polar", [X.abs(), X], [(X.abs() * X.cos()).numpy(), (X.abs() * X.sin()).numpy()])
case("hardSwish", [X * 4], F.hardswish(X * 4))
case("swish", [X], F.silu(X))


def sparsemax(z):
    """By bisection on the threshold, in float64."""
    z = z.double().numpy()
    result = []
    for row in z:
        low, high = row.max() - 1, row.max()
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if np.maximum(row - middle, 0).sum() > 1 else (low, middle)
        result.append(np.maximum(row - low, 0))
    return np.array(result, np.float32)


case("sparsemax", [X], sparsemax(X))
case("sparsemax", [X.T.contiguous(), 0], sparsemax(X).T.copy())

A = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
case("rearrange", [A, "a b c -> c (a b)"], A.transpose(2, 0, 1).reshape(4, 6))
case("rearrange", [A, "... (h w) -> w ... h", {"w": 2}], A.reshape(2, 3, 2, 2).transpose(3, 0, 1, 2))
case("rearrange", [A, "a b c -> a 1 b c ()"], A.reshape(2, 1, 3, 4, 1))
case("rearrange", [A[:1], "1 b (p q) -> (b p) q", {"p": 2}], A[0].reshape(6, 2))
case("rearrange", [A, "a ... -> (a ...)"], A.reshape(24))
write("tools/checks/test/ops/golden/nn.json", cases, digits=7)
