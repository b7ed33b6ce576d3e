/**
 * Unrolling: loops for backends without them, as the kernels of one iteration after the other.
 */
import { computeDType } from '../dtype.ts';
import { BackendError } from '../errors.ts';
import type { BufferSpec, Kernel, LoopKernel, Operand } from './kernel.ts';
import { rewriteKernel } from './rewrite-kernel.ts';
import { constant, load, rewrite, select, type ScalarExpr } from './scalar.ts';

/** Most kernels that a loop becomes, or that it runs where it could have ended early. */
const MOST = 10_000;

/**
 * A loop without a condition, for backends that do not see when to end one: iterations after the end change nothing. They
 * run it only where its trips are {@link checkTrips few enough}.
 */
export function withoutCondition(loop: LoopKernel, buffers: readonly BufferSpec[]): LoopKernel {
  const { condition, ...rest } = loop;
  if (condition === undefined) return loop;
  return { ...rest, body: [...loop.body, ...loop.carries.map((pair) => stay(pair, condition, buffers))] };
}

/** @throws BackendError where so many iterations cannot all be run. */
export function checkTrips(name: string, trip: number, { length }: readonly Kernel[]): void {
  if (trip * length <= MOST) return;
  throw new BackendError(
    `${name}: this backend runs all iterations of such a loop, and ${trip} are too many; give a smaller bound`,
  );
}

/** The kernels of all iterations; loops in the body must be unrolled already. */
export function unroll(name: string, loop: LoopKernel, buffers: readonly BufferSpec[]): Kernel[] {
  const trip = typeof loop.trip === 'number' ? loop.trip : Infinity;
  checkTrips(name, trip, loop.body);
  const { reverse, carries, body } = withoutCondition(loop, buffers);
  const kernels: Kernel[] = [];
  for (let step = 0; step < trip; step++) {
    const iteration = reverse ? trip - 1 - step : step;
    const numbered = {
      operand: (operand: Operand): Operand => placed(operand, step, iteration, carries),
      exprs: (list: readonly ScalarExpr[]): readonly ScalarExpr[] =>
        rewrite(list, (e) => (e.kind === 'iteration' ? constant(iteration, 'int32') : e)),
    };
    for (const kernel of body) kernels.push(rewriteKernel(kernel, numbered));
  }
  // The final values belong where the loop would have left them.
  if (trip % 2 === 1) for (const { current, next } of carries) kernels.push(copy(next, current, buffers));
  return kernels;
}

/** An operand as it is in one iteration. */
function placed(operand: Operand, step: number, iteration: number, carries: LoopKernel['carries']): Operand {
  const { iterationStride = 0, ...rest } = operand;
  const offset = iterationStride === 0 ? operand.offset : Number(operand.offset) + iteration * Number(iterationStride);
  const pair = step % 2 === 1 && carries.find((c) => c.current === operand.buffer || c.next === operand.buffer);
  if (!pair) return { ...rest, offset };
  return { ...rest, offset, buffer: operand.buffer === pair.current ? pair.next : pair.current };
}

/** Undoes what an iteration after the end of a loop has done to a carry; the condition comes last, for all read it. */
function stay(
  { current, next }: LoopKernel['carries'][number],
  condition: number,
  buffers: readonly BufferSpec[],
): Kernel {
  const { dtype, size } = buffers[current]!;
  const type = computeDType(dtype);
  const line = (buffer: number): Operand => ({ buffer, dtype, offset: 0, strides: [1] });
  return {
    kind: 'map',
    shape: [size],
    operands: [{ buffer: condition, dtype: 'bool', offset: 0, strides: [0] }, line(next), line(current)],
    outputs: [{ operand: line(next), expr: select(load(0, 'bool'), load(1, type), load(2, type)) }],
  };
}

function copy(from: number, to: number, buffers: readonly BufferSpec[]): Kernel {
  const { dtype, size } = buffers[from]!;
  const operand = (buffer: number): Operand => ({ buffer, dtype, offset: 0, strides: [1] });
  return {
    kind: 'map',
    shape: [size],
    operands: [operand(from)],
    outputs: [{ operand: operand(to), expr: load(0, computeDType(dtype)) }],
  };
}
