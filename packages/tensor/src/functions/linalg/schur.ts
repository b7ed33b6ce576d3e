/**
 * Eigenvalues and eigenvectors of a general real matrix on the host, in float64: Householder reflections to Hessenberg form,
 * then the complex QR iteration with Wilkinson's shifts (G. Golub, C. Van Loan, Matrix Computations, chapter 7).
 */

/** A complex square matrix, row-major. */
interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Eigenvalues, and unit eigenvectors in columns. */
export interface Eigen {
  readonly values: Complex;
  readonly vectors: Complex;
}

/** Brings `h` to Hessenberg form Qᵀ·H·Q in place and returns Q. */
function toHessenberg(h: Float64Array, n: number): Float64Array {
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  for (let k = 0; k + 2 < n; k++) {
    let top = 0;
    for (let i = k + 1; i < n; i++) top = Math.max(top, Math.abs(h[i * n + k]!));
    const v = new Float64Array(n);
    let length = 0;
    for (let i = k + 1; i < n; i++) length += (v[i] = h[i * n + k]! / (top || 1)) ** 2;
    if (length === v[k + 1]! ** 2) continue;
    v[k + 1]! += Math.sign(v[k + 1]! || 1) * Math.sqrt(length);
    let square = 0;
    for (let i = k + 1; i < n; i++) square += v[i]! ** 2;
    /** Reflects the vector whose elements lie `step` apart from `start` on. */
    const reflect = (x: Float64Array, start: number, step: number): void => {
      let dot = 0;
      for (let i = k + 1; i < n; i++) dot += v[i]! * x[start + i * step]!;
      dot *= 2 / square;
      for (let i = k + 1; i < n; i++) x[start + i * step]! -= dot * v[i]!;
    };
    for (let j = 0; j < n; j++) reflect(h, j, n);
    for (let i = 0; i < n; i++) {
      reflect(h, i * n, 1);
      reflect(q, i * n, 1);
    }
  }
  return q;
}

/** x' = x·c + y·s and y' = −x·s̄ + y·c̄ on `count` pairs of elements. */
function rotate(
  { re, im }: Complex,
  x: number,
  y: number,
  step: number,
  count: number,
  [cr, ci, sr, si]: readonly [number, number, number, number],
): void {
  for (let i = 0; i < count; i++, x += step, y += step) {
    const [xr, xi, yr, yi] = [re[x]!, im[x]!, re[y]!, im[y]!];
    re[x] = xr * cr - xi * ci + yr * sr - yi * si;
    im[x] = xr * ci + xi * cr + yr * si + yi * sr;
    re[y] = -(xr * sr + xi * si) + yr * cr + yi * ci;
    im[y] = -(xi * sr - xr * si) + yi * cr - yr * ci;
  }
}

/** The square root with a real part that is not negative. */
function complexRoot(re: number, im: number): [number, number] {
  const size = Math.hypot(re, im);
  const a = Math.sqrt((size + Math.abs(re)) / 2);
  if (a === 0) return [0, 0];
  const b = Math.abs(im) / (2 * a);
  const sign = im < 0 ? -1 : 1;
  return re >= 0 ? [a, sign * b] : [b, sign * a];
}

function quotient(ar: number, ai: number, br: number, bi: number): [number, number] {
  const size = Math.max(Math.abs(br), Math.abs(bi));
  const [r, i] = [br / size, bi / size];
  const square = (r * r + i * i) * size;
  return [(ar * r + ai * i) / square, (ai * r - ar * i) / square];
}

/** The eigenvalue of the 2 × 2 block that ends at `k` which is nearest its last element. */
function wilkinsonShift({ re, im }: Complex, n: number, k: number): [number, number] {
  const [a, b, c, d] = [(k - 1) * n + k - 1, (k - 1) * n + k, k * n + k - 1, k * n + k];
  const [hr, hi] = [(re[a]! - re[d]!) / 2, (im[a]! - im[d]!) / 2];
  const product = [re[b]! * re[c]! - im[b]! * im[c]!, re[b]! * im[c]! + im[b]! * re[c]!] as const;
  let [rr, ri] = complexRoot(hr * hr - hi * hi + product[0], 2 * hr * hi + product[1]);
  if (hr * rr + hi * ri < 0) [rr, ri] = [-rr, -ri];
  if (hr + rr === 0 && hi + ri === 0) return [re[d]!, im[d]!];
  // d − bc/(h + √(h² + bc)), without cancellation.
  const [qr, qi] = quotient(product[0], product[1], hr + rr, hi + ri);
  return [re[d]! - qr, im[d]! - qi];
}

