/**
 * Rewrites the integers of a program: sizes, strides and offsets, wherever they stand.
 */
import type { Operand, Program } from './kernel.ts';
import { rewriteKernel } from './rewrite-kernel.ts';
import { rewrite, type Int, type ScalarExpr } from './scalar.ts';

/** What an integer stands for. `fixed` ones decide the structure of the code (window sizes, strides of convolutions). */
export type IntRole = 'size' | 'stride' | 'offset' | 'fixed';

/** Returns the replacement of an integer. `buffer` is given for offsets and strides of operands. */
export type IntRewriter = (value: Int, role: IntRole, buffer: number | null) => Int;

/** Copies a program with every integer replaced. */
export function mapInts(program: Program, f: IntRewriter): Program {
  const size = (value: Int): Int => f(value, 'size', null);
  const rewriter = {
    size,
    fixed: (value: Int): Int => f(value, 'fixed', null),
    operand: (operand: Operand): Operand => {
      const { buffer, offset, strides, iterationStride } = operand;
      const stride = (value: Int): Int => f(value, 'stride', buffer);
      return {
        ...operand,
        offset: f(offset, 'offset', buffer),
        strides: strides.map(stride),
        ...(iterationStride === undefined ? {} : { iterationStride: stride(iterationStride) }),
      };
    },
    exprs: (list: readonly ScalarExpr[]): readonly ScalarExpr[] =>
      rewrite(list, (e) => (e.kind === 'int' ? { ...e, value: size(e.value) } : e)),
  };
  return {
    ...program,
    buffers: program.buffers.map((spec) => ({ ...spec, size: size(spec.size) })),
    kernels: program.kernels.map((kernel) => rewriteKernel(kernel, rewriter)),
  };
}
