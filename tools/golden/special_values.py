"""Golden values of special functions in float64, by 80-digit arithmetic. Run: python3 tools/golden/special_values.py"""
import math
from decimal import Decimal as D

import numpy as np
from encode import write
from special_coefficients import PI, erfcx, scaled_i0

cases = []


def erfc(x):
    d = D(x)
    return float((-d * d).exp() * erfcx(abs(d)) if x >= 0 else 2 - (-d * d).exp() * erfcx(abs(d)))


def gamma_half(a):
    """Γ(a) for whole and half numbers."""
    value, start = (D(1), D(1)) if a == int(a) else (PI.sqrt(), D("0.5"))
    while start < D(a):
        value *= start
        start += 1
    return value


def gammainc(a, x):
    """P(a, x) by its power series, whose terms are positive."""
    if x == 0:
        return 0.0
    total, term, k = D(0), D(1) / D(a), 0
    while term > D(10) ** -70 * max(total, D(1)):
        total += term
        k += 1
        term *= D(x) / (D(a) + k)
    return float((D(a) * D(x).ln() - D(x)).exp() / gamma_half(a) * total)


points = np.array([0, 1e-8, 0.1, 0.5, 0.9, 1, 1.5, 2, 3, 4.5, 6, 8.9, 10, 13, 20, 26])
cases.append(["erfc", [points], np.array([erfc(x) for x in points])])
cases.append(["erfc", [-points], np.array([erfc(-x) for x in points])])
points = np.array([0, 1e-6, 0.5, 1, 3, 7.9, 8, 8.1, 12, 30, 87, 200, 600, 700.0])
cases.append(["i0", [points], np.array([float(scaled_i0(D(x)) * D(x).exp()) for x in points])])
cases.append(["i0", [-points], np.array([float(scaled_i0(D(x)) * D(x).exp()) for x in points])])
pairs = [(a, x) for a in (0.5, 1, 2.5, 7.5, 8, 9.5, 30, 100.5, 400) for x in (0.0, a / 50, a * 0.7, a, a + 1.0, a * 1.3, a * 3)]
a, x = (np.array(column) for column in zip(*pairs))
cases.append(["gammainc", [a, x], np.array([gammainc(*pair) for pair in pairs])])
large = [(a, a + s * math.sqrt(a)) for a in (1500, 4000) for s in (-6, -2, -0.1, 0, 0.1, 1, 4)]
a, x = (np.array(column) for column in zip(*large))
cases.append(["gammainc", [a, x], np.array([gammainc(*pair) for pair in large])])
write("tools/checks/test/ops/golden/special.json", cases, digits=17, wide=True)
