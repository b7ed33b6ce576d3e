"""Golden values of signal processing: numpy.fft, numpy's windows, torch.stft and torch.istft in float64.

Run: python3 tools/golden/spectra.py    (needs numpy and torch; writes tools/golden/spectra.json)
"""

import json
import math
import pathlib

import numpy as np
import torch

rng = np.random.default_rng(11)
cases = []


def pack(array):
    array = np.asarray(array, dtype=np.float64)
    return {"shape": list(array.shape), "data": [float("%.12g" % v) for v in array.reshape(-1).tolist()]}


def case(name, inputs, outputs, options=None):
    entry = {"name": name, "inputs": [pack(x) for x in inputs]}
    if options is not None:
        entry["options"] = options
    entry["outputs"] = [pack(y) for y in outputs]
    cases.append(entry)


def normal(*shape):
    return np.round(rng.normal(size=shape), 2)


def parts(z):
    return [z.real, z.imag]


for n in [1, 2, 3, 8, 31, 35, 61, 67, 74]:
    a, b = normal(n), normal(n)
    case("fft", [a, b], parts(np.fft.fft(a + 1j * b)))
    case("ifft", [a, b], parts(np.fft.ifft(a + 1j * b)))
a, b = normal(2, 3, 5), normal(2, 3, 5)
case("fft", [a, b], parts(np.fft.fft(a + 1j * b)))
case("fft2", [a, b], parts(np.fft.fft2(a + 1j * b)))
case("ifft2", [a, b], parts(np.fft.ifft2(a + 1j * b)))

for n, length in [(1, None), (7, None), (8, None), (8, 5), (8, 12), (7, 6)]:
    x = normal(2, n)
    case("rfft", [x], parts(np.fft.rfft(x, length)), {"fftLength": length})
for bins, length in [(2, None), (5, None), (5, 9), (5, 5), (3, 12), (3, 1)]:
    a, b = normal(2, bins), normal(2, bins)
    case("irfft", [a, b], [np.fft.irfft(a + 1j * b, length)], {"fftLength": length})

for n in [0, 1, 2, 5, 8]:
    for name in ["bartlett", "hanning", "hamming", "blackman"]:
        case(name, [], [getattr(np, name)(n)], {"n": n})
    for beta in [0.0, 3.5, 14.0]:
        case("kaiser", [], [np.kaiser(n, beta)], {"n": n, "beta": beta})
for name, make in [("hanning", torch.hann_window), ("hamming", torch.hamming_window), ("blackman", torch.blackman_window),
                   ("bartlett", torch.bartlett_window)]:
    case(name, [], [make(6, periodic=True, dtype=torch.float64)], {"n": 6, "periodic": True})
for n in [1, 2, 5, 6]:
    case("fftFreq", [], [np.fft.fftfreq(n, 0.5)], {"n": n, "spacing": 0.5})
    case("rfftFreq", [], [np.fft.rfftfreq(n, 0.5)], {"n": n, "spacing": 0.5})

for length, stride, size, center, window in [(8, 2, 8, True, "hann"), (6, 3, 9, True, "hamming"), (8, 3, 8, False, "hann"),
                                             (5, 2, 8, False, None)]:
    x = normal(2, 30)
    # Without a window Keras takes all of the piece, zeros included.
    width = size if window is None else length
    win = {"hann": torch.hann_window, "hamming": torch.hamming_window, None: torch.ones}[window]
    z = torch.stft(torch.tensor(x), size, stride, width, win(width, dtype=torch.float64), center=center, pad_mode="reflect",
                   return_complex=True).numpy().swapaxes(-1, -2)
    options = {"length": length, "stride": stride, "size": size, "center": center, "window": window}
    case("stft", [x], parts(z), options)
    if center:
        noisy = torch.tensor(z + normal(*z.shape) + 1j * normal(*z.shape)).swapaxes(-1, -2)
        noisy.imag[:, 0] = 0
        if size % 2 == 0:
            noisy.imag[:, -1] = 0
        back = torch.istft(noisy, size, stride, length, win(length, dtype=torch.float64), center=True)
        case("istft", parts(noisy.numpy().swapaxes(-1, -2)), [back.numpy()], options)


def mel(slaney, to):
    """Hertz to mel, or mel to hertz, by the formulas of HTK and of Slaney's toolbox."""
    if not slaney:
        return (lambda f: 2595 * math.log10(1 + f / 700)) if to else (lambda m: 700 * (10 ** (m / 2595) - 1))
    step = math.log(6.4) / 27
    if to:
        return lambda f: f / (200 / 3) if f < 1000 else 15 + math.log(f / 1000) / step
    return lambda m: m * (200 / 3) if m < 15 else 1000 * math.exp(step * (m - 15))


for slaney in [False, True]:
    for area in [False, True]:
        bands, bins, rate, low, high = 5, 17, 16000, 100.0, 7000.0
        marks = np.linspace(mel(slaney, True)(low), mel(slaney, True)(high), bands + 2)
        points = np.array([mel(slaney, False)(m) for m in marks])
        slopes = points[None, :] - np.linspace(0, rate / 2, bins)[:, None]
        gaps = np.diff(points)
        bank = np.maximum(0, np.minimum(-slopes[:, :-2] / gaps[:-1], slopes[:, 2:] / gaps[1:]))
        if area:
            bank = bank * (2 / (points[2:] - points[:-2]))
        case("melFilterBank", [], [bank], {"bands": bands, "bins": bins, "rate": rate, "lowest": low, "highest": high,
                                           "scale": "slaney" if slaney else "htk", "normalization": "slaney" if area else None})

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
