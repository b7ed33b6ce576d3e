"""Golden results of attention by NumPy in float64. Run: python3 tools/golden/attention.py"""
import numpy as np
from encode import write

rng = np.random.default_rng(11)
f32 = np.float32
cases = []


def attention(q, k, v, bias=None, mask=None, scale=None, causal=False, cap=None):
    q, k, v = (x.astype(np.float64) for x in (q, k, v))
    share = q.shape[2] // k.shape[2]
    k, v = np.repeat(k, share, 2), np.repeat(v, share, 2)
    logits = np.einsum("btnh,bsnh->bnts", q, k) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if cap:
        logits = cap * np.tanh(logits / cap)
    if bias is not None:
        logits = logits + bias
    allowed = np.ones(logits.shape, bool) if mask is None else np.broadcast_to(mask, logits.shape)
    if causal:
        allowed = allowed & np.tril(np.ones(logits.shape[-2:], bool))
    logits = np.where(allowed, logits, -1e30)
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return np.einsum("bnts,bsnh->btnh", weights, v).astype(f32)


def case(shape_q, shape_k, depth_v=None, **options):
    q, k = rng.normal(size=shape_q).astype(f32), rng.normal(size=shape_k).astype(f32)
    v = rng.normal(size=(*shape_k[:3], depth_v or shape_k[3])).astype(f32)
    names = {"causal": "isCausal", "cap": "softCap"}
    result = attention(q, k, v, **options)
    cases.append(["dotProductAttention", [q, k, v, {names.get(name, name): value for name, value in options.items()}], result])


case((2, 3, 2, 4), (2, 5, 2, 4))
case((1, 4, 4, 3), (1, 4, 2, 3), causal=True)
case((1, 5, 2, 3), (1, 3, 1, 3), depth_v=2, causal=True, scale=0.7)
case((2, 3, 2, 4), (2, 5, 2, 4), mask=rng.random((2, 1, 3, 5)) > 0.4)
case((1, 3, 2, 4), (1, 5, 2, 4), mask=np.array([True, False, True, True, False]), bias=rng.normal(size=(2, 3, 5)).astype(f32))
case((1, 3, 2, 4), (1, 5, 2, 4), bias=rng.normal(size=(2, 1, 1)).astype(f32), cap=0.5)
case((1, 2, 1, 3), (1, 4, 1, 3), mask=np.array([[False] * 4, [True] * 4]))
case((1, 1, 1, 1), (1, 1, 1, 1))
case((1, 0, 1, 2), (1, 3, 1, 2))
write("tools/checks/test/ops/golden/attention.json", cases, digits=8)
