/**
 * Functions of each element.
 */
import * as ops from '@dl/tensor/ops';
import {
  casesOf,
  exactly,
  flags,
  positive,
  real,
  whole,
  within,
  type Case,
  type CaseOptions,
  type Input,
} from '../case.ts';

const on = casesOf(ops);
const X = real([2, 3], 1.4);

type Unary = (x: Parameters<typeof ops.abs>[0]) => ReturnType<typeof ops.abs>;
type UnaryName = { [K in keyof typeof ops]: (typeof ops)[K] extends Unary ? K : never }[keyof typeof ops];
type BinaryName = { [K in keyof typeof ops]: (typeof ops)[K] extends typeof ops.add ? K : never }[keyof typeof ops];

const unary = (input: Input, names: readonly UnaryName[], options: CaseOptions = {}): Case[] =>
  names.map((name) => on(name, (f, x) => (f as Unary)(x), [input], options));
const binary = (a: Input, b: Input, names: readonly BinaryName[], options: CaseOptions = {}): Case[] =>
  names.map((name) => on(name, (f, x, y) => (f as typeof ops.add)(x, y), [a, b], options));

export const ELEMENTWISE: readonly Case[] = [
  ...unary(X, ['neg', 'abs', 'sign', 'floor', 'ceil', 'round', 'trunc', 'square', 'exp', 'expm1', 'exp2']),
  ...unary(X, [
    'sin',
    'cos',
    'sinh',
    'cosh',
    'tanh',
    'asinh',
    'atan',
    'erf',
    'erfc',
    'sigmoid',
    'relu',
    'cbrt',
    'sinc',
    'i0',
  ]),
  ...unary(within([2, 3], -1, 1), ['asin', 'acos', 'atanh', 'tan', 'erfInv']),
  ...unary(positive([2, 3]), ['sqrt', 'rsqrt', 'log', 'log1p', 'log2', 'log10', 'reciprocal']),
  ...unary(within([2, 3], 1.1, 4), ['acosh']),
  ...unary(X, ['angle', 'conj', 'imag', 'real', 'deg2rad', 'rad2deg', 'fabs', 'signbit', 'copy', 'nanToNum']),
  ...unary(exactly([1, NaN, Infinity, -Infinity, 0, -2], 'float'), [
    'isNan',
    'isInf',
    'isFinite',
    'isNegInf',
    'isPosInf',
    'isReal',
  ]),
  ...unary(whole([2, 3], -9, 9), ['bitwiseNot']),
  ...unary(flags([2, 3]), ['logicalNot']),
  ...unary(X, [
    'celu',
    'elu',
    'gelu',
    'hardShrink',
    'hardSigmoid',
    'hardSilu',
    'hardTanh',
    'leakyRelu',
    'logSigmoid',
    'mish',
  ]),
  ...unary(X, [
    'relu6',
    'selu',
    'silu',
    'softplus',
    'softShrink',
    'softsign',
    'sparsePlus',
    'sparseSigmoid',
    'squareplus',
  ]),
  ...unary(X, ['tanhShrink', 'threshold']),
  ...binary(X, real([3]), [
    'add',
    'sub',
    'mul',
    'maximum',
    'minimum',
    'fmax',
    'fmin',
    'hypot',
    'logAddExp',
    'logAddExp2',
  ]),
  ...binary(X, positive([3]), ['div', 'atan2', 'floorDiv', 'mod', 'fmod', 'divideNoNan', 'heaviside']),
  ...binary(positive([2, 3]), real([3]), ['pow']),
  ...binary(X, X, ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual']),
  ...binary(flags([2, 3]), flags([3]), ['logicalAnd', 'logicalOr', 'logicalXor']),
  ...binary(whole([2, 3], -9, 9), whole([3], -9, 9), ['bitwiseAnd', 'bitwiseOr', 'bitwiseXor']),
  ...binary(whole([2, 3], 1, 40), whole([3], 1, 40), ['gcd', 'lcm']),
  ...binary(whole([2, 3], -9, 9), whole([3], 0, 5), ['leftShift', 'rightShift']),
  ...binary(X, whole([3], -2, 3), ['ldexp']),
  on('stopGradient', (f, x) => f(x), [X], { derivative: 'stops derivatives: they are 0 whatever the slope' }),
  on('nextafter', (f, x) => f(x.cast('float32'), 3), [X], { derivative: 'moves to the next float: a step function' }),
  on('isClose', (f, x, y) => f(x, y, { atol: 0.8 }), [X, X]),
  on('allclose', (f, x, y) => f(x, y, { atol: 0.8 }), [X, X]),
  on('clip', (f, x, y) => f(x, y, 0.9), [X, real([3], 0.2, -0.5)]),
  on('cast', (f, x) => [f(x, 'int32'), f(x, x.dtype)], [X]),
  on('saturateCast', (f, x) => f(x, 'int8'), [real([2, 3], 200)]),
  on('view', (f, x) => f(x.cast('float32'), 'int32'), [X]),
  // It has a derivative by x alone: the order is a tensor of a fixed dtype, and so no variable.
  on('gammainc', (f, a, x) => f(a, x), [{ ...positive([2, 3]), dtype: 'float32' }, positive([3])]),
];