/** Makes the Hessenberg matrix `t` triangular, and keeps z·t·zᴴ as it is. False where the iteration does not end. */
function toTriangle(t: Complex, z: Complex, n: number): boolean {
  const { re, im } = t;
  const size = (i: number): number => Math.abs(re[i]!) + Math.abs(im[i]!);
  let tries = 0;
  for (let high = n - 1; high > 0;) {
    let low = high;
    while (low > 0) {
      const below = low * n + low - 1;
      if (size(below) <= Number.EPSILON * (size(below - n) + size(below + 1))) {
        re[below] = im[below] = 0;
        break;
      }
      low--;
    }
    if (low === high) {
      high--;
      tries = 0;
      continue;
    }
    if (!(++tries <= 300)) return false;
    const odd = tries % 10 === 0;
    const [sr, si] = odd ? [re[high * n + high]! + size(high * n + high - 1), 0] : wilkinsonShift(t, n, high);
    for (let k = low; k <= high; k++) {
      re[k * n + k]! -= sr;
      im[k * n + k]! -= si;
    }
    const turns: (readonly [number, number, number, number])[] = [];
    for (let k = low; k < high; k++) {
      const [i, j] = [k * n + k, (k + 1) * n + k];
      const r = Math.hypot(re[i]!, im[i]!, re[j]!, im[j]!) || 1;
      const turn = [re[i]! / r, im[i]! / r, re[j]! / r, im[j]! / r] as const;
      turns.push(r === 1 && size(i) + size(j) === 0 ? [1, 0, 0, 0] : turn);
      const [cr, ci, ur, ui] = turns.at(-1)!;
      // From the left it is the conjugate: x' = c̄x + s̄y, y' = −sx + cy.
      rotate(t, i, j, 1, n - k, [cr, -ci, ur, -ui]);
    }
    turns.forEach((turn, index) => {
      const k = low + index;
      rotate(t, k, k + 1, n, Math.min(k + 2, high + 1), turn);
      rotate(z, k, k + 1, n, n, turn);
    });
    for (let k = low; k <= high; k++) {
      re[k * n + k]! += sr;
      im[k * n + k]! += si;
    }
  }
  return true;
}

/** Eigenvectors of a triangle by substitution, then turned back by z and made of length 1. */
function vectorsOf(t: Complex, z: Complex, n: number): Complex {
  const norm = t.re.reduce((top, x, i) => Math.max(top, Math.abs(x), Math.abs(t.im[i]!)), 0);
  const least = Number.EPSILON * norm || Number.MIN_VALUE;
  const result = { re: new Float64Array(n * n), im: new Float64Array(n * n) };
  for (let k = 0; k < n; k++) {
    const [yr, yi] = [new Float64Array(n), new Float64Array(n)];
    yr[k] = 1;
    for (let i = k - 1; i >= 0; i--) {
      let [sr, si] = [0, 0];
      for (let j = i + 1; j <= k; j++) {
        const at = i * n + j;
        sr += t.re[at]! * yr[j]! - t.im[at]! * yi[j]!;
        si += t.re[at]! * yi[j]! + t.im[at]! * yr[j]!;
      }
      let dr = t.re[k * n + k]! - t.re[i * n + i]!;
      const di = t.im[k * n + k]! - t.im[i * n + i]!;
      if (Math.abs(dr) + Math.abs(di) < least) dr = least;
      [yr[i], yi[i]] = quotient(sr, si, dr, di);
      const size = Math.max(Math.abs(yr[i]!), Math.abs(yi[i]!));
      if (size > 1e100) for (let j = i; j <= k; j++) [yr[j], yi[j]] = [yr[j]! / size, yi[j]! / size];
    }
    let square = 0;
    for (let i = 0; i < n; i++) {
      let [vr, vi] = [0, 0];
      for (let j = 0; j <= k; j++) {
        const at = i * n + j;
        vr += z.re[at]! * yr[j]! - z.im[at]! * yi[j]!;
        vi += z.re[at]! * yi[j]! + z.im[at]! * yr[j]!;
      }
      [result.re[i * n + k], result.im[i * n + k]] = [vr, vi];
      square += vr * vr + vi * vi;
    }
    turnReal(result, n, k, Math.sqrt(square));
  }
  return result;
}

/** Divides a column by its length, and by the phase of its largest element, so that real vectors become real. */
function turnReal({ re, im }: Complex, n: number, k: number, length: number): void {
  let best = k;
  for (let at = k; at < n * n; at += n) {
    if (Math.hypot(re[at]!, im[at]!) > Math.hypot(re[best]!, im[best]!)) best = at;
  }
  const size = Math.hypot(re[best]!, im[best]!) || 1;
  const [cr, ci] = [re[best]! / size / length, -im[best]! / size / length];
  for (let at = k; at < n * n; at += n) {
    [re[at], im[at]] = [re[at]! * cr - im[at]! * ci, re[at]! * ci + im[at]! * cr];
  }
}

/**
 * Eigenvalues and eigenvectors of one matrix. Imaginary parts within rounding of 0 are 0. NaN everywhere where elements are
 * not finite or the iteration does not end.
 */
export function eigenOf(matrix: Float64Array, n: number): Eigen {
  const t = { re: Float64Array.from(matrix), im: new Float64Array(n * n) };
  const z = { re: toHessenberg(t.re, n), im: new Float64Array(n * n) };
  const norm = Math.sqrt(matrix.reduce((sum, x) => sum + x * x, 0));
  if (!toTriangle(t, z, n) || !Number.isFinite(norm)) {
    const nan = (count: number): Complex => ({
      re: new Float64Array(count).fill(NaN),
      im: new Float64Array(count).fill(NaN),
    });
    return { values: nan(n), vectors: nan(n * n) };
  }
  const vectors = vectorsOf(t, z, n);
  const diagonal = (x: Float64Array): Float64Array => Float64Array.from({ length: n }, (_, i) => x[i * n + i]!);
  const values = { re: diagonal(t.re), im: diagonal(t.im) };
  values.im.forEach((x, k) => {
    if (Math.abs(x) > 8 * n * Number.EPSILON * norm) return;
    values.im[k] = 0;
    for (let at = k; at < n * n; at += n) if (Math.abs(vectors.im[at]!) < 1e-8) vectors.im[at] = 0;
  });
  return { values, vectors };
}
