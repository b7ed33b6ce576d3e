"""Golden results of preprocessing layers by NumPy and PyTorch. Run: python3 tools/golden/preprocessing.py"""
import json
import numpy as np
import torch

rng = np.random.default_rng(17)
cases = {}


def plain(x):
    return {"shape": list(x.shape), "values": [round(float(v), 9) for v in np.asarray(x, np.float64).ravel()]}


def case(name, layer, options, x, y):
    cases[name] = {"layer": layer, "options": options, "input": plain(x), "output": plain(y)}


# ---- histograms
def equalized(channel, bins):
    place = np.clip(channel / 255 * (bins - 1), 0, bins - 1).astype(int)
    sums = np.cumsum(np.bincount(place.ravel(), minlength=bins))
    first = sums[sums > 0][0]
    if first == sums[-1]:
        return channel
    return np.clip(np.round((sums - first) * 255 / (sums[-1] - first)), 0, 255)[place]


def each_channel(images, f):
    return np.stack([np.stack([f(image[..., c]) for c in range(image.shape[-1])], -1) for image in images])


photo = np.floor(rng.random((2, 7, 9, 2)) ** 2 * 256)
photo[1, ..., 1] = 77
case("Equalization", "Equalization", {}, photo, each_channel(photo, lambda c: equalized(c, 256)))
unit = rng.random((1, 6, 5, 3))
case("Equalization in [0, 1] with few bins", "Equalization", {"valueRange": [0, 1], "bins": 8}, unit,
     each_channel(unit * 255, lambda c: equalized(c, 8)) / 255)


def clahe(channel, grid, limit):
    height, width = channel.shape
    rows, columns = grid
    tall, wide = -(-height // rows), -(-width // columns)
    full = np.pad(channel, [(0, tall * rows - height), (0, wide * columns - width)], mode="symmetric")
    pixels = tall * wide
    tables = np.zeros((rows, columns, 256))
    for i in range(rows):
        for j in range(columns):
            tile = full[i * tall:(i + 1) * tall, j * wide:(j + 1) * wide]
            counts = np.bincount(tile.astype(int).ravel(), minlength=256).astype(float)
            if limit > 0:
                cut = np.minimum(counts, limit * pixels / 256)
                counts = cut + (counts - cut).sum() / 256
            sums = np.cumsum(counts)
            rest = pixels - sums.min()
            tables[i, j] = np.clip((sums - sums.min()) * 255 / (rest if rest != 0 else 1), 0, 255)
    result = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            at_y, at_x = (y - tall / 2) / tall, (x - wide / 2) / wide
            y0, x0 = int(np.floor(at_y)), int(np.floor(at_x))
            wy, wx = at_y - y0, at_x - x0
            value = int(full[y, x])
            for dy, weight_y in ((0, 1 - wy), (1, wy)):
                for dx, weight_x in ((0, 1 - wx), (1, wx)):
                    i, j = min(max(y0 + dy, 0), rows - 1), min(max(x0 + dx, 0), columns - 1)
                    result[y, x] += weight_y * weight_x * tables[i, j, value]
    return result


name = "ContrastLimitedAdaptiveHistogramEqualization"
case(name, name, {"tileGridSize": [2, 3]}, photo, each_channel(photo, lambda c: clahe(c, (2, 3), 4)))
case(f"{name} without a limit", name, {"tileGridSize": [3, 2], "clipLimit": 0}, photo, each_channel(photo, lambda c: clahe(c, (3, 2), 0)))
case(f"{name} in [0, 1]", name, {"tileGridSize": [2, 2], "valueRange": [0, 1], "clipLimit": 20}, unit,
     each_channel(unit * 255, lambda c: clahe(c, (2, 2), 20)) / 255)

# ---- spectrograms
signal = rng.normal(size=(2, 100))


def bands(count, frequencies, rate, low, high):
    mel = lambda f: 1127 * np.log(1 + np.asarray(f) / 700)
    at = mel(np.linspace(0, rate / 2, frequencies))[:, None]
    edges = np.linspace(mel(low), mel(high), count + 2)
    rising = (at - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - at) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rising, falling))
    weights[0] = 0
    return weights


def mel_spectrogram(x, n, step, length, window, count, rate, low, high, db=True, top=80, exponent=2, least=1e-10, reference=1):
    w = torch.hann_window(length, dtype=torch.float64) if window == "hann" else torch.hamming_window(length, dtype=torch.float64)
    spectra = torch.stft(torch.tensor(x), n, step, length, w, center=True, return_complex=True).abs().numpy() ** exponent
    y = np.einsum("bft,fm->bmt", spectra, bands(count, n // 2 + 1, rate, low, high))
    if not db:
        return y
    level = 10 * np.log10(np.maximum(y, least)) - 10 * np.log10(max(abs(reference), least))
    return np.maximum(level, level.max() - top)


case("MelSpectrogram", "MelSpectrogram", {"fftLength": 32, "sequenceStride": 10, "numMelBins": 6, "samplingRate": 1000}, signal,
     mel_spectrogram(signal, 32, 10, 32, "hann", 6, 1000, 20, 500))
options = {"fftLength": 32, "sequenceStride": 8, "sequenceLength": 20, "window": "hamming", "numMelBins": 5, "samplingRate": 1000,
           "minFreq": 50, "maxFreq": 400, "topDb": 10, "magExp": 1, "refPower": 3}
case("MelSpectrogram with other settings", "MelSpectrogram", options, signal,
     mel_spectrogram(signal, 32, 8, 20, "hamming", 5, 1000, 50, 400, top=10, exponent=1, reference=3))
case("MelSpectrogram of powers", "MelSpectrogram", {"fftLength": 16, "sequenceStride": 16, "numMelBins": 4, "samplingRate": 1000, "powerToDb": False},
     signal, mel_spectrogram(signal, 16, 16, 16, "hann", 4, 1000, 20, 500, db=False))


def frames(x, length, step, n, window, scale):
    w = torch.tensor(window / scale)
    pieces = torch.tensor(x).unfold(1, length, step) * w
    return torch.fft.rfft(pieces, n).numpy()


hann = torch.hann_window(10, periodic=False, dtype=torch.float64).numpy()
hamming = torch.hamming_window(10, periodic=True, dtype=torch.float64).numpy()
spectrum = frames(signal, 10, 5, 16, hann, np.sqrt((hann ** 2).sum()))
power = np.abs(spectrum) ** 2
psd = power.copy()
psd[..., 1:-1] *= 2
wave = signal[..., None]
for mode, result in {"log": np.log(np.sqrt(np.maximum(power, 1e-7))), "magnitude": np.sqrt(np.maximum(power, 1e-7)), "psd": psd,
                     "real": spectrum.real, "imag": spectrum.imag, "stft": np.concatenate([spectrum.real, spectrum.imag], -1)}.items():
    case(f"STFTSpectrogram, {mode}", "STFTSpectrogram", {"mode": mode, "frameLength": 10}, wave, result)
# Where the imaginary part is 0 but for rounding, the sign of the angle is not defined.
short = frames(signal, 10, 7, 16, hamming, hamming.sum())
case("STFTSpectrogram with other settings", "STFTSpectrogram",
     {"mode": "magnitude", "frameLength": 10, "frameStep": 7, "window": "hamming", "periodic": True, "scaling": "spectrum"}, wave,
     np.sqrt(np.maximum(np.abs(short) ** 2, 1e-7)))

with open("packages/layers/test/golden/preprocessing.json", "w") as file:
    file.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in cases.items()) + "\n}\n")
