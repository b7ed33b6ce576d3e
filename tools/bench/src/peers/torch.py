"""The workloads on PyTorch; OPENBLAS_NUM_THREADS and OMP_NUM_THREADS are set by the caller to the number of threads."""

import ctypes
import json
import os
import platform
import resource
import statistics
import sys
import time

HERE = sys.path.pop(0)  # The folder of this file, where `torch` would be this file.
import torch  # noqa: E402
from torch import nn  # noqa: E402

WORKLOAD, CASE = sys.argv[1:3]
THREADS = int(sys.argv[3])
torch.set_num_threads(THREADS)
torch.manual_seed(1)


def use_fast_blas():
    """
    Debian's PyTorch takes whatever BLAS is installed; the reference one is many times slower than OpenBLAS. An OpenBLAS
    older than the processor takes kernels of 20 years ago, unless it is told better before it is loaded.
    """
    torch.matmul(torch.ones(64, 64), torch.ones(64, 64))
    try:
        with open("/proc/self/maps") as maps:
            loaded = {line.split()[-1] for line in maps if ".so" in line}
        with open("/proc/cpuinfo") as lines:
            flags = next((line.split() for line in lines if line.startswith("flags")), [])
    except OSError:
        return
    if not any(name in path for path in loaded for name in ("openblas", "mkl", "blis")):
        print("torch: no OpenBLAS, MKL or BLIS is loaded: products are slow (Debian: libopenblas0-pthread)", file=sys.stderr)
    openblas = next((path for path in loaded if "openblas" in path.rsplit("/", 1)[-1]), None)
    if openblas is None or "OPENBLAS_CORETYPE" in os.environ:
        return
    name = ctypes.CDLL(openblas).openblas_get_corename
    name.restype = ctypes.c_char_p
    if name() in (b"Prescott", b"Core2", b"Generic") and "avx2" in flags and "fma" in flags:
        wide = all(flag in flags for flag in ("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"))
        os.environ["OPENBLAS_CORETYPE"] = "SkylakeX" if wide else "Haswell"
        os.execv(sys.executable, [sys.executable, *sys.argv])


def report(case, sample, unit, **extra):
    middle, best = sample
    row = dict(workload=WORKLOAD, case=case, system="torch", median=middle, min=best, unit=unit)
    about = dict(node="py" + platform.python_version(), threads=THREADS, version=torch.__version__.replace("a0", ""))
    print(json.dumps(dict(row, **about, **extra)), flush=True)


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


def rate(sample, operations):
    return operations / (sample[0] * 1e6), operations / (sample[1] * 1e6)


def trainer(model, batches, loss=nn.CrossEntropyLoss()):
    optimizer = torch.optim.Adam(model.parameters(), 0.001, eps=1e-7)
    count = 0

    def step():
        nonlocal count
        x, y = batches[count % len(batches)]
        count += 1
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    return step


def mlp_trainer():
    model = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    batches = [(torch.rand(32, 32) * 2 - 1, torch.eye(10)[torch.arange(32) * 7 % 10]) for _ in range(31)]
    return trainer(model, batches)


def mlp():
    report("hand-written loop", scaled(measure(mlp_trainer(), 2000, 9, 320), 1000), "us/step")


def matmul():
    def timed(case, operations, inner, product):
        sample = measure(product, 100 if operations < 2e8 else 5, 9, inner)
        report(case, rate(sample, operations), "GFLOP/s")

    for n, inner in (128, 200), (256, 40), (512, 8), (1024, 1):
        a, b = torch.rand(n, n), torch.rand(n, n)
        timed(str(n), 2 * n**3, inner, lambda: torch.matmul(a, b))
    a, b = torch.rand(512, 512), torch.rand(512, 512)
    for name, left, right in ("NT", a, b.t()), ("TN", a.t(), b), ("TT", a.t(), b.t()):
        timed("512 " + name, 2 * 512**3, 8, lambda: torch.matmul(left, right))
    many, others = torch.rand(32, 64, 64), torch.rand(32, 64, 64)
    timed("32 of 64", 2 * 32 * 64**3, 40, lambda: torch.matmul(many, others))


def cnn_model():
    convolutions = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    model = nn.Sequential(*convolutions, nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10))
    return model, torch.rand(64, 1, 28, 28), torch.eye(10)[torch.arange(64) * 7 % 10]


def network(model, x, y, loss=nn.CrossEntropyLoss()):
    report("training step", measure(trainer(model, [(x, y)], loss), 5, 9), "ms")
    with torch.no_grad():
        report("forward", measure(lambda: model(x), 5, 9), "ms")


