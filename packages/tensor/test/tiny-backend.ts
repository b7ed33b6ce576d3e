/**
 * A whole further backend: map and reduce printed as JavaScript, buffers kept apart, no synchronous reads, sizes immediate.
 */
import { byteWidth, children, FLOAT_UNARY, legalize, splitWide, viewBytes, walk } from '@dl/tensor/backend';
import type {
  Backend,
  Buffer,
  DType,
  Kernel,
  Operand,
  Output,
  Program,
  ScalarExpr,
  TypedArray,
} from '@dl/tensor/backend';
import { compileFunction } from 'node:vm';

type Bytes = Buffer & { readonly data: Uint8Array<ArrayBuffer> };

const scratch = new DataView(new ArrayBuffer(8));
/** What the printed code may call. */
const HELPERS = {
  erf: FLOAT_UNARY.erf,
  sign: Math.sign,
  round: (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
  pow: (a: number, b: number): number => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b),
  ipow: (a: number, b: number): number => {
    if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 ? -1 : 1) : 0;
    let result = 1;
    for (let n = b, base = a; n > 0; n = Math.floor(n / 2), base = Math.imul(base, base))
      if (n % 2) result = Math.imul(result, base);
    return result;
  },
  saturate: (x: number, low: number, high: number): number =>
    Number.isNaN(x) ? 0 : Math.min(high, Math.max(low, Math.trunc(x))),
  mulHi: (a: number, b: number): number => Number((BigInt(a) * BigInt(b)) >> 32n),
  bits: (x: number, from: string, to: string): number => {
    if (from === 'float32') scratch.setFloat32(0, x);
    else scratch.setInt32(0, x);
    return to === 'float32' ? scratch.getFloat32(0) : to === 'int32' ? scratch.getInt32(0) : scratch.getUint32(0);
  },
};
const wrap = (text: string, dtype: string): string =>
  dtype === 'int32' ? `((${text})|0)` : dtype === 'uint32' ? `((${text})>>>0)` : `(${text})`;
const at = ({ offset, strides }: Operand, index: readonly string[]): string =>
  [offset as number, ...strides.map((stride, axis) => `${index[axis]}*${stride as number}`)].join('+');
const read = (operand: Operand, index: readonly string[]): string => {
  const element = `b${operand.buffer}[${at(operand, index)}]`;
  return operand.dtype === 'bool' ? `+(${element}!==0)` : element;
};
const MATH = 'abs floor ceil trunc sqrt exp expm1 log log1p sin cos tanh asin acos atan'.split(' ');
const SIGNS = { add: '+', sub: '-', mul: '*', div: '/', rem: '%', and: '&', or: '|', xor: '^', shl: '<<', shr: '>>' };
const INFIX = SIGNS as Record<string, string>;
const COMPARE = { eq: '===', ne: '!==', lt: '<', le: '<=', gt: '>', ge: '>=' };
function binary(op: string, dtype: string, a: string, b: string): string {
  const float = dtype === 'float32';
  if (op === 'min' || op === 'max' || op === 'atan2') return `Math.${op}(${a},${b})`;
  if (op === 'pow') return float ? `h.pow(${a},${b})` : wrap(`h.ipow(${a},${b})`, dtype);
  if (op === 'mulHi') return `h.mulHi(${a},${b})`;
  if (op === 'mul' && !float) return wrap(`Math.imul(${a},${b})`, dtype);
  if (op === 'shr' && dtype === 'uint32') return `(${a}>>>${b})`;
  if ((op === 'div' || op === 'rem') && !float)
    return `(${b}===0?0:${wrap(`Math.trunc(${a}${INFIX[op]}${b})`, dtype)})`;
  return wrap(`${a}${INFIX[op]}${b}`, dtype);
}

function node(e: ScalarExpr, args: readonly string[], operands: readonly Operand[], index: readonly string[]): string {
  const [a = '', b = '', c = ''] = args;
  switch (e.kind) {
    case 'const':
    case 'int':
      return Object.is(e.value, -0) ? '-0' : String(e.value as number);
    case 'load':
      return read(operands[e.operand]!, index);
    case 'at':
      return read(operands[e.operand]!, args);
    case 'index':
      return index[e.axis]!;
    case 'stage':
      return `s${e.index}`;
    case 'unary':
      if (MATH.includes(e.op)) return wrap(`Math.${e.op}(${a})`, e.dtype);
      if (e.op === 'neg') return wrap(`-${a}`, e.dtype);
      if (e.op === 'not') return e.dtype === 'bool' ? `1-${a}` : wrap(`~${a}`, e.dtype);
      return e.op === 'isNan' ? `+(${a}!==${a})` : `h.${e.op}(${a})`;
    case 'binary':
      return binary(e.op, e.dtype, a, b);
    case 'compare':
      return `+(${a}${COMPARE[e.op]}${b})`;
    case 'select':
      return `(${a}?${b}:${c})`;
    case 'cast':
      if (e.dtype === 'bool') return `+(${a}!==0)`;
      if (e.dtype === 'float32') return `Math.fround(${a})`;
      if (e.x.dtype !== 'float32') return wrap(a, e.dtype);
      return `h.saturate(${a},${e.dtype === 'int32' ? '-2147483648,2147483647' : '0,4294967295'})`;
    case 'bitcast':
      return `h.bits(${a},'${e.x.dtype}','${e.dtype}')`;
    default:
      throw new Error(`unexpected ${e.kind}`);
  }
}

