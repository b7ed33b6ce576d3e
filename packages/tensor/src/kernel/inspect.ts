/**
 * Looking into kernels: their expressions, operands and buffers.
 */
import type { Kernel, Operand, Output } from './kernel.ts';
import { bodiesOf } from './nested.ts';
import type { ScalarExpr } from './scalar.ts';

/** The expressions of a kernel in a fixed order; of a loop or switch, those inside. */
export function exprsOf(kernel: Kernel): ScalarExpr[] {
  switch (kernel.kind) {
    case 'map':
    case 'matmul':
    case 'conv':
      return kernel.outputs.map((o) => o.expr);
    case 'reduce':
      return [...kernel.stages, ...kernel.outputs, ...kernel.writes].map((o) => o.expr);
    case 'scatter':
      return [...kernel.coords, kernel.value];
    case 'cumulative':
    case 'sort':
    case 'routine':
      return [];
    case 'loop':
    case 'switch':
      return bodiesOf(kernel).flat().flatMap(exprsOf);
    default:
      return kernel satisfies never;
  }
}

/** All operands of a kernel, loads and stores; of a loop or switch, those inside. */
export function operandsOf(kernel: Kernel): readonly Operand[] {
  const stored = (outputs: readonly { readonly operand: Operand }[]): Operand[] => outputs.map((o) => o.operand);
  switch (kernel.kind) {
    case 'map':
      return [...kernel.operands, ...stored(kernel.outputs)];
    case 'reduce':
      return [...kernel.operands, ...stored(kernel.outputs), ...stored(kernel.writes)];
    case 'matmul':
      return [kernel.a, kernel.b, ...kernel.operands, ...stored(kernel.outputs)];
    case 'conv':
      return [kernel.lhs, kernel.rhs, ...kernel.operands, ...stored(kernel.outputs)];
    case 'scatter':
      return [...kernel.operands, kernel.target];
    case 'cumulative':
      return [kernel.input, kernel.output];
    case 'sort':
      return [kernel.input, kernel.values, kernel.indices].filter((operand) => operand !== null);
    case 'loop':
      return kernel.body.flatMap(operandsOf);
    case 'switch':
      return [kernel.index, ...kernel.branches.flat().flatMap(operandsOf)];
    case 'routine':
      return [...kernel.inputs, ...kernel.outputs];
    default:
      return kernel satisfies never;
  }
}

/** All buffers a kernel touches. */
export function buffersOf(kernel: Kernel): Set<number> {
  const buffers = new Set(operandsOf(kernel).map((operand) => operand.buffer));
  if (kernel.kind === 'loop') for (const { current, next } of kernel.carries) buffers.add(current).add(next);
  for (const inner of bodiesOf(kernel).flat()) for (const buffer of buffersOf(inner)) buffers.add(buffer);
  return buffers;
}

/** Buffers that a kernel writes; for a loop or switch all inside. */
export function writtenBy(kernel: Kernel): ReadonlySet<number> {
  const stored = (outputs: readonly Output[]): number[] => outputs.map(({ operand }) => operand.buffer);
  switch (kernel.kind) {
    case 'map':
    case 'matmul':
    case 'conv':
      return new Set(stored(kernel.outputs));
    case 'reduce':
      return new Set([...stored(kernel.outputs), ...stored(kernel.writes)]);
    case 'scatter':
      return new Set([kernel.target.buffer]);
    case 'cumulative':
      return new Set([kernel.output.buffer]);
    case 'sort':
      return new Set([kernel.values, kernel.indices].flatMap((operand) => operand?.buffer ?? []));
    case 'routine':
      return new Set(kernel.outputs.map(({ buffer }) => buffer));
    case 'loop':
      return new Set(
        kernel.body
          .flatMap((inner) => [...writtenBy(inner)])
          .concat(kernel.carries.flatMap(({ current, next }) => [current, next])),
      );
    case 'switch':
      return new Set(kernel.branches.flat().flatMap((inner) => [...writtenBy(inner)]));
    default:
      return kernel satisfies never;
  }
}
