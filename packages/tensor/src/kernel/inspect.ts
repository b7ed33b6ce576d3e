/**
 * Looking into kernels: their expressions, operands and buffers, with those of kernels inside.
 */
import type { Kernel, Operand } from './kernel.ts';
import { rewriteKernel, type KernelRewriter } from './rewrite-kernel.ts';
import type { ScalarExpr } from './scalar.ts';

/** What a rewriter that changes nothing meets on its way. */
function collect<T>(kernel: Kernel, visitor: (found: T[]) => KernelRewriter): T[] {
  const found: T[] = [];
  rewriteKernel(kernel, visitor(found));
  return found;
}

/** The expressions of a kernel in a fixed order. */
export function exprsOf(kernel: Kernel): ScalarExpr[] {
  return collect<ScalarExpr>(kernel, (found) => ({ exprs: (list) => (found.push(...list), list) }));
}

/** All operands of a kernel, loads and stores. */
export function operandsOf(kernel: Kernel): readonly Operand[] {
  return collect<Operand>(kernel, (found) => ({ operand: (operand) => (found.push(operand), operand) }));
}

/** All buffers a kernel touches. */
export function buffersOf(kernel: Kernel): Set<number> {
  const named = collect<number>(kernel, (found) => ({ buffer: (buffer) => (found.push(buffer), buffer) }));
  return new Set([...operandsOf(kernel).map(({ buffer }) => buffer), ...named]);
}

/** Buffers that a kernel writes. */
export function writtenBy(kernel: Kernel): ReadonlySet<number> {
  return new Set(
    collect<number>(kernel, (found) => ({
      operand: (operand) => operand,
      store: (operand) => (found.push(operand.buffer), operand),
      buffer: (buffer) => (found.push(buffer), buffer),
    })),
  );
}
