"""Golden results of layers by PyTorch in float64: outputs, state after the call, and gradients of a weighted sum of the outputs
by inputs and weights. Weights are in the layout of Keras. Run: python3 tools/golden/layers.py"""
import json
import math

import torch
import torch.nn.functional as F

torch.manual_seed(5)
cases = []
numbers = lambda t: [round(v, 8) for v in t.detach().double().flatten().tolist()]
packed = lambda t: {"shape": list(t.shape), "data": numbers(t)}


def random(*shape, scale=1.0):
    return (torch.randn(shape, dtype=torch.float64) * scale).round(decimals=3)


def case(name, layer, config, inputs, weights, compute, masks=None, call=None, training=False, after=None, frozen=0):
    """`compute` takes inputs and weights. The last `frozen` weights have no gradient; `after` gives all weights after the call."""
    inputs = [x.clone().requires_grad_() for x in inputs]
    leaves = [w.clone().requires_grad_() for w in weights]
    output = compute(inputs, leaves)
    cotangent = random(*output.shape)
    learnt = leaves[: len(leaves) - frozen]
    grads = torch.autograd.grad((output * cotangent).sum(), inputs + learnt)
    cases.append(
        {
            "name": name,
            "layer": layer,
            "config": config,
            "inputs": [packed(x) for x in inputs],
            "weights": [packed(w) for w in weights],
            "masks": None if masks is None else [None if m is None else packed(m) for m in masks],
            "call": call or {},
            "training": training,
            "output": packed(output),
            "cotangent": packed(cotangent),
            "grads": [packed(g) for g in grads],
            **({} if after is None else {"after": [packed(w) for w in after(inputs, leaves)]}),
        }
    )


def first(x):
    """Channels first."""
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


