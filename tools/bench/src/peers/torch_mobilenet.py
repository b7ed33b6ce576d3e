"""MobileNetV2 as plain modules, with the weights that the other systems have; see networks/mobilenet-units.ts."""

import numpy as np
import torch
from torch import nn

BLOCKS = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def random_floats(count, seed):
    """The linear congruential generator of workloads/report.ts, all steps at once."""
    powers = np.cumprod(np.full(count, 1_664_525, np.uint32), dtype=np.uint32)
    sums = np.cumsum(np.concatenate([np.ones(1, np.uint32), powers[:-1]]), dtype=np.uint32)
    states = powers * np.uint32(seed) + sums * np.uint32(1_013_904_223)
    return torch.from_numpy((states.astype(np.float64) / 2_147_483_648 - 1).astype(np.float32))


def he_uniform(shape, seed):
    """Weights of a shape whose last axis is that of the outputs."""
    size = int(np.prod(shape))
    return random_floats(size, seed).mul((6 / (size / shape[-1])) ** 0.5).reshape(shape)


class Unit(nn.Sequential):
    """Convolution, normalization and relu6, or the first two."""

    count = 0

    def __init__(self, size, inputs, outputs, stride=1, groups=1, relu6=True):
        Unit.count += 1
        seed = 10 * Unit.count
        convolution = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
        norm = nn.BatchNorm2d(outputs, eps=1e-3)
        super().__init__(convolution, norm, *([nn.ReLU6()] if relu6 else []))
        with torch.no_grad():
            weight = he_uniform((size, size, inputs // groups, outputs), seed)
            convolution.weight.copy_(weight.permute(3, 2, 0, 1))
            targets = [norm.running_mean, norm.running_var, norm.weight, norm.bias]
            for i, (target, centre, spread) in enumerate(zip(targets, (0, 1, 1, 0), (0.1, 0.5, 0.1, 0.1))):
                target.copy_(centre + spread * random_floats(outputs, seed + 1 + i))


class Block(nn.Module):
    """Widen, convolve each channel, narrow."""

    def __init__(self, inputs, expansion, outputs, stride, residual):
        super().__init__()
        wide = inputs * expansion
        units = [Unit(1, inputs, wide)] if expansion > 1 else []
        units.append(Unit(3, wide, wide, stride, groups=wide))
        self.units = nn.Sequential(*units, Unit(1, wide, outputs, relu6=False))
        self.residual = residual

    def forward(self, x):
        y = self.units(x)
        return y + x if self.residual else y


class MobileNet(nn.Module):
    """The whole network."""

    def __init__(self, classes=1000):
        super().__init__()
        layers, channels = [Unit(3, 3, 32, 2)], 32
        for expansion, outputs, repeats, stride in BLOCKS:
            for i in range(repeats):
                layers.append(Block(channels, expansion, outputs, stride if i == 0 else 1, i > 0))
                channels = outputs
        self.features = nn.Sequential(*layers, Unit(1, channels, 1280))
        self.head = nn.Linear(1280, classes)
        with torch.no_grad():
            self.head.weight.copy_(he_uniform((1280, classes), 1000).t())
            self.head.bias.zero_()

    def forward(self, x):
        return self.head(self.features(x).mean([2, 3]))


def network():
    """The network with its weights."""
    return MobileNet()


def image():
    """The image, channels first."""
    return random_floats(224 * 224 * 3, 2000).reshape(1, 224, 224, 3).permute(0, 3, 1, 2).contiguous()
