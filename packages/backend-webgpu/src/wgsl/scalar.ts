/**
 * Prints scalar expressions as WGSL: one `let` per distinct node.
 */
import {
  children,
  walk,
  type ArithmeticOp,
  type CompareOp,
  type ComputeDType,
  type DType,
  type Int,
  type Operand,
  type ScalarExpr,
  type UnaryOp,
} from '@dl/tensor/backend';

/** WGSL type of a value in registers. */
export const REGISTER: { readonly [D in ComputeDType]: string } = {
  float32: 'f32',
  float64: 'f64',
  int32: 'i32',
  uint32: 'u32',
  bool: 'bool',
};

/** WGSL type of an element in a buffer: every dtype takes a 32-bit word. */
export function wordOf(dtype: DType): 'f32' | 'i32' | 'u32' {
  if (dtype === 'float32' || dtype === 'float16') return 'f32';
  return dtype === 'uint32' || dtype === 'bool' ? 'u32' : 'i32';
}

/** A run-time integer: a component of the parameter vectors. */
export function intText(value: Int): string {
  if (typeof value === 'number') return value < 0 ? `(${value})` : String(value);
  return `params[${value.param >> 2}].${'xyzw'[value.param & 3]}`;
}

/** What surrounds an expression. */
export interface PrintScope {
  /** Names of the kernel's index along each axis. */
  readonly index: readonly string[];
  readonly operands: readonly Operand[];
  /** Names of stage results. */
  readonly stages: readonly string[];
  /** Name of a buffer's binding. */
  readonly binding: (buffer: number) => string;
  /** Name of a run-time integer that is always 0, which compilers cannot know. */
  readonly zero: string;
  /** Name of the number of the innermost loop's iteration. */
  readonly iteration: string;
  /** Collects the names of helpers that the code calls. */
  readonly helpers: Set<string>;
}

/** The position of an operand's element for coordinates. */
export function address(operand: Operand, coords: readonly string[], { iteration }: PrintScope): string {
  const terms = typeof operand.offset === 'number' && operand.offset === 0 ? [] : [intText(operand.offset)];
  operand.strides.forEach((stride, axis) => {
    if (stride === 0) return;
    terms.push(stride === 1 ? coords[axis]! : `${coords[axis]!} * ${intText(stride)}`);
  });
  if (operand.iterationStride !== undefined) terms.push(`${iteration} * ${intText(operand.iterationStride)}`);
  return terms.length === 0 ? '0' : terms.join(' + ');
}

let nextName = 0;

/** Prints expressions; returns the statements and the name of each root's value. */
export function printExprs(roots: readonly ScalarExpr[], scope: PrintScope): { code: string; values: string[] } {
  const lines: string[] = [];
  const names = new Map<ScalarExpr, string>();
  const known = new Map<string, string>();
  walk(roots, (e) => {
    const text = printNode(
      e,
      children(e).map((child) => names.get(child)!),
      scope,
    );
    let name = known.get(text);
    if (name === undefined) {
      known.set(text, (name = `v${nextName++}`));
      lines.push(`let ${name} = ${text};`);
    }
    names.set(e, name);
  });
  return { code: lines.join('\n'), values: roots.map((root) => names.get(root)!) };
}

function use(scope: PrintScope, helper: string, call: string): string {
  scope.helpers.add(helper);
  return call;
}

function loadText(operand: Operand, coords: readonly string[], scope: PrintScope): string {
  const word = `${scope.binding(operand.buffer)}[${address(operand, coords, scope)}]`;
  return operand.dtype === 'bool' ? `(${word} != 0u)` : word;
}

function printNode(e: ScalarExpr, args: readonly string[], scope: PrintScope): string {
  const [a = '', b = '', c = ''] = args;
  switch (e.kind) {
    case 'const':
      return constantText(e.value, e.dtype, scope);
    case 'param': {
      const word = intText({ param: e.index });
      if (e.dtype === 'bool') return `(${word} != 0)`;
      return e.dtype === 'int32' ? word : `bitcast<${REGISTER[e.dtype]}>(${word})`;
    }
    case 'int':
      return `i32(${intText(e.value)})`;
    case 'load':
      return loadText(scope.operands[e.operand]!, scope.index, scope);
    case 'at':
      return loadText(scope.operands[e.operand]!, args, scope);
    case 'index':
      return scope.index[e.axis]!;
    case 'stage':
      return scope.stages[e.index]!;
    case 'unary':
      return unaryText(e.op, e.dtype, a, scope);
    case 'binary':
      return e.dtype === 'float32' && FOLDED.has(e.op)
        ? binaryText(e.op, e.dtype, hidden(e.a, a, scope), hidden(e.b, b, scope, a === b && e.op !== 'mul'), scope)
        : binaryText(e.op, e.dtype, a, b, scope);
    case 'compare':
      return compareText(e.op, e.a.dtype, a, b, scope);
    case 'select':
      return `select(${c}, ${b}, ${a})`;
    case 'cast':
      return castText(e.x.dtype, e.dtype, a, scope);
    case 'bitcast':
      return `bitcast<${REGISTER[e.dtype]}>(${a})`;
    case 'narrow':
      return narrowText(e.to, a, scope);
    case 'iteration':
      return scope.iteration;
    default:
      return e satisfies never;
  }
}

