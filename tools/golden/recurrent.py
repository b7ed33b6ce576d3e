"""Golden results and gradients of PyTorch for recurrent layers. Run: python3 tools/golden/recurrent.py

A case holds the layer, its options, the input, the initial states, the weights as Keras lays them out, the outputs (the output,
then the last states), and the gradients of sum(y * cos(0, 1, 2, ...)) over all outputs by input, states and weights.
"""
import json
import os

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)
PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recurrent.json")
# Gates of Keras among those of PyTorch: z, r, h among r, z, n.
ORDER = {"rnn": [0], "lstm": [0, 1, 2, 3], "gru": [1, 0, 2]}
cases = []


def pack(t):
    return {"shape": list(t.shape), "data": [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]}


def leaf(*shape, scale=1.0):
    return (torch.randn(*shape) * scale).requires_grad_()


def loss_of(outputs):
    return sum((y * torch.cos(torch.arange(y.numel(), dtype=y.dtype)).reshape(y.shape)).sum() for y in outputs)


def case(name, options, x, states, weights, outputs, gradients=None, mask=None):
    if gradients is None:
        gradients = torch.autograd.grad(loss_of(outputs), [x, *states, *weights])
    cases.append({
        "name": name, "options": options, "input": pack(x), "states": [pack(s) for s in states],
        "weights": [pack(w) for w in weights], "mask": mask, "outputs": [pack(y) for y in outputs],
        "gradients": [pack(g) for g in gradients],
    })


def gates(rows, kind):
    """Rows of gates in the order of Keras, as columns."""
    parts = rows.chunk(len(ORDER[kind]))
    return torch.cat([parts[i] for i in ORDER[kind]]).movedim(0, -1)


def keras_weights(values, kind):
    """w_ih, w_hh, b_ih, b_hh as kernel, recurrent_kernel, bias."""
    w_ih, w_hh, b_ih, b_hh = values
    kernel, recurrent, bias = gates(w_ih, kind), gates(w_hh, kind), gates(b_ih, kind)
    return [kernel, recurrent, torch.stack([bias, gates(b_hh, kind)]) if kind == "gru" else bias]


def recurrent(name, kind, batch, steps, features, units, layers=1, both=False, lengths=None):
    make = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[kind]
    module = make(features, units, num_layers=layers, bidirectional=both, batch_first=True)
    params = []
    for layer in range(layers):
        for suffix in ["", "_reverse"][: 1 + both]:
            group = [getattr(module, f"{p}_l{layer}{suffix}") for p in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
            if kind != "gru":
                group[3].data.zero_()
            params.append(group)
    x = leaf(batch, steps, features)
    places = layers * (1 + both)
    states = [[leaf(batch, units, scale=0.5) for _ in range(1 + (kind == "lstm"))] for _ in range(places)]
    start = [torch.stack([place[i] for place in states]) for i in range(len(states[0]))]
    given = x if lengths is None else pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    y, last = module(given, tuple(start) if kind == "lstm" else start[0])
    if lengths is not None:
        y, _ = pad_packed_sequence(y, batch_first=True, total_length=steps)
    last = list(last) if kind == "lstm" else [last]
    outputs = [y] + [group[i] for i in range(places) for group in last]
    flat_states = [s for place in states for s in place]
    flat_params = [p for group in params for p in group]
    grads = torch.autograd.grad(loss_of(outputs), [x, *flat_states, *flat_params])
    own = list(grads[: 1 + len(flat_states)])
    rest = grads[1 + len(flat_states):]
    for i in range(len(params)):
        own += keras_weights(rest[4 * i: 4 * i + 4], kind)
    weights = [w for group in params for w in keras_weights(group, kind)]
    mask = None if lengths is None else [[int(t < n) for t in range(steps)] for n in lengths]
    case(name, {"kind": kind, "units": units, "layers": layers, "both": both}, x, flat_states, weights, outputs, own, mask)


def same(x, window, strides):
    """Pads as 'same' does: what is odd goes after."""
    pads = []
    for n, k, s in reversed(list(zip(x.shape[2:], window, strides))):
        total = max((-(-n // s) - 1) * s + k - n, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads)


def conv_lstm(name, rank, spatial, window, strides, padding):
    batch, steps, channels, filters = 2, 3, 2, 2
    conv = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[rank]
    x = leaf(batch, steps, *spatial, channels)
    kernel, recurrent_kernel = leaf(*window, channels, 4 * filters, scale=0.5), leaf(*window, filters, 4 * filters, scale=0.5)
    bias = leaf(4 * filters)
    first = lambda t: t.movedim(-1, 1)
    weight = lambda w: w.movedim(-1, 0).movedim(-1, 1)
    ones = [1] * rank

    def inputs(t):
        image = first(t)
        return conv(same(image, window, strides) if padding == "same" else image, weight(kernel), bias, stride=strides)

    shape = inputs(x[:, 0]).movedim(1, -1).shape[:-1]
    h0, c0 = leaf(*shape, filters), leaf(*shape, filters)
    h, c, all_h = first(h0), first(c0), []
    for t in range(steps):
        i, f, g, o = (inputs(x[:, t]) + conv(same(h, window, ones), weight(recurrent_kernel))).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        all_h.append(h.movedim(1, -1))
    outputs = [torch.stack(all_h, 1), all_h[-1], c.movedim(1, -1)]
    options = {"kind": "conv", "rank": rank, "filters": filters, "kernelSize": window, "strides": strides, "padding": padding}
    case(name, options, x, [h0, c0], [kernel, recurrent_kernel, bias], outputs)


recurrent("SimpleRNN", "rnn", 2, 5, 3, 4)
recurrent("SimpleRNN of one", "rnn", 1, 1, 1, 1)
recurrent("LSTM", "lstm", 3, 4, 2, 5)
recurrent("LSTM, one sequence", "lstm", 1, 7, 3, 3)
recurrent("GRU", "gru", 3, 5, 2, 4)
recurrent("GRU, one unit", "gru", 2, 3, 3, 1)
recurrent("LSTM in two layers", "lstm", 2, 4, 3, 3, layers=2)
recurrent("GRU in three layers", "gru", 2, 3, 3, 3, layers=3)
recurrent("SimpleRNN in both directions", "rnn", 2, 4, 3, 2, both=True)
recurrent("LSTM in both directions", "lstm", 2, 4, 3, 2, both=True)
recurrent("GRU in both directions", "gru", 2, 4, 3, 2, both=True)
recurrent("LSTM of several lengths", "lstm", 3, 5, 2, 3, lengths=[5, 2, 4])
recurrent("GRU of several lengths", "gru", 3, 5, 2, 3, lengths=[1, 5, 3])
recurrent("LSTM of several lengths in both directions", "lstm", 3, 4, 2, 2, both=True, lengths=[3, 4, 1])
conv_lstm("ConvLSTM1D", 1, [5], [3], [1], "same")
conv_lstm("ConvLSTM1D with strides", 1, [7], [2], [3], "valid")
conv_lstm("ConvLSTM2D", 2, [4, 3], [2, 3], [1, 1], "valid")
conv_lstm("ConvLSTM2D with strides", 2, [4, 3], [3, 2], [2, 1], "same")
conv_lstm("ConvLSTM3D", 3, [2, 3, 2], [2, 2, 1], [1, 1, 1], "valid")

with open(PATH, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(f"{len(cases)} cases, {os.path.getsize(PATH)} bytes")
