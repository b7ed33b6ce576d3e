"""LBFGS and OneCycleLR of PyTorch, written to packages/optim/test/golden/torch.json. Run: python3 tools/golden/optim.py"""

import json
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)


def lbfgs(**options):
    """Four calls on Rosenbrock's function joined with a second variable."""
    w = torch.tensor([-1.2, 1.0], requires_grad=True)
    v = torch.tensor([0.5], requires_grad=True)
    optimizer = torch.optim.LBFGS([w, v], **options)
    count = [0]

    def closure():
        count[0] += 1
        optimizer.zero_grad()
        loss = 100 * (w[1] - w[0] ** 2) ** 2 + (1 - w[0]) ** 2 + 0.5 * (v - w.sum()).pow(2).sum()
        loss.backward()
        return loss

    rows = []
    for _ in range(4):
        loss = float(optimizer.step(closure))
        rows.append({"loss": loss, "w": w.tolist(), "v": v.tolist(), "evaluations": count[0]})
    return rows


def one_cycle(**options):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=20, **options)
    rates = []
    for i in range(20):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if i < 19:
            schedule.step()
    return rates


result = {
    "source": f"computed with PyTorch {torch.__version__}, float64",
    "lbfgs": {
        "plain": lbfgs(lr=0.1, max_iter=10),
        "wolfe": lbfgs(line_search_fn="strong_wolfe", max_iter=8),
        "short history": lbfgs(line_search_fn="strong_wolfe", history_size=2, max_iter=8),
    },
    "oneCycle": {
        "cos": one_cycle(),
        "linear": one_cycle(anneal_strategy="linear", pct_start=0.4),
        "three phases": one_cycle(three_phase=True),
    },
}
path = Path(__file__).resolve().parents[2] / "packages/optim/test/golden/torch.json"
path.write_text(json.dumps(result, indent=1) + "\n")