/** Float operations that shader compilers reassociate and fold as if no operand were NaN, infinite or −0. */
const FOLDED: ReadonlySet<ArithmeticOp> = new Set<ArithmeticOp>(['add', 'sub', 'mul', 'div']);

/**
 * An operand of such an operation, hidden where its origin invites folding: x − x and x × 0 are NaN for an infinite x,
 * and (a + b) − a is not b.
 */
function hidden(e: ScalarExpr, name: string, scope: PrintScope, twin = false): string {
  const special = e.kind === 'const' && (e.value === 0 || !Number.isFinite(Math.fround(e.value)));
  const computed =
    e.kind === 'select' ||
    e.kind === 'cast' ||
    (e.kind === 'unary' && e.op === 'neg') ||
    (e.kind === 'binary' && FOLDED.has(e.op));
  // Twins are hidden differently, or they would still be seen to be equal.
  return special || computed || twin ? `bitcast<f32>(bitcast<i32>(${name}) ${twin ? '+' : '^'} ${scope.zero})` : name;
}

function constantText(value: number, dtype: ComputeDType, scope: PrintScope): string {
  if (dtype === 'bool') return value === 0 ? 'false' : 'true';
  if (dtype === 'uint32') return `${value >>> 0}u`;
  if (dtype === 'int32') return value === -(2 ** 31) ? '(-2147483647 - 1)' : `i32(${value | 0})`;
  const rounded = Math.fround(value);
  if (Number.isNaN(rounded)) return use(scope, 'specials', 'dl_nan()');
  if (rounded === Infinity) return use(scope, 'specials', 'dl_inf()');
  if (rounded === -Infinity) return use(scope, 'specials', '(-dl_inf())');
  const text = Object.is(rounded, -0) ? '-0.0' : String(rounded);
  return rounded < 0 || Object.is(rounded, -0) ? `(${text}f)` : `${text}f`;
}

/** Float operations that are functions of this package. */
const FUNCTIONS: { readonly [op: string]: string } = {
  sqrt: 'dl_sqrt',
  exp: 'dl_exp',
  expm1: 'dl_expm1',
  log: 'dl_log',
  log1p: 'dl_log1p',
  sin: 'dl_sin',
  cos: 'dl_cos',
  tanh: 'dl_tanh',
  asin: 'dl_asin',
  acos: 'dl_acos',
  atan: 'dl_atan',
  erf: 'dl_erf',
  pow: 'dl_pow',
  atan2: 'dl_atan2',
};

function unaryText(op: UnaryOp, dtype: ComputeDType, x: string, scope: PrintScope): string {
  switch (op) {
    case 'neg':
      return dtype === 'uint32' ? `(0u - ${x})` : `(-${x})`;
    case 'abs':
      return dtype === 'uint32' ? x : `abs(${x})`;
    case 'not':
      return dtype === 'bool' ? `(!${x})` : `(~${x})`;
    case 'isNan':
      return use(scope, 'isNan', `dl_is_nan(${x})`);
    case 'sign':
      if (dtype === 'float32') return use(scope, 'sign', `dl_sign(${x})`);
      return dtype === 'uint32' ? `min(${x}, 1u)` : `sign(${x})`;
    case 'floor':
    case 'ceil':
    case 'round':
    case 'trunc':
      return `${op}(${x})`;
    default:
      return use(scope, op, `${FUNCTIONS[op]!}(${x})`);
  }
}

const INFIX: { readonly [K in ArithmeticOp]?: string } = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  and: '&',
  or: '|',
  xor: '^',
};