let names = 0;
function exprs(roots: readonly ScalarExpr[], operands: readonly Operand[], index: readonly string[]) {
  const known = new Map<ScalarExpr, string>();
  let code = '';
  walk(roots, (e) => {
    const name = `v${names++}`;
    const args = children(e).map((child) => known.get(child)!);
    code += `const ${name}=${node(e, args, operands, index)};`;
    known.set(e, name);
  });
  return { code, values: roots.map((root) => known.get(root)!) };
}
function stores(outputs: readonly Output[], operands: readonly Operand[], index: readonly string[]): string {
  const roots = outputs.map((output) => output.expr);
  const { code, values } = exprs(roots, operands, index);
  const store = ({ operand }: Output, i: number): string => `b${operand.buffer}[${at(operand, index)}]=${values[i]};`;
  return code + outputs.map(store).join('');
}

const loops = (prefix: string, shape: readonly unknown[], body: string): string =>
  shape.reduceRight<string>(
    (inner, size, axis) => `for(let ${prefix}${axis}=0;${prefix}${axis}<${String(size)};${prefix}${axis}++){${inner}}`,
    body,
  );
const list = (prefix: string, shape: readonly unknown[]): string[] => shape.map((_, axis) => `${prefix}${axis}`);

function kernel(k: Kernel): string {
  if (k.kind === 'map') return loops('i', k.shape, stores(k.outputs, k.operands, list('i', k.shape)));
  if (k.kind !== 'reduce') throw new Error(`unexpected ${k.kind}`);
  const index = [...list('i', k.shape), ...list('r', k.reduced)];
  const stages = k.stages.map(({ op, expr }, s) => {
    const { code, values } = exprs([expr], k.operands, index);
    const v = values[0]!;
    const top = { int32: 2147483647, uint32: 4294967295, bool: 1 }[expr.dtype as string] ?? Infinity;
    const bottom = { int32: -2147483648, uint32: 0, bool: 0 }[expr.dtype as string] ?? -Infinity;
    if (op === 'argMax' || op === 'argMin') {
      const better = `${v}${op === 'argMax' ? '>' : '<'}m${s}||(${v}!==${v}&&m${s}===m${s})`;
      return `let s${s}=-1,m${s}=0,n${s}=0;${loops('r', k.reduced, `${code}if(s${s}<0||${better}){m${s}=${v};s${s}=n${s}}n${s}++;`)}s${s}=Math.max(s${s},0);`;
    }
    const start = { sum: 0, prod: 1, max: bottom, min: top }[op];
    const by = { sum: 'add', prod: 'mul', max: 'max', min: 'min' }[op];
    const combined = binary(by, expr.dtype, `s${s}`, v);
    return `let s${s}=${start};${loops('r', k.reduced, `${code}s${s}=${combined};`)}`;
  });
  const zero = [...list('i', k.shape), ...k.reduced.map(() => '0')];
  const writes = k.writes.length > 0 ? loops('r', k.reduced, stores(k.writes, k.operands, index)) : '';
  return loops('i', k.shape, `${stages.join('')}{${stores(k.outputs, k.operands, zero)}}${writes}`);
}

function compile(program: Program): (args: readonly TypedArray[]) => void {
  const declared = program.buffers.map((spec, i) => {
    const arg = program.args.indexOf(i);
    return arg >= 0 ? `const b${i}=args[${arg}];` : `const b${i}=temp('${spec.dtype}',${spec.size as number});`;
  });
  const temp = (dtype: DType, size: number): TypedArray => viewBytes(dtype, new ArrayBuffer(size * byteWidth(dtype)));
  const body = declared.join('') + program.kernels.map((k) => `{${kernel(k)}}`).join('');
  const run = compileFunction(body, ['args', 'h', 'temp']) as (
    args: readonly TypedArray[],
    h: unknown,
    t: unknown,
  ) => void;
  return (args) => run(args, HELPERS, temp);
}

const array = (dtype: DType, buffer: Buffer): TypedArray => viewBytes(dtype, (buffer as Bytes).data.buffer);

/** The backend itself: five methods. */
export function tiny(): Backend {
  return {
    name: 'tiny',
    capabilities: {
      dtypes: new Set(['float32', 'int32', 'uint32', 'bool']),
      kernels: new Set(['map', 'reduce']),
      legalize,
      splitWide,
      composites: new Set(),
      dynamic: false,
      maxOperands: 8,
      memory: 'buffer',
      collected: true,
      bytesPerElement: byteWidth,
    },
    allocate: (byteLength): Bytes => ({ byteLength, data: new Uint8Array(byteLength) }),
    free: () => {},
    write: (buffer, data) => (buffer as Bytes).data.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
    read: async (buffer, dtype, offset, length) =>
      (buffer as Bytes).data.slice(offset * byteWidth(dtype), (offset + length) * byteWidth(dtype)).buffer,
    compile: (program) => {
      const run = compile(program);
      return {
        run: (args) => run(args.map((buffer, i) => array(program.buffers[program.args[i]!]!.dtype, buffer))),
        dispose: () => {},
      };
    },
  };
}