def cnn():
    network(*cnn_model())


def block():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.before, self.between = nn.LayerNorm(128, eps=1e-7), nn.LayerNorm(128, eps=1e-7)
            self.query, self.key, self.value, self.output = (nn.Linear(128, 128) for _ in range(4))
            self.up, self.down = nn.Linear(128, 512), nn.Linear(512, 128)
            self.register_buffer("mask", torch.triu(torch.full((64, 64), float("-inf")), 1))

        def forward(self, x):
            a = self.before(x)
            q, k, v = (part(a).view(-1, 64, 4, 32).transpose(1, 2) for part in (self.query, self.key, self.value))
            weights = torch.softmax(q @ k.transpose(-1, -2) / 32**0.5 + self.mask, -1)
            x = x + self.output((weights @ v).transpose(1, 2).reshape(-1, 64, 128))
            return x + self.down(nn.functional.gelu(self.up(self.between(x)), approximate="tanh"))

    network(Block(), torch.rand(8, 64, 128) * 2 - 1, torch.rand(8, 64, 128) * 2 - 1, nn.MSELoss())


def lstm():
    network(Recurrent(nn.LSTM), torch.rand(32, 50, 64) * 2 - 1, torch.eye(10)[torch.arange(32) * 7 % 10])


class ResNet(nn.Module):
    """ResNet-18, with biases nowhere but in the dense layer."""

    def __init__(self, classes):
        super().__init__()

        def block(inputs, outputs, stride):
            convolutions = [nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
            convolutions += [nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)]
            around = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
            return nn.ModuleList([nn.Sequential(*convolutions), nn.Identity() if stride == 1 else around])

        stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
        self.stem = nn.Sequential(*stem)
        sizes = [(64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)]
        self.blocks = nn.ModuleList([block(*s) for i, o, stride in sizes for s in ((i, o, stride), (o, o, 1))])
        self.head = nn.Linear(512, classes)

    def forward(self, x):
        x = self.stem(x)
        for inner, around in self.blocks:
            x = torch.relu(inner(x) + around(x))
        return self.head(x.mean((2, 3)))


class Recurrent(nn.Module):
    """Cells over 50 steps and a dense layer on their last output."""

    def __init__(self, cells):
        super().__init__()
        self.cells, self.head = cells(64, 128, batch_first=True), nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.cells(x)[0][:, -1])


def networks():
    """The sizes are those of workloads/sizes.ts."""
    classes = lambda rows: torch.eye(10)[torch.arange(rows) * 7 % 10]  # noqa: E731
    loss, formats = nn.CrossEntropyLoss(), {"eager": torch.contiguous_format}
    start = time.perf_counter()
    if CASE in ("ResNet18", "MobileNetV2"):
        x, y = torch.rand(8, 3, 64, 64) * 2 - 1, classes(8)
        formats["channels last"] = torch.channels_last
        model = ResNet(10) if CASE == "ResNet18" else load_mobilenet_module().MobileNet(10)
    elif CASE == "encoder":
        layer = nn.TransformerEncoderLayer(128, 4, 512, 0.0, "gelu", batch_first=True)
        model = nn.TransformerEncoder(layer, 4)
        x, y, loss = torch.rand(16, 64, 128) * 2 - 1, torch.rand(16, 64, 128) * 2 - 1, nn.MSELoss()
    else:
        model, x, y = Recurrent(dict(LSTM=nn.LSTM, GRU=nn.GRU)[CASE]), torch.rand(32, 50, 64) * 2 - 1, classes(32)
    for mode, layout in formats.items():
        model, x = model.to(memory_format=layout), x.contiguous(memory_format=layout) if x.dim() == 4 else x
        model.train()
        step = trainer(model, [(x, y)], loss)
        step()
        if mode == "eager":
            first = (time.perf_counter() - start) * 1000
            report(CASE + ", first step", (first, first), "ms", mode=mode)
        report(CASE + ", training step", measure(step, 5, 15), "ms", mode=mode)
        model.eval()
        with torch.no_grad():
            assert model(x).shape == y.shape
            report(CASE + ", inference", measure(lambda: model(x), 5, 15), "ms", mode=mode)
            if x.dim() != 4:
                continue
            frozen = torch.jit.freeze(torch.jit.trace(model, x))
            name = "frozen" if mode == "eager" else "frozen, " + mode
            report(CASE + ", inference", measure(lambda: frozen(x), 5, 15), "ms", mode=name)


