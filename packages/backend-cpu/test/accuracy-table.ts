/**
 * What the float32 functions are measured against: the exact function in float64, where it is sampled, and the largest
 * error in units of the last place (ulp) that it may have.
 */
import { binary, unary, type ArithmeticOp, type ScalarExpr, type UnaryOp } from '@dl/tensor/backend';
import { OPS } from '@dl/tensor/interpreter';

type E = ScalarExpr;

export interface Row {
  readonly expr: (x: E) => E;
  readonly exact: (x: number) => number;
  /** Intervals that are sampled besides all magnitudes of both signs; those of one number were the worst once. */
  readonly near: readonly (readonly [low: number, high: number])[];
  readonly ulp: number;
}

/** erf in float64: a series of positive terms, relative error about 1e-15. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (!(a < 6.5)) return Number.isNaN(x) ? NaN : Math.sign(x);
  let [term, sum] = [a, a];
  for (let n = 1; term > 1e-18 * sum; n++) sum += term *= (2 * a * a) / (2 * n + 1);
  const value = (2 / Math.sqrt(Math.PI)) * Math.exp(-a * a) * sum;
  return x < 0 || Object.is(x, -0) ? -value : value;
}

const node = (op: UnaryOp) => (x: E) => unary(op, x);
const row = (name: 'rsqrt' | 'tan' | 'sinh' | 'cosh' | 'asinh' | 'acosh' | 'atanh' | 'logistic') => (x: E) => {
  const op = OPS[name];
  if (op.kind !== 'elementwise') throw new TypeError(`${name} is no scalar expression`);
  const aval = { shape: [], dtype: 'float32' } as const;
  return op.expr([x], {}, aval, [aval]);
};

/** Functions of one argument; the last ones are expressions of several nodes. */
export const UNARY: { readonly [name: string]: Row } = {
  exp: {
    expr: node('exp'),
    exact: Math.exp,
    near: [
      [-104, 89],
      [-88, -86],
      [88, 89],
    ],
    ulp: 2,
  },
  expm1: {
    expr: node('expm1'),
    exact: Math.expm1,
    near: [
      [-20, 89],
      [-1, 1],
    ],
    ulp: 2,
  },
  log: {
    expr: node('log'),
    exact: Math.log,
    near: [
      [0.4, 2.5],
      [0.99, 1.01],
    ],
    ulp: 2,
  },
  log1p: {
    expr: node('log1p'),
    exact: Math.log1p,
    near: [
      [-1, 2],
      [-0.01, 0.01],
    ],
    ulp: 2,
  },
  sqrt: { expr: node('sqrt'), exact: Math.sqrt, near: [[0, 10]], ulp: 0.5 },
  tanh: {
    expr: node('tanh'),
    exact: Math.tanh,
    near: [
      [-10, 10],
      [-1, 1],
    ],
    ulp: 2,
  },
  sin: {
    expr: node('sin'),
    exact: Math.sin,
    near: [
      [-10, 10],
      [-1e6, 1e6],
    ],
    ulp: 2,
  },
  cos: {
    expr: node('cos'),
    exact: Math.cos,
    near: [
      [-10, 10],
      [-1e6, 1e6],
    ],
    ulp: 2,
  },
  asin: {
    expr: node('asin'),
    exact: Math.asin,
    near: [
      [0.8414314985275269, 0.8414314985275269],
      [-1, 1],
      [0.999, 1],
    ],
    ulp: 2,
  },
  acos: {
    expr: node('acos'),
    exact: Math.acos,
    near: [
      [-1, 1],
      [0.999, 1],
    ],
    ulp: 2,
  },
  atan: { expr: node('atan'), exact: Math.atan, near: [[-5, 5]], ulp: 2 },
  erf: {
    expr: node('erf'),
    exact: erf,
    near: [
      [-5, 5],
      [-1, 1],
    ],
    ulp: 2,
  },
  rsqrt: { expr: row('rsqrt'), exact: (x) => 1 / Math.sqrt(x), near: [[0, 10]], ulp: 2 },
  tan: {
    expr: row('tan'),
    exact: Math.tan,
    near: [
      [-10, 10],
      [-1e6, 1e6],
    ],
    ulp: 4,
  },
  sinh: {
    expr: row('sinh'),
    exact: Math.sinh,
    near: [
      [54.7584114074707, 54.7584114074707],
      [-90, 90],
      [-2, 2],
    ],
    ulp: 3,
  },
  cosh: {
    expr: row('cosh'),
    exact: Math.cosh,
    near: [
      [6.215331077575684, 6.215331077575684],
      [-90, 90],
      [-2, 2],
    ],
    ulp: 3,
  },
  asinh: { expr: row('asinh'), exact: Math.asinh, near: [[-5, 5]], ulp: 2 },
  acosh: {
    expr: row('acosh'),
    exact: Math.acosh,
    near: [
      [1.0075474977493286, 1.0075474977493286],
      [1, 5],
    ],
    ulp: 3,
  },
  atanh: {
    expr: row('atanh'),
    exact: Math.atanh,
    near: [
      [0.1157664954662323, 0.1157664954662323],
      [-1, 1],
    ],
    ulp: 2,
  },
  sigmoid: {
    expr: row('logistic'),
    exact: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    near: [
      [-104, 20],
      [-3, 3],
    ],
    ulp: 3,
  },
};

export interface BinaryRow {
  readonly op: ArithmeticOp;
  readonly exact: (a: number, b: number) => number;
  readonly near: readonly (readonly [a: readonly [number, number], b: readonly [number, number]])[];
  readonly ulp: number;
}

/** IEEE 754 power. */
export function power(a: number, b: number): number {
  return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
}

export const BINARY: { readonly [name: string]: BinaryRow } = {
  pow: {
    op: 'pow',
    exact: power,
    near: [
      [
        [0, 10],
        [-20, 20],
      ],
      [
        [0.9, 1.1],
        [-900, 900],
      ],
      [
        [-5, 5],
        [-3, 3],
      ],
    ],
    ulp: 2,
  },
  atan2: {
    op: 'atan2',
    exact: Math.atan2,
    near: [
      [
        [-1, 1],
        [-1, 1],
      ],
      [
        [-1e-30, 1e-30],
        [-1, 1],
      ],
    ],
    ulp: 2,
  },
  rem: {
    op: 'rem',
    exact: (a, b) => a % b,
    near: [
      [
        [-100, 100],
        [-5, 5],
      ],
      [
        [-1e9, 1e9],
        [-5, 5],
      ],
    ],
    ulp: 0,
  },
};

export const binaryExpr = ({ op }: BinaryRow, a: E, b: E): E => binary(op, a, b);
