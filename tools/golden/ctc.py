"""Golden results of PyTorch for ctcLoss, and of enumeration for decoding. Run: python3 tools/golden/ctc.py"""
import itertools

import numpy as np
import torch
from encode import write

torch.manual_seed(2)
cases = []


def loss(batch, times, classes, labels, label_lengths, lengths, blank=0):
    logits = (torch.randn(batch, times, classes) * 2).double()
    wide = logits.clone().requires_grad_()
    target = torch.tensor(labels, dtype=torch.int32)
    value = torch.nn.functional.ctc_loss(
        torch.log_softmax(wide, -1).transpose(0, 1), target.long(), torch.tensor(lengths), torch.tensor(label_lengths),
        blank=blank, reduction="none", zero_infinity=True)
    value.sum().backward()
    options = [{"maskIndex": blank}] if blank else []
    args = [target.numpy(), logits.float().numpy(), np.array(label_lengths, np.int32), np.array(lengths, np.int32), *options]
    cases.append(["ctcLoss", args, {"loss": value.detach().float().numpy(), "grad": wide.grad.float().numpy()}])


loss(2, 6, 4, [[1, 2, 3], [2, 2, -1]], [3, 2], [6, 5])
loss(1, 12, 3, [[1, 1, 2, 1]], [4], [12])
loss(3, 5, 4, [[0, 1], [2, 0], [1, 1]], [2, 1, 0], [5, 3, 4], blank=3)
loss(1, 1, 3, [[2]], [1], [1])
loss(1, 30, 5, [[1, 2, 3, 4, 1, 2, 2, 4]], [8], [29])


def exact(row, blank, merge):
    """Log-probabilities of all label sequences, by going through all paths."""
    logp = row - np.log(np.exp(row).sum(-1, keepdims=True))
    found = {}
    for path in itertools.product(range(row.shape[1]), repeat=row.shape[0]):
        labels = [c for i, c in enumerate(path) if c != blank and not (merge and i and path[i - 1] == c)]
        p = sum(logp[i, c] for i, c in enumerate(path))
        found[tuple(labels)] = np.logaddexp(found.get(tuple(labels), -np.inf), p)
    return sorted(found.items(), key=lambda item: -item[1])


for merge in (True, False):
    logits, lengths = np.random.default_rng(4).normal(size=(2, 5, 3)) * 1.5, [5, 3]
    decoded, scores = np.full((3, 2, 5), -1, np.int32), np.zeros((2, 3), np.float32)
    for b in range(2):
        for path, (labels, score) in enumerate(exact(logits[b, : lengths[b]], 0, merge)[:3]):
            decoded[path, b, : len(labels)] = labels
            scores[b, path] = score
    cases.append(["ctcDecode", [logits.astype(np.float32), np.array(lengths, np.int32),
                                {"strategy": "beam_search", "topPaths": 3, "mergeRepeated": merge}], [decoded, scores]])
peaks = np.array([[[0, 5, 1], [0, 5, 1], [5, 0, 0], [0, 4, 1], [0, 1, 6]]], np.float32)
for merge, labels in ((True, [1, 1, 2, -1, -1]), (False, [1, 1, 1, 2, -1])):
    cases.append(["ctcDecode", [peaks, np.array([5], np.int32), {"mergeRepeated": merge}],
                  [np.array([[labels]], np.int32), np.array([[-25]], np.float32)]])
cases.append(["ctcDecode", [peaks, np.array([3], np.int32), {"maskIndex": 1}],
              [np.array([[[0, -1, -1, -1, -1]]], np.int32), np.array([[-15]], np.float32)]])
write("tools/checks/test/ops/golden/ctc.json", cases)
