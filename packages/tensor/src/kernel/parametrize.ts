/**
 * Parametrize: turns the sizes, strides and offsets of a program into run-time parameters, so that programs which
 * differ only in them share one compiled kernel. `specialize` is the inverse, for backends without parameters.
 */
import { mapInts } from './map-ints.ts';
import type { ParamSpec, Program } from './kernel.ts';
import { constant, rewrite, type ScalarExpr } from './scalar.ts';
import { rewriteKernel } from './rewrite-kernel.ts';

/** A parameter that is the offset into an argument, and so moves with where the argument starts. */
export interface OffsetParam {
  readonly param: number;
  readonly buffer: number;
}

export interface Parametrized {
  readonly program: Program;
  /** Values of all parameters; scalar parameters, which come first, are 0. */
  readonly values: readonly number[];
  readonly offsets: readonly OffsetParam[];
}

/**
 * Replaces integers by parameters. Strides −1, 0 and 1 stay, because they decide how a loop loads; sizes of 1 stay,
 * because they decide which loops exist; so do window sizes and strides of convolutions.
 */
export function parametrize(program: Program): Parametrized {
  const params: ParamSpec[] = [...program.params];
  const values: number[] = params.map(() => 0);
  const offsets: OffsetParam[] = [];
  const movable = new Set(program.args.filter((buffer) => program.buffers[buffer]!.role === 'input'));
  const result = mapInts(program, (value, role, buffer) => {
    if (typeof value !== 'number' || role === 'fixed') return value;
    const moves = role === 'offset' && movable.has(buffer!);
    if (role === 'stride' ? Math.abs(value) <= 1 : role === 'size' ? value === 1 : value === 0 && !moves) return value;
    const param = params.push({ dtype: 'int32' }) - 1;
    values.push(value);
    if (moves) offsets.push({ param, buffer: buffer! });
    return { param };
  });
  return { program: { ...result, params }, values, offsets };
}

/** Replaces all parameters by their values. */
export function specialize(program: Program, values: readonly number[]): Program {
  const fixed = mapInts(program, (value) => (typeof value === 'number' ? value : values[value.param]!));
  const inline = (e: ScalarExpr): ScalarExpr => (e.kind === 'param' ? constant(values[e.index]!, e.dtype) : e);
  const exprs = (list: readonly ScalarExpr[]): readonly ScalarExpr[] => rewrite(list, inline);
  return { ...fixed, params: [], kernels: fixed.kernels.map((kernel) => rewriteKernel(kernel, { exprs })) };
}