/** An operation on two values of one type. On bool, sums are `or` and products `and`. */
export function binaryText(op: ArithmeticOp, dtype: ComputeDType, a: string, b: string, scope: PrintScope): string {
  if (dtype === 'bool') {
    if (op === 'and' || op === 'min' || op === 'mul') return `(${a} && ${b})`;
    return op === 'or' || op === 'max' || op === 'add' ? `(${a} || ${b})` : `(${a} != ${b})`;
  }
  const float = dtype === 'float32';
  switch (op) {
    case 'min':
    case 'max':
      return float ? use(scope, op, `dl_${op}(${a}, ${b})`) : `${op}(${a}, ${b})`;
    case 'rem':
    case 'div':
      if (float) return op === 'div' ? `(${a} / ${b})` : use(scope, 'fmod', `dl_fmod(${a}, ${b})`);
      return use(scope, 'integers', `dl_${op}_${REGISTER[dtype]}(${a}, ${b})`);
    case 'pow':
      return float
        ? use(scope, 'pow', `dl_pow(${a}, ${b})`)
        : use(scope, 'integers', `dl_pow_${REGISTER[dtype]}(${a}, ${b})`);
    case 'atan2':
      return use(scope, 'atan2', `dl_atan2(${a}, ${b})`);
    case 'shl':
    case 'shr':
      return `(${a} ${op === 'shl' ? '<<' : '>>'} (bitcast<u32>(${b}) & 31u))`;
    case 'mulHi':
      return use(scope, 'mulHi', `dl_mul_hi(${a}, ${b})`);
    default:
      return `(${a} ${INFIX[op]!} ${b})`;
  }
}

const COMPARE: { readonly [K in CompareOp]: string } = { eq: '==', ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=' };

/** Comparisons of floats go by their bits, because drivers may assume that there is no NaN. */
const FLOAT_COMPARE: { readonly [K in CompareOp]: (a: string, b: string) => string } = {
  eq: (a, b) => `dl_eq(${a}, ${b})`,
  ne: (a, b) => `(!dl_eq(${a}, ${b}))`,
  lt: (a, b) => `dl_lt(${a}, ${b})`,
  le: (a, b) => `dl_le(${a}, ${b})`,
  gt: (a, b) => `dl_lt(${b}, ${a})`,
  ge: (a, b) => `dl_le(${b}, ${a})`,
};
const COMPARE_HELPER = { eq: 'eq', ne: 'eq', lt: 'lt', le: 'le', gt: 'lt', ge: 'le' } as const;

/** A comparison as IEEE says, false where an operand is NaN, except for `ne`. */
export function compareText(op: CompareOp, dtype: ComputeDType, a: string, b: string, scope: PrintScope): string {
  if (dtype === 'float32') return use(scope, COMPARE_HELPER[op], FLOAT_COMPARE[op](a, b));
  if (dtype === 'bool' && op !== 'eq' && op !== 'ne') return `(u32(${a}) ${COMPARE[op]} u32(${b}))`;
  return `(${a} ${COMPARE[op]} ${b})`;
}

function castText(from: ComputeDType, to: ComputeDType, x: string, scope: PrintScope): string {
  if (to === 'bool') {
    return from === 'float32' ? use(scope, 'isZero', `(!dl_is_zero(${x}))`) : `(${x} != ${REGISTER[from]}(0))`;
  }
  if (from === 'float32' && to !== 'float32') return use(scope, 'toInt', `dl_to_${REGISTER[to]}(${x})`);
  return `${REGISTER[to]}(${x})`;
}

function narrowText(to: Extract<ScalarExpr, { kind: 'narrow' }>['to'], x: string, scope: PrintScope): string {
  switch (to) {
    case 'float16':
      return use(scope, 'half', `dl_half(${x})`);
    case 'int16':
      return `((${x} << 16u) >> 16u)`;
    case 'int8':
      return `((${x} << 24u) >> 24u)`;
    case 'uint16':
      return `(${x} & 0xffff)`;
    case 'uint8':
      return `(${x} & 0xff)`;
    default:
      return to satisfies never;
  }
}

/** The statement that stores a value, rounding or wrapping it to the buffer's dtype. */
export function storeText(operand: Operand, coords: readonly string[], value: string, scope: PrintScope): string {
  const { dtype } = operand;
  const word =
    dtype === 'bool'
      ? `select(0u, 1u, ${value})`
      : dtype === 'float32' || dtype === 'int32' || dtype === 'uint32' || dtype === 'float64'
        ? value
        : narrowText(dtype, value, scope);
  return `${scope.binding(operand.buffer)}[${address(operand, coords, scope)}] = ${word};`;
}
