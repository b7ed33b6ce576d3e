"""The workloads on PyTorch, one thread; OPENBLAS_NUM_THREADS and OMP_NUM_THREADS are set by the caller."""

import json
import platform
import statistics
import sys
import time

sys.path.pop(0)  # The folder of this file, where `torch` would be this file.
import torch  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(1)
torch.manual_seed(1)
WORKLOAD = sys.argv[1]


def warn_of_slow_blas():
    """Debian's PyTorch takes whatever BLAS is installed; the reference one is many times slower than OpenBLAS."""
    torch.matmul(torch.ones(64, 64), torch.ones(64, 64))
    try:
        with open("/proc/self/maps") as maps:
            loaded = maps.read()
    except OSError:
        return
    if not any(name in loaded for name in ("openblas", "mkl", "blis")):
        print("torch: no OpenBLAS, MKL or BLIS is loaded: products are slow (Debian: libopenblas0-pthread)", file=sys.stderr)


def report(case, sample, unit):
    middle, best = sample
    row = dict(workload=WORKLOAD, case=case, system="torch", median=middle, min=best, unit=unit)
    print(json.dumps(dict(row, node="py" + platform.python_version(), threads=1)), flush=True)


def measure(fn, warmup, repeats, inner=1):
    """Milliseconds per call: median and minimum."""
    for _ in range(warmup):
        fn()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(inner):
            fn()
        times.append((time.perf_counter() - start) * 1000 / inner)
    return statistics.median(times), min(times)


def scaled(sample, factor):
    return sample[0] * factor, sample[1] * factor


def rate(sample, n):
    return 2 * n**3 / (sample[0] * 1e6), 2 * n**3 / (sample[1] * 1e6)


def trainer(model, batches):
    optimizer = torch.optim.Adam(model.parameters(), 0.001, eps=1e-7)
    loss = nn.CrossEntropyLoss()
    count = 0

    def step():
        nonlocal count
        x, y = batches[count % len(batches)]
        count += 1
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    return step


def mlp():
    model = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    batches = [(torch.rand(32, 32) * 2 - 1, torch.eye(10)[torch.arange(32) * 7 % 10]) for _ in range(31)]
    report("hand-written loop", scaled(measure(trainer(model, batches), 2000, 9, 320), 1000), "us/step")


def matmul():
    for n, inner in (128, 200), (256, 40), (512, 8), (1024, 1):
        a, b = torch.rand(n, n), torch.rand(n, n)
        report(str(n), rate(measure(lambda: torch.matmul(a, b), 100 if n < 512 else 5, 9, inner), n), "GFLOP/s")


def cnn():
    convolutions = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    model = nn.Sequential(*convolutions, nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10))
    x, y = torch.rand(64, 1, 28, 28), torch.eye(10)[torch.arange(64) * 7 % 10]
    report("training step", measure(trainer(model, [(x, y)]), 5, 9), "ms")
    with torch.no_grad():
        report("forward", measure(lambda: model(x), 5, 9), "ms")


def elementwise():
    flat, matrix = torch.rand(10**7) * 2 - 1, torch.rand(4096, 1024) * 2 - 1
    into = torch.empty_like(flat)
    cases = {
        "exp": lambda: torch.exp(flat),
        "tanh": lambda: torch.tanh(flat),
        "softmax": lambda: torch.softmax(matrix, -1),
        "layerNorm": lambda: nn.functional.layer_norm(matrix, (1024,), eps=1e-7),
        "gelu": lambda: nn.functional.gelu(flat, approximate="tanh"),
    }
    held = []
    for name, fn in cases.items():
        report(name + ", first touch", measure(lambda: held.append(fn()), 2, 7), "ms")
    held.clear()
    report("exp, recycled", measure(lambda: torch.exp(flat, out=into), 2, 7), "ms")
    report("tanh, recycled", measure(lambda: torch.tanh(flat, out=into), 2, 7), "ms")
    place = torch.empty_like(matrix)
    report("softmax, recycled", measure(lambda: torch.softmax(matrix, -1, out=place), 2, 7), "ms")


warn_of_slow_blas()
{"seed-mlp": mlp, "matmul": matmul, "cnn-step": cnn, "elementwise": elementwise}[WORKLOAD]()
