"""Checkpoints of PyTorch as safetensors, with inputs and outputs. Run: python3 tools/golden/torch_checkpoints.py

Images are channels last in the JSON, as the layers here take them.
"""
import json
import os
import struct

import torch
from torch import nn

torch.manual_seed(5)
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "packages", "keras", "test", "fixtures", "torch")
CODES = {torch.float32: "F32", torch.int64: "I64"}


def write_safetensors(path, state):
    header, parts, at = {}, [], 0
    for name, value in state.items():
        data = value.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": CODES[value.dtype], "shape": list(value.shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
        parts.append(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def pack(t):
    return {"shape": list(t.shape), "data": [float(f"{v:.8g}") for v in t.detach().flatten().tolist()]}


class Images(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, (3, 2), padding=0)
        self.bn = nn.BatchNorm2d(4)
        self.depthwise = nn.Conv2d(4, 8, 3, groups=4, bias=False)
        self.act = nn.PReLU(8)
        self.up = nn.ConvTranspose2d(8, 5, 2, stride=2)
        self.head = nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 2, bias=False))

    def forward(self, x):
        x = torch.relu(self.bn(self.conv(x)))
        x = self.up(self.act(self.depthwise(x)))
        return self.head(x.mean((2, 3)))


class Sequences(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(11, 6)
        self.conv = nn.Conv1d(6, 6, 3, padding=1, groups=2)
        self.norm = nn.LayerNorm(6, eps=1e-3)
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
        self.both = nn.LSTM(6, 3, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(6, 4, batch_first=True)
        self.rnn = nn.RNN(4, 3, batch_first=True)

    def forward(self, ids):
        x = self.embed(ids)
        x = self.norm(self.conv(x.transpose(1, 2)).transpose(1, 2))
        x = x + self.attention(x, x, x)[0]
        x = self.gru(self.both(x)[0])[0]
        return self.rnn(x)[0][:, -1]


def main():
    os.makedirs(OUT, exist_ok=True)
    images, sequences = Images(), Sequences()
    for module in (images, sequences):
        for name, value in module.state_dict().items():
            if value.dtype == torch.float32 and "var" not in name:
                value.add_(torch.randn(value.shape) * 0.2)
    images.bn.running_var.uniform_(0.5, 2)
    images.eval(), sequences.eval()
    x, ids = torch.randn(2, 3, 7, 6), torch.randint(0, 11, (2, 5))
    expected = {
        "images": {"input": pack(x.permute(0, 2, 3, 1)), "output": pack(images(x))},
        "sequences": {"input": {"shape": list(ids.shape), "data": ids.flatten().tolist()}, "output": pack(sequences(ids))},
    }
    write_safetensors(os.path.join(OUT, "images.safetensors"), images.state_dict())
    write_safetensors(os.path.join(OUT, "sequences.safetensors"), sequences.state_dict())
    with open(os.path.join(OUT, "expected.json"), "w") as file:
        json.dump(expected, file, separators=(",", ":"))
        file.write("\n")


main()
