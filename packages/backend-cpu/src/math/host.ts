/**
 * Functions that run in the host, one double at a time: all of float64's, and the rare hard cases of float32.
 */
import { FLOAT_ARITHMETIC, FLOAT_UNARY, type ArithmeticOp, type UnaryOp } from '@dl/tensor/backend';
import { toDoubles, type Vec } from '../codegen/vec.ts';
import type { HostFunction, Linker } from '../library/library.ts';
import type { Code, F64, Local, V128 } from '../wasm/code.ts';

/** Names of the functions of the host. */
export type HostName =
  | Extract<UnaryOp, 'exp' | 'expm1' | 'log' | 'log1p' | 'sin' | 'cos' | 'tanh' | 'asin' | 'acos' | 'atan' | 'erf'>
  | Extract<ArithmeticOp, 'atan2' | 'pow' | 'rem'>;

export function hostFunction(name: HostName): HostFunction {
  if (name === 'atan2' || name === 'pow' || name === 'rem')
    return { name: `host.${name}`, arity: 2, call: FLOAT_ARITHMETIC[name] };
  return { name: `host.${name}`, arity: 1, call: FLOAT_UNARY[name] };
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
