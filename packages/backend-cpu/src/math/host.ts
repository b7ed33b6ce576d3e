/**
 * Functions that run in the host, one double at a time: all of float64's, and the rare hard cases of float32.
 */
import { toDoubles, type Vec } from '../codegen/vec.ts';
import type { HostFunction, Linker } from '../library/library.ts';
import type { Code, F64, Local, V128 } from '../wasm/code.ts';

const TWO_OVER_ROOT_PI = 1.1283791670955126;

/** Coefficients of erf(x)/x·√π/2 in powers of x², all but the first: (−1)ⁿ / (n!·(2n + 1)). */
const ERF: readonly number[] = ((): number[] => {
  const list: number[] = [];
  for (let n = 1, power = 1; n <= 20; n++) list.push((power /= -n) / (2 * n + 1));
  return list;
})();

/** erf within 2 ulp: its Maclaurin series up to 1, one minus a continued fraction of the complement beyond. */
function erf(x: number): number {
  const a = Math.abs(x);
  if (x === 0 || Number.isNaN(x)) return x;
  if (a >= 6) return Math.sign(x);
  if (a <= 1) {
    const first = TWO_OVER_ROOT_PI * x;
    return first + first * ERF.reduceRight((sum, c) => (sum + c) * (a * a), 0);
  }
  let tail = a;
  // Convergence slows down with the square of the argument.
  for (let n = 12 + Math.ceil(160 / (a * a)); n > 0; n--) tail = a + n / 2 / tail;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * tail));
}

/** Names of the functions of the host. */
export type HostName =
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'erf'
  | 'atan2'
  | 'pow'
  | 'rem';

const FUNCTIONS: { readonly [K in HostName]: (...args: [number, number]) => number } = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  erf,
  atan2: Math.atan2,
  // IEEE 754: unlike Math.pow, pow(1, NaN) and pow(±1, ±∞) are 1.
  pow: (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b),
  rem: (a, b) => a % b,
};

export function hostFunction(name: HostName): HostFunction {
  const call = FUNCTIONS[name] as (...args: number[]) => number;
  return { name: `host.${name}`, arity: call.length === 1 ? 1 : 2, call };
}

/** Calls a host function for each float lane. */
export function perLane(f: Code, linker: Linker, name: HostName, args: readonly Local<V128>[]): V128 {
  const host = linker.host(hostFunction(name));
  const at = (lane: number): F64 => {
    for (const x of args) f.f64_promote_f32(f.f32_lane(f.get(x), lane));
    return f.call<F64>(host);
  };
  const out = f.local('v128');
  f.set(out, f.f32x4_splat(f.f32_demote_f64(at(0))));
  for (let lane = 1; lane < 4; lane++) {
    // The vector goes below the value on the stack, so the call comes between.
    const target = f.get(out);
    f.set(out, f.i32_replace(target, lane, f.i32_reinterpret_f32(f.f32_demote_f64(at(lane)))));
  }
  return f.get(out);
}

/** Calls a host function for each double of a pair; with one lane the result is in all. */
export function perDouble(f: Code, linker: Linker, name: HostName, args: readonly Vec[], lanes: 1 | 4): Vec {
  const host = linker.host(hostFunction(name));
  const at = (part: number, lane: number): F64 => {
    for (const x of args) f.f64_lane(f.get(x[part]!), lane);
    return f.call<F64>(host);
  };
  const out = f.locals('v128', 2);
  if (lanes === 1) {
    f.set(out[0]!, f.f64x2_splat(at(0, 0)));
    f.set(out[1]!, f.get(out[0]!));
    return out;
  }
  out.forEach((local, part) => {
    f.set(local, f.f64x2_splat(at(part, 0)));
    const target = f.get(local);
    f.set(local, f.f64_replace(target, 1, at(part, 1)));
  });
  return out;
}

/** Four floats as doubles. */
export function widened(f: Code, x: Local<V128>): Vec {
  return toDoubles(f, x, (v) => f.f64x2_promote_low_f32x4(v));
}