conv = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
conv_transpose = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def padded(x, kernel, strides, dilation, padding):
    """Channels-first input padded before and after each axis."""
    pads = []
    for axis, (k, s, d) in enumerate(zip(kernel, strides, dilation)):
        n, reach = x.shape[2 + axis], d * (k - 1)
        if padding == "same":
            total = max((math.ceil(n / s) - 1) * s + reach + 1 - n, 0)
            pads.append((total // 2, total - total // 2))
        else:
            pads.append((reach, 0) if padding == "causal" else (0, 0))
    return F.pad(x, [n for pair in reversed(pads) for n in pair])


def convolution(name, layer, shape, filters, kernel, strides=1, padding="valid", dilation=1, groups=1):
    rank = len(shape) - 2
    s, d = [strides] * rank, [dilation] * rank
    weights = [random(*kernel, shape[-1] // groups, filters), random(filters)]

    def compute(xs, ws):
        x = padded(first(xs[0]), kernel, s, d, padding)
        w = ws[0].movedim(-1, 0).movedim(-1, 1)
        return last(conv[rank](x, w, ws[1], stride=s, dilation=d, groups=groups))

    config = dict(filters=filters, kernel_size=kernel, strides=s, padding=padding, dilation_rate=d, groups=groups)
    case(name, layer, config, [random(*shape)], weights, compute)


def transposed(name, layer, shape, filters, kernel, strides=1, padding="valid", output_padding=None, dilation=1):
    rank = len(shape) - 2
    s, d = [strides] * rank, [dilation] * rank
    extra = None if output_padding is None else [output_padding] * rank

    def compute(xs, ws):
        w = ws[0].movedim(-1, 0).movedim(-1, 1)
        y = conv_transpose[rank](first(xs[0]), w, stride=s, dilation=d)
        for axis in range(rank):
            n, reach = shape[1 + axis], d[axis] * (kernel[axis] - 1) + 1
            if padding == "valid":
                low, size = 0, (n - 1) * s[axis] + reach + (max(s[axis] - reach, 0) if extra is None else extra[axis])
            else:
                total = s[axis] + reach - 2 if extra is None else reach + reach % 2 - 2 + extra[axis]
                low = reach - 1 - min(math.ceil(total / 2), reach - 1)
                size = n * s[axis] if extra is None else (n - 1) * s[axis] + reach % 2 + extra[axis]
            short = max(low + size - y.shape[2 + axis], 0)
            pads = [0] * (2 * rank)
            pads[2 * (rank - 1 - axis) + 1] = short
            y = F.pad(y, pads).narrow(2 + axis, low, size)
        return last(y) + ws[1]

    config = dict(
        filters=filters, kernel_size=kernel, strides=s, padding=padding, output_padding=extra, dilation_rate=d
    )
    case(name, layer, config, [random(*shape)], [random(*kernel, filters, shape[-1]), random(filters)], compute)


def depthwise(x, w, strides, padding, dilation):
    rank = w.dim() - 2
    s, d = [strides] * rank, [dilation] * rank
    kernel, (channels, multiplier) = w.shape[:-2], w.shape[-2:]
    flat = w.reshape(*kernel, channels * multiplier).movedim(-1, 0).unsqueeze(1)
    return conv[rank](padded(x, kernel, s, d, padding), flat, stride=s, dilation=d, groups=channels)


def depthwise_case(name, layer, shape, kernel, multiplier=1, strides=1, padding="valid", dilation=1, filters=None):
    rank = len(shape) - 2
    inner = shape[-1] * multiplier
    weights = [random(*kernel, shape[-1], multiplier)]
    if filters is not None:
        weights.append(random(*[1] * rank, inner, filters))
    weights.append(random(filters or inner))

    def compute(xs, ws):
        y = depthwise(first(xs[0]), ws[0], strides, padding, dilation)
        if filters is not None:
            y = conv[rank](y, ws[1].movedim(-1, 0).movedim(-1, 1))
        return last(y) + ws[-1]

    config = dict(
        kernel_size=kernel, strides=[strides] * rank, padding=padding, dilation_rate=[dilation] * rank,
        depth_multiplier=multiplier, **({} if filters is None else {"filters": filters}),
    )
    case(name, layer, config, [random(*shape)], weights, compute)


convolution("causal and dilated", "Conv1D", (2, 6, 2), 3, [3], padding="causal", dilation=2)
convolution("in groups", "Conv2D", (1, 5, 4, 4), 6, [2, 3], strides=2, padding="same", groups=2)
convolution("of volumes", "Conv3D", (1, 3, 4, 3, 2), 2, [2, 3, 2], padding="same")
transposed("valid", "Conv1DTranspose", (2, 4, 2), 3, [3], strides=2)
transposed("steps larger than the window", "Conv1DTranspose", (1, 3, 2), 2, [2], strides=3)
transposed("same", "Conv1DTranspose", (1, 5, 1), 2, [4], strides=3, padding="same")
transposed("dilated", "Conv1DTranspose", (1, 4, 2), 1, [3], dilation=2, padding="same")
transposed("same", "Conv2DTranspose", (1, 3, 4, 2), 2, [3, 2], strides=2, padding="same")
transposed("with output padding", "Conv2DTranspose", (1, 2, 3, 1), 2, [3, 3], strides=2, output_padding=1)
transposed("same with output padding", "Conv2DTranspose", (1, 3, 2, 1), 1, [3, 4], strides=3, padding="same", output_padding=1)
transposed("valid", "Conv3DTranspose", (1, 2, 3, 2, 2), 2, [2, 1, 3], strides=2)
transposed("same", "Conv3DTranspose", (1, 2, 2, 3, 1), 2, [3, 2, 2], strides=2, padding="same")
depthwise_case("causal", "DepthwiseConv1D", (2, 5, 3), [3], 2, padding="causal")
depthwise_case("steps", "DepthwiseConv1D", (1, 7, 2), [4], strides=2, padding="same")
depthwise_case("dilated", "DepthwiseConv2D", (1, 5, 6, 2), [2, 3], 2, dilation=2)
depthwise_case("same", "SeparableConv1D", (2, 5, 2), [2], 2, strides=2, padding="same", filters=3)
depthwise_case("causal", "SeparableConv1D", (1, 5, 2), [3], padding="causal", dilation=2, filters=2)
depthwise_case("same", "SeparableConv2D", (1, 4, 5, 2), [3, 2], 2, padding="same", filters=3)

for kind, pools in {
    "Average": (F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d),
    "Max": (F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d),
}.items():
    for pool, shape, size in zip(pools, [(2, 7, 2), (1, 5, 4, 2), (1, 3, 4, 5, 2)], [[3], [3, 5], [2, 3, 1]]):
        name = f"Adaptive{kind}Pooling{len(size)}D"
        case("odd sizes", name, {"output_size": size}, [random(*shape)], [], lambda xs, ws: last(pool(first(xs[0]), size)))

case("bilinear", "UpSampling2D", {"size": [2, 3], "interpolation": "bilinear"}, [random(1, 3, 2, 2)], [],
     lambda xs, ws: last(F.interpolate(first(xs[0]), scale_factor=(2, 3), mode="bilinear", align_corners=False)))

case("last axis", "RMSNormalization", {}, [random(2, 3, 5)], [random(5)],
     lambda xs, ws: xs[0] * torch.rsqrt(xs[0].square().mean(-1, keepdim=True) + 1e-6) * ws[0])
case("two axes", "RMSNormalization", {"axis": [1, 2], "epsilon": 0.1}, [random(2, 3, 2)], [random(3, 2)],
     lambda xs, ws: xs[0] * torch.rsqrt(xs[0].square().mean((1, 2), keepdim=True) + 0.1) * ws[0])
case("last axis", "UnitNormalization", {}, [random(2, 3, 4)], [], lambda xs, ws: F.normalize(xs[0], dim=-1))
case("groups", "GroupNormalization", {"groups": 2, "epsilon": 1e-3}, [random(2, 3, 4)], [random(4), random(4)],
     lambda xs, ws: last(F.group_norm(first(xs[0]), 2, ws[0], ws[1], 1e-3)))
case("two axes", "LayerNormalization", {"axis": [1, 2]}, [random(2, 3, 4)], [random(3, 4), random(3, 4)],
     lambda xs, ws: F.layer_norm(xs[0], (3, 4), ws[0], ws[1], 1e-3))


def spectral(matrix, u, steps):
    with torch.no_grad():
        for _ in range(steps):
            v = F.normalize(u @ matrix.T)
            u = F.normalize(v @ matrix)
        return u, v @ matrix @ u.T


kernel, bias, vector = random(4, 3), random(3), random(1, 3)
u, sigma = spectral(kernel, vector, 2)
inner = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 3, "dtype": "float64"}, "registered_name": None}
# The gradient by the kernel is that by the kernel that is written back.
straight = kernel / sigma - kernel
case("of Dense in training", "SpectralNormalization", {"layer": inner, "power_iterations": 2}, [random(2, 4)],
     [kernel, bias, vector], lambda xs, ws: xs[0] @ (ws[0] + straight) + ws[1], training=True, frozen=1,
     after=lambda xs, ws: [kernel / sigma, bias, u])


def batch_norm(xs, ws, mask=None, renorm=None):
    x, (gamma, beta, *state) = xs[0], ws
    weight = torch.ones_like(x[..., :1]) if mask is None else mask.double().unsqueeze(-1)
    axes = tuple(range(x.dim() - 1))
    count = (weight * torch.ones_like(x)).sum(axes) + (1e-7 if mask is not None else 0)
    mean = (x * weight).sum(axes) / count
    variance = ((x - mean).square() * weight).sum(axes) / count
    y = (x - mean) * torch.rsqrt(variance + 1e-3)
    deviation = torch.sqrt(variance + 1e-3)
    if renorm is None:
        after = [gamma, beta, 0.9 * state[0] + 0.1 * mean, 0.9 * state[1] + 0.1 * variance]
        return y * gamma + beta, after
    slow = state[4].clamp(min=math.sqrt(1e-3))
    r = (deviation / slow).clamp(renorm["rmin"], renorm["rmax"]).detach()
    d = ((mean - state[3]) / slow).clamp(-renorm["dmax"], renorm["dmax"]).detach()
    moving = 0.9 * state[2] + 0.1 * deviation
    after = [gamma, beta, 0.9 * state[0] + 0.1 * mean, (moving.square() - 1e-3).relu(), moving,
             0.8 * state[3] + 0.2 * mean, 0.8 * state[4] + 0.2 * deviation]
    return (y * r + d) * gamma + beta, after


mask = torch.tensor([[True, True, False], [True, False, True]])
state = [random(2), random(2).abs() + 0.5]
case("in training", "BatchNormalization", {"momentum": 0.9}, [random(3, 2, 2)], [random(2), random(2), *state],
     lambda xs, ws: batch_norm(xs, ws)[0], training=True, frozen=2, after=lambda xs, ws: batch_norm(xs, ws)[1])
case("with a mask", "BatchNormalization", {"momentum": 0.9}, [random(2, 3, 2)], [random(2), random(2), *state],
     lambda xs, ws: batch_norm(xs, ws, mask)[0], masks=[mask], training=True, frozen=2,
     after=lambda xs, ws: batch_norm(xs, ws, mask)[1])
limits = {"rmax": 1.2, "rmin": 0.7, "dmax": 0.4}
case("with renorm", "BatchNormalization",
     {"momentum": 0.9, "renorm": True, "renorm_momentum": 0.8, "renorm_clipping": limits}, [random(5, 2)],
     [random(2), random(2), *state, random(2).abs() + 0.5, random(2), random(2).abs() + 0.5],
     lambda xs, ws: batch_norm(xs, ws, renorm=limits)[0], training=True, frozen=5,
     after=lambda xs, ws: batch_norm(xs, ws, renorm=limits)[1])

# ---- attention
query_mask = torch.tensor([[True, True, False], [True, True, True]])
value_mask = torch.tensor([[True, False, True, True], [True, True, False, False]])
causal = torch.ones(3, 4).tril().bool()


def heads(x, kernel, bias):
    return torch.einsum("btd,dhk->bthk", x, kernel) + bias


def module_attention(embed, count, key_padding=None, pairs=None):
    """torch.nn.MultiheadAttention with weights in the layout of Keras."""
    size = embed // count

    def compute(xs, ws):
        query, value = xs[0], xs[1]
        q, qb, k, kb, v, vb, o, ob = ws
        flat = lambda w: w.reshape(embed, embed).T
        return F.multi_head_attention_forward(
            query.transpose(0, 1), value.transpose(0, 1), value.transpose(0, 1), embed, count,
            torch.cat([flat(q), flat(k), flat(v)]), torch.cat([qb.flatten(), kb.flatten(), vb.flatten()]),
            None, None, False, 0.0, o.reshape(embed, embed).T, ob, need_weights=False,
            key_padding_mask=key_padding, attn_mask=pairs,
        )[0].transpose(0, 1)

    kernels = [t for _ in range(3) for t in (random(embed, count, size, scale=0.5), random(count, size))]
    return compute, [*kernels, random(count, size, embed, scale=0.5), random(embed)]


def attention_cases():
    shapes = [random(2, 3, 4), random(2, 4, 4)]
    compute, weights = module_attention(4, 2)
    case("plain", "MultiHeadAttention", {"num_heads": 2, "key_dim": 2}, shapes, weights, compute)
    compute, weights = module_attention(4, 2, key_padding=~value_mask)
    case("with a mask of values", "MultiHeadAttention", {"num_heads": 2, "key_dim": 2}, shapes, weights, compute,
         masks=[None, value_mask])
    case("with a mask of values, in blocks", "MultiHeadAttention",
         {"num_heads": 2, "key_dim": 2, "flash_attention": True}, shapes, weights, compute, masks=[None, value_mask])
    compute, weights = module_attention(4, 4, key_padding=~value_mask, pairs=~causal)
    case("causal, with a mask of values", "MultiHeadAttention", {"num_heads": 4, "key_dim": 1}, shapes, weights, compute,
         masks=[None, value_mask], call={"useCausalMask": True})


attention_cases()


def grouped(allowed, repeats, gate=False):
    def compute(xs, ws):
        q, k = heads(xs[0], ws[0], ws[1]), heads(xs[1], ws[2], ws[3])
        rest = ws[4:]
        opened = 1
        if gate:
            opened, rest = torch.sigmoid(heads(xs[0], rest[0], rest[1])), rest[2:]
        v = heads(xs[1], rest[0], rest[1])
        k, v = k.repeat_interleave(repeats, 2), v.repeat_interleave(repeats, 2)
        logits = torch.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(q.shape[-1])
        weights = torch.softmax(logits.masked_fill(~allowed[:, None], -1e30), -1)
        sums = torch.einsum("bhqk,bkhd->bqhd", weights, v)
        return torch.einsum("bqhd,hde->bqe", sums * opened, rest[2]) + rest[3]

    return compute


def grouped_weights(dim, queries, keys, size, gate=False):
    pair = lambda n: [random(dim, n, size, scale=0.5), random(n, size)]
    return [*pair(queries), *pair(keys), *(pair(queries) if gate else []), *pair(keys),
            random(queries, size, dim, scale=0.5), random(dim)]


everything = torch.ones(2, 3, 4).bool()
case("plain", "GroupQueryAttention", {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2},
     [random(2, 3, 4), random(2, 4, 4)], grouped_weights(4, 4, 2, 2), grouped(everything, 2))
case("causal, with a mask of values", "GroupQueryAttention",
     {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 1}, [random(2, 3, 4), random(2, 4, 4)],
     grouped_weights(4, 2, 1, 3), grouped(causal[None] & value_mask[:, None], 2), masks=[None, value_mask],
     call={"useCausalMask": True})
places = torch.arange(3)[:, None] - torch.arange(4)
case("with a gate and a window", "GroupQueryAttention",
     {"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 2, "use_gate": True, "sliding_window": 2},
     [random(2, 3, 3), random(2, 4, 3)], grouped_weights(3, 2, 2, 2, gate=True),
     grouped((places.abs() < 2)[None].expand(2, 3, 4), 1, gate=True))


def sums(scores, xs, allowed):
    weights = torch.softmax(scores - 1e9 * (~allowed).double(), -1)
    return (weights @ xs[1]) * query_mask[..., None]


case("causal, with masks and a key", "Attention", {"use_scale": True}, [random(2, 3, 3), random(2, 4, 2), random(2, 4, 3)],
     [random()], lambda xs, ws: sums(xs[0] @ xs[2].mT * ws[0], xs, causal[None] & value_mask[:, None]),
     masks=[query_mask, value_mask, None], call={"useCausalMask": True})
case("by tanh", "Attention", {"use_scale": True, "score_mode": "concat"}, [random(2, 3, 3), random(2, 4, 3)],
     [random(), random()],
     lambda xs, ws: sums(torch.tanh(ws[0] * (xs[0][:, :, None] + xs[1][:, None])).sum(-1) * ws[1], xs, value_mask[:, None]),
     masks=[query_mask, value_mask])
case("with masks", "AdditiveAttention", {}, [random(2, 3, 3), random(2, 4, 3)], [random(3)],
     lambda xs, ws: sums((torch.tanh(xs[0][:, :, None] + xs[1][:, None]) * ws[0]).sum(-1), xs, value_mask[:, None]),
     masks=[query_mask, value_mask])

path = "packages/layers/test/golden/torch.json"
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(path, len(cases))
