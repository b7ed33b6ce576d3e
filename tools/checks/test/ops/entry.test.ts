/**
 * `@dl/tensor/ops` by itself: it loads without the main entry, has the aliases of Keras, and carries only what is used.
 */
import * as ops from '@dl/tensor/ops';
import { build } from 'esbuild';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';

const ALIASES: readonly (readonly [alias: keyof typeof ops, name: keyof typeof ops])[] = [
  ['absolute', 'abs'],
  ['amax', 'max'],
  ['amin', 'min'],
  ['arccos', 'acos'],
  ['arccosh', 'acosh'],
  ['arcsin', 'asin'],
  ['arcsinh', 'asinh'],
  ['arctan', 'atan'],
  ['arctan2', 'atan2'],
  ['arctanh', 'atanh'],
  ['bitwiseInvert', 'bitwiseNot'],
  ['bitwiseLeftShift', 'leftShift'],
  ['bitwiseRightShift', 'rightShift'],
  ['concatenate', 'concat'],
  ['conjugate', 'conj'],
  ['divide', 'div'],
  ['floorDivide', 'floorDiv'],
  ['hardSwish', 'hardSilu'],
  ['multiply', 'mul'],
  ['negative', 'neg'],
  ['power', 'pow'],
  ['subtract', 'sub'],
  ['swish', 'silu'],
  ['trueDivide', 'div'],
  ['var', 'variance'],
];

/** The minified size of a program that takes these ops. */
async function weigh(names: string): Promise<number> {
  const result = await build({
    stdin: { contents: `export { ${names} } from '@dl/tensor/ops';`, resolveDir: dirname(import.meta.dirname) },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    conditions: ['@dl/source'],
  });
  return result.outputFiles[0]!.text.length;
}

describe('@dl/tensor/ops', () => {
  test.each([...ALIASES])('%s is %s', (alias, name) => {
    expect(ops[alias]).toBe(ops[name]);
  });

  test('computes without the main entry', () => {
    expect(ops.max([1, 3, 2], 0, false, 5).itemSync()).toBe(5);
    expect(ops.logSumExp([0, 0]).itemSync()).toBeCloseTo(Math.LN2, 6);
  });

  test('what is not used stays out of bundles', async () => {
    const [small, more, all] = [
      await weigh('add'),
      await weigh('add, ctcLoss, quantile, unique'),
      await weigh('add, random'),
    ];
    expect(more - small).toBeGreaterThan(3000);
    expect(all - small).toBeGreaterThan(3000);
    // One op brings the machinery of tensors, and not the rest of this entry.
    const everything = await build({
      stdin: { contents: "export * from '@dl/tensor/ops';", resolveDir: dirname(import.meta.dirname) },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      conditions: ['@dl/source'],
    });
    expect(everything.outputFiles[0]!.text.length - small).toBeGreaterThan(50_000);
  });
});
