/**
 * A text that two programs share exactly when they are the same up to their name.
 */
import { exprsOf } from './inspect.ts';
import type { Kernel, Program } from './kernel.ts';
import { bodiesOf, isNested } from './nested.ts';
import { rewriteKernel } from './rewrite-kernel.ts';
import { children, walk, type ScalarExpr } from './scalar.ts';

/** The structure of a program as text, for caches. */
export function programKey(program: Program): string {
  const { name: _, kernels, ...rest } = program;
  return JSON.stringify([rest, kernels.map(kernelKey)]);
}

function kernelKey(kernel: Kernel): unknown {
  if (isNested(kernel))
    return [{ ...kernel, body: [], branches: [] }, bodiesOf(kernel).map((body) => body.map(kernelKey))];
  const exprs = exprsOf(kernel);
  const ids = new Map<ScalarExpr, number>();
  const nodes: unknown[] = [];
  walk(exprs, (e) => {
    const args = children(e).map((child) => ids.get(child)!);
    ids.set(e, nodes.length);
    nodes.push(nodeKey(e, args));
  });
  const bare = rewriteKernel(kernel, {
    exprs: (list) => list.map((e) => ({ kind: 'index', dtype: 'int32', axis: ids.get(e)! })),
  });
  return [bare, nodes];
}

function nodeKey(e: ScalarExpr, args: readonly number[]): unknown {
  switch (e.kind) {
    case 'const':
      // Text, because JSON has neither NaN nor infinities nor −0.
      return [e.kind, e.dtype, Object.is(e.value, -0) ? '-0' : String(e.value)];
    case 'param':
    case 'stage':
      return [e.kind, e.dtype, e.index];
    case 'int':
      return [e.kind, e.value];
    case 'load':
      return [e.kind, e.dtype, e.operand];
    case 'at':
      return [e.kind, e.dtype, e.operand, args];
    case 'index':
      return [e.kind, e.axis];
    case 'unary':
    case 'binary':
    case 'compare':
      return [e.op, e.dtype, args];
    case 'narrow':
      return [e.kind, e.to, args];
    default:
      return [e.kind, e.dtype, args];
  }
}
