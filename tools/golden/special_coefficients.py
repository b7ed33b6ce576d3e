"""Chebyshev coefficients of erfc and i0 in packages/tensor/src/functions/special.ts, by 80-digit arithmetic.

Run: python3 tools/golden/special_coefficients.py
"""
from decimal import Decimal as D, getcontext

getcontext().prec = 80


def arctan_inverse(n):
    total, term, k = D(0), D(1) / n, 0
    while abs(term) > D(10) ** -85:
        total += term / (2 * k + 1) if k % 2 == 0 else -term / (2 * k + 1)
        term /= n * n
        k += 1
    return total


PI = 4 * (4 * arctan_inverse(5) - arctan_inverse(239))


def cos(x):
    x = x % (2 * PI)
    total, term, k = D(0), D(1), 0
    while abs(term) > D(10) ** -85:
        total += term
        k += 2
        term *= -x * x / (k * (k - 1))
    return total


def chebyshev(f, count, keep=D(10) ** -18):
    """f(u) = c0/2 + Σ ck·Tk(u) on [−1, 1]; coefficients below `keep` are left out."""
    nodes = [PI * (2 * j + 1) / (2 * count) for j in range(count)]
    values = [f(cos(theta)) for theta in nodes]
    result = [2 * sum(v * cos(k * t) for v, t in zip(values, nodes)) / count for k in range(count)]
    while abs(result[-1]) < keep:
        result.pop()
    return result


def erfcx(x):
    """e^(x²)·erfc(x): by the series of erf below 9, by the continued fraction of Laplace above."""
    if x < 9:
        total, term, n = D(0), x, 0
        while term > D(10) ** -90 * max(total, D(1)):
            total += term
            n += 1
            term *= 2 * x * x / (2 * n + 1)
        return (x * x).exp() - 2 / PI.sqrt() * total
    tail = x
    for k in range(400, 0, -1):
        tail = x + D(k) / 2 / tail
    return 1 / (PI.sqrt() * tail)


def scaled_i0(x):
    """e^(−x)·I₀(x): by the power series below 120, by the asymptotic one above."""
    total, term, k = D(0), D(1), 0
    if x < 120:
        while term > D(10) ** -90 * max(total, D(1)):
            total += term
            k += 1
            term *= x * x / (4 * k * k)
        return total * (-x).exp()
    while True:
        total += term
        k += 1
        following = term * (2 * k - 1) ** 2 / (8 * k * x)
        if following >= term or following < D(10) ** -85:
            return total / (2 * PI * x).sqrt()
        term = following


def show(name, coefficients):
    print(name, len(coefficients))
    print(", ".join(repr(float(c)) for c in coefficients))


if __name__ == "__main__":
    K = D("3.75")
    show("erfc: (1 + 2x)·e^(x²)·erfc(x), u = (x − 3.75)/(x + 3.75)", chebyshev(lambda u: (1 + 2 * K * (1 + u) / (1 - u)) * erfcx(K * (1 + u) / (1 - u)), 60))
    show("i0 to 8: e^(−x)·I₀(x), u = x/4 − 1", chebyshev(lambda u: scaled_i0(4 * (u + 1)), 50))
    show("i0 from 8: √x·e^(−x)·I₀(x), u = 16/x − 1", chebyshev(lambda u: (16 / (u + 1)).sqrt() * scaled_i0(16 / (u + 1)), 50))