def indexing():
    x, rows = torch.rand(10**6) * 2 - 1, torch.rand(1000, 1000) * 2 - 1
    places = torch.randint(10**6, (10**6,))
    cases = {
        "sort": lambda: torch.sort(x),
        "sort of 1000 rows": lambda: torch.sort(rows),
        "100 largest": lambda: torch.topk(x, 100),
        "running sum": lambda: torch.cumsum(x, 0),
        "running sum of 1000 rows": lambda: torch.cumsum(rows, 1),
        "gather": lambda: x[places],
    }
    for name, fn in cases.items():
        report(name, measure(fn, 2, 7), "ms")


def load_mobilenet_module():
    sys.path.append(HERE)
    import torch_mobilenet

    return torch_mobilenet


def load_mobilenet():
    module = load_mobilenet_module()
    return module.network().eval(), module.image()


def mobilenet():
    model, x = load_mobilenet()
    with torch.no_grad():
        expected = model(x)
        frozen = torch.jit.freeze(torch.jit.trace(model, x))
        optimized = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, x)))
        for mode, fn in dict(eager=model, frozen=frozen, optimized=optimized).items():
            result = fn(x)
            # Some builds of oneDNN compute something else when activations are fused.
            if not torch.allclose(result, expected, rtol=1e-2, atol=1e-2 * expected.abs().max().item()):
                print(f"torch: mobilenet, {mode}: left out, its results are wrong", file=sys.stderr)
                continue
            report("one image", measure(lambda: fn(x), 5, 9), "ms", mode=mode, check=result[0, :4].tolist())


def export():
    """Writes the network as ONNX to the path given in place of a case."""
    model, x = load_mobilenet()
    torch.onnx.export(model, x, CASE, input_names=["image"], output_names=["logits"])


def status(name):
    """A line of the system's report on this process, in MB; the peak of a spawned process starts at its parent's."""
    try:
        with open("/proc/self/status") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024 / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def memory():
    def add(when, megabytes):
        report(f"{CASE}, {when}", (megabytes, megabytes), "MB")

    add("loaded", status("VmRSS"))
    if CASE == "seed net":
        step = mlp_trainer()
        for i in range(1, 100_001):
            step()
            if i in (10_000, 100_000):
                add(f"after {i:,} steps", status("VmRSS"))
    else:
        model, x, y = cnn_model()
        step = trainer(model, [(x, y)])
        for _ in range(20):
            step()
        add("peak of 20 steps", status("VmHWM"))


def elementwise():
    flat, matrix = torch.rand(10**7) * 2 - 1, torch.rand(4096, 1024) * 2 - 1
    other, into = torch.rand(10**7), torch.empty_like(flat)
    cases = {
        "exp": lambda: torch.exp(flat),
        "tanh": lambda: torch.tanh(flat),
        "softmax": lambda: torch.softmax(matrix, -1),
        "layerNorm": lambda: nn.functional.layer_norm(matrix, (1024,), eps=1e-7),
        "gelu": lambda: nn.functional.gelu(flat, approximate="tanh"),
        "add": lambda: torch.add(flat, other),
    }
    held = []
    for name, fn in cases.items():
        report(name + ", first touch", measure(lambda: held.append(fn()), 2, 7), "ms")
    held.clear()
    report("exp, recycled", measure(lambda: torch.exp(flat, out=into), 2, 7), "ms")
    report("tanh, recycled", measure(lambda: torch.tanh(flat, out=into), 2, 7), "ms")
    report("add, recycled", measure(lambda: torch.add(flat, other, out=into), 2, 7), "ms")
    place = torch.empty_like(matrix)
    report("softmax, recycled", measure(lambda: torch.softmax(matrix, -1, out=place), 2, 7), "ms")
    report("sum", measure(lambda: torch.sum(flat), 2, 7), "ms")
    weights = torch.zeros(10**7, requires_grad=True)
    weights.grad = flat
    report("adam", measure(torch.optim.Adam([weights], 0.001, eps=1e-7).step, 2, 7), "ms")


use_fast_blas()
RUN = {
    "seed-mlp": mlp,
    "matmul": matmul,
    "cnn-step": cnn,
    "transformer-block": block,
    "lstm": lstm,
    "networks": networks,
    "indexing": indexing,
    "mobilenet": mobilenet,
    "elementwise": elementwise,
    "memory": memory,
    "export": export,
}
RUN[WORKLOAD]()
