/**
 * How a transform of one length is computed, and the tables of numbers it needs. Lengths are split into factors (J. Cooley,
 * J. Tukey, 1965), each of which is one product with a small Fourier matrix; lengths with a large prime factor become
 * convolutions with a chirp of a length that splits (L. Bluestein, 1970).
 */
import type { Backend } from '../../backend/backend.ts';
import type { DType } from '../../dtype.ts';
import { sizeOf, type Shape } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';

/** A step, what follows it, and how many tables both take. */
export type Plan =
  | { readonly kind: 'direct'; readonly n: number }
  | { readonly kind: 'split'; readonly n: number; readonly first: number; readonly rest: Plan }
  | { readonly kind: 'chirp'; readonly n: number; readonly length: number; readonly inner: Plan };

/** Factors up to here are one product. */
const MOST = 32;
/** Lengths without such factors are one product up to here. */
const MOST_PRIME = 64;

/** The divisor to begin with: so that there are few factors, and of much the same size. */
function firstFactor(n: number): number {
  const steps = Math.ceil(Math.log(n) / Math.log(MOST) - 1e-9);
  const ideal = n ** (1 / steps);
  let best = 1;
  for (let d = 2; d <= MOST; d++) {
    if (n % d === 0 && Math.abs(Math.log(d / ideal)) < Math.abs(Math.log(best / ideal))) best = d;
  }
  return best;
}

export function planOf(n: number): Plan {
  if (n <= MOST) return { kind: 'direct', n };
  const first = firstFactor(n);
  if (first > 1) return { kind: 'split', n, first, rest: planOf(n / first) };
  if (n <= MOST_PRIME) return { kind: 'direct', n };
  const length = 2 ** Math.ceil(Math.log2(2 * n - 1));
  return { kind: 'chirp', n, length, inner: planOf(length) };
}

/** Row-major numbers with a shape. */
interface Table {
  readonly key: string;
  readonly shape: Shape;
  readonly values: () => Float64Array;
}

/** cos and sin of −2π·k/n, with k made small first. */
function root(k: number, n: number): readonly [number, number] {
  const angle = (-2 * Math.PI * (k % n)) / n;
  return [Math.cos(angle), Math.sin(angle)];
}

/** [[F, G], [−G, F]] for the Fourier matrix F + iG: a real matrix that rows of real and imaginary parts go through. */
function fourierMatrix(n: number): Table {
  return {
    key: `fourier ${n}`,
    shape: [2 * n, 2 * n],
    values: () => {
      const m = new Float64Array(4 * n * n);
      for (let j = 0; j < n; j++) {
        for (let k = 0; k < n; k++) {
          const [re, im] = root(j * k, n);
          m[2 * n * j + k] = m[2 * n * (n + j) + n + k] = re;
          m[2 * n * j + n + k] = im;
          m[2 * n * (n + j) + k] = -im;
        }
      }
      return m;
    },
  };
}

/** Complex factors z as the rows Re z, −Im z, Im z: see `rotate` in `dft.ts`. */
function factors(key: string, shape: Shape, at: (i: number) => readonly [number, number]): Table {
  return {
    key,
    shape: [3, ...shape],
    values: () => {
      const size = sizeOf(shape);
      const table = new Float64Array(3 * size);
      for (let i = 0; i < size; i++) {
        const [re, im] = at(i);
        table[i] = re;
        table[size + i] = -im;
        table[2 * size + i] = im;
      }
      return table;
    },
  };
}

const chirp = (k: number, n: number): readonly [number, number] => root(k * k, 2 * n);

/** The spectrum of the conjugate chirp around 0, divided by the length. */
function chirpSpectrum(n: number, length: number): Table {
  let spectrum: readonly [Float64Array, Float64Array] | null = null;
  const compute = (): readonly [Float64Array, Float64Array] => {
    const [re, im] = [new Float64Array(length), new Float64Array(length)];
    for (let k = 0; k < n; k++) {
      const [c, s] = chirp(k, n);
      re[k] = re[(length - k) % length] = c / length;
      im[k] = im[(length - k) % length] = -s / length;
    }
    transformOnHost(re, im);
    return [re, im];
  };
  return factors(`spectrum ${n}`, [length], (i) => {
    spectrum ??= compute();
    return [spectrum[0][i]!, spectrum[1][i]!];
  });
}

/** The transform of a length that is a power of two, in place. */
function transformOnHost(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) [re[i], re[j], im[i], im[j]] = [re[j]!, re[i]!, im[j]!, im[i]!];
  }
  for (let half = 1; half < n; half *= 2) {
    for (let k = 0; k < half; k++) {
      const [c, s] = root(k, 2 * half);
      for (let i = k; i < n; i += 2 * half) {
        const j = i + half;
        const [x, y] = [re[j]! * c - im[j]! * s, re[j]! * s + im[j]! * c];
        [re[j], im[j]] = [re[i]! - x, im[i]! - y];
        re[i]! += x;
        im[i]! += y;
      }
    }
  }
}

/** The tables of a plan, in the order in which its steps take them. */
function tablesOf(plan: Plan): readonly Table[] {
  const { n } = plan;
  switch (plan.kind) {
    case 'direct':
      return [fourierMatrix(n)];
    case 'split': {
      const { first, rest } = plan;
      const turns = factors(`turns ${n} ${first}`, [first, rest.n], (i) =>
        root(Math.floor(i / rest.n) * (i % rest.n), n),
      );
      return [fourierMatrix(first), turns, ...tablesOf(rest)];
    }
    case 'chirp':
      return [factors(`chirp ${n}`, [n], (k) => chirp(k, n)), chirpSpectrum(n, plan.length), ...tablesOf(plan.inner)];
  }
}

/** Tables that are kept per backend, and how many. */
const KEPT = 64;
const kept = /* @__PURE__ */ new WeakMap<Backend, Map<string, Tensor>>();

/** The tables of a plan as tensors on a backend; made once, as long as there are not too many. */
export function tableTensors(plan: Plan, dtype: DType, backend: Backend): readonly Tensor[] {
  let own = kept.get(backend);
  if (!own) kept.set(backend, (own = new Map<string, Tensor>()));
  return tablesOf(plan).map(({ key, shape, values }) => {
    const id = `${key} ${dtype}`;
    let table = own.get(id);
    if (!table) {
      // A handle that no scope frees.
      table = Tensor.fromValues(values(), shape, dtype, backend).share();
      if (own.size >= KEPT) own.clear();
      own.set(id, table);
    }
    return table;
  });
}
