/**
 * Which kernels functions become: budgets that fusion must keep.
 */
import {
  add,
  concat,
  conv,
  gelu,
  layerNorm,
  logSoftmax,
  maxPool,
  mul,
  softmax,
  softmaxCrossEntropy,
  sqrt,
  square,
  sub,
  variance,
  type Tensor,
} from '@dl/tensor';
import { reference, splitWide, type Capabilities, type Kernel } from '@dl/tensor/backend';
import { layoutOf, lower, trace } from '@dl/tensor/interpreter';
import { expect, test } from 'vitest';

const base: Capabilities = reference().capabilities;

function kernelsOf(
  f: (inputs: readonly Tensor[]) => readonly Tensor[],
  shapes: readonly (readonly number[])[],
  capabilities: Capabilities = base,
): { kernels: readonly Kernel[]; temps: number } {
  const avals = shapes.map((shape) => ({ shape, dtype: 'float32' as const }));
  const graph = trace(f, avals);
  const { program } = lower(
    graph,
    avals.map((aval) => ({ layout: layoutOf(aval.dtype, aval.shape), offset: 0 })),
    capabilities,
    'test',
  );
  return { kernels: program.kernels, temps: program.buffers.filter((buffer) => buffer.role === 'temp').length };
}

const kinds = (f: (inputs: readonly Tensor[]) => readonly Tensor[], ...shapes: (readonly number[])[]): string =>
  kernelsOf(f, shapes)
    .kernels.map((kernel) => kernel.kind)
    .join(' ');

test('softmax and logSoftmax are one staged reduce without temporaries', () => {
  for (const f of [softmax, logSoftmax]) {
    const { kernels, temps } = kernelsOf(([x]) => [f(x!)], [[32, 10]]);
    expect(kernels).toHaveLength(1);
    expect(kernels[0]).toMatchObject({ kind: 'reduce', stages: { length: 2 }, outputs: [], writes: { length: 1 } });
    expect(temps).toBe(0);
  }
});

test('layerNorm with scale and offset is one kernel', () => {
  expect(kinds(([x, s, b]) => [layerNorm(x!, -1, { scale: s!, offset: b! })], [32, 10], [10], [10])).toBe('reduce');
});

test('variance is one kernel', () => {
  expect(kinds(([x]) => [variance(x!, 0)], [32, 10])).toBe('reduce');
});

test('cross-entropy and its mean are two reduces and one temporary', () => {
  const { kernels, temps } = kernelsOf(
    ([t, z]) => [softmaxCrossEntropy(t!, z!).mean()],
    [
      [32, 10],
      [32, 10],
    ],
  );
  expect(kernels.map((kernel) => kernel.kind)).toEqual(['reduce', 'reduce']);
  expect(temps).toBe(1);
});

test('an elementwise chain is one map', () => {
  expect(kinds(([x]) => [gelu(x!).mul(2).add(x!)], [32, 10])).toBe('map');
});

test('bias and activation run as epilogue of a matmul and of a convolution', () => {
  expect(kinds(([x, w, b]) => [x!.matmul(w!).add(b!).relu()], [32, 10], [10, 5], [5])).toBe('matmul');
  expect(kinds(([x, w, b]) => [conv(x!, w!).add(b!).relu()], [2, 8, 8, 3], [3, 3, 3, 4], [4])).toBe('conv');
});

test('an optimizer update is one map with three outputs', () => {
  const { kernels } = kernelsOf(
    ([p, m, v, g]) => {
      const m2 = add(mul(m!, 0.9), mul(g!, 0.1));
      const v2 = add(mul(v!, 0.999), mul(square(g!), 0.001));
      return [sub(p!, mul(m2, 0.01).div(add(sqrt(v2), 1e-7))), m2, v2];
    },
    [
      [64, 3],
      [64, 3],
      [64, 3],
      [64, 3],
    ],
  );
  expect(kernels).toHaveLength(1);
  expect(kernels[0]).toMatchObject({ kind: 'map', shape: [192], outputs: { length: 3 } });
});

test('views cost no kernel; a reshape that strides cannot express costs one copy', () => {
  expect(kinds(([x]) => [x!.transpose().add(1)], [3, 4])).toBe('map');
  expect(kinds(([x]) => [x!.transpose().reshape([12]).add(1)], [3, 4])).toBe('map map');
});

test('pooling after a convolution stays two kernels', () => {
  expect(kinds(([x, w]) => [maxPool(conv(x!, w!).relu(), 2)], [2, 8, 8, 3], [3, 3, 3, 4])).toBe('conv reduce');
});

test('the operand limit of a backend splits what would be one kernel', () => {
  const f = (inputs: readonly Tensor[]) => [inputs.reduce((a, b) => add(a, b)), inputs.reduce((a, b) => mul(a, b))];
  const shapes = Array.from({ length: 6 }, () => [8]);
  expect(kernelsOf(f, shapes).kernels).toHaveLength(1);
  expect(kernelsOf(f, shapes, { ...base, maxOperands: 7 }).kernels).toHaveLength(2);
});

test('maps write parts of a concatenation in place; what others read too is copied', () => {
  const parts = ([x, y]: readonly Tensor[]): Tensor[] => [add(x!, 1), mul(x!, y!), square(y!)];
  const sides = [
    [4, 3],
    [4, 3],
  ];
  expect(kinds((inputs) => [concat(parts(inputs), 1)], ...sides)).toBe('map');
  const { kernels } = kernelsOf((inputs) => {
    const [a, b, c] = parts(inputs) as [Tensor, Tensor, Tensor];
    return [concat([a, b, c], 1), a, concat([b, c], 0), concat([c, c], 1)];
  }, sides);
  // One computes all parts, and every part is copied to its places.
  expect(kernels).toHaveLength(1 + 3 + 2 + 2);
});

test('an expression over more values than a kernel can load is cut', () => {
  const shapes = Array.from({ length: 20 }, (_, i) => [i % 2 === 0 ? 8 : 1]);
  for (const maxOperands of [4, 5, 8]) {
    const chain = kernelsOf((inputs) => [inputs.reduce((a, b) => add(a, b))], shapes, {
      ...base,
      maxOperands,
      splitWide,
    });
    const tree = kernelsOf(
      (inputs) => {
        let level = inputs.map((x) => x.broadcastTo([8]));
        while (level.length > 1)
          level = level.flatMap((x, i) => (i % 2 === 1 ? [] : [i + 1 < level.length ? x.mul(level[i + 1]!) : x]));
        return [level[0]!.sum()];
      },
      shapes,
      { ...base, maxOperands, splitWide },
    );
    for (const kernel of [...chain.kernels, ...tree.kernels]) {
      const operands = (kernel as { readonly operands: readonly unknown[] }).operands.length;
      const outputs = (kernel as { readonly outputs: readonly unknown[] }).outputs.length;
      expect(operands + outputs).toBeLessThanOrEqual(maxOperands);
    }
    expect(chain.kernels.length).toBeGreaterThan(1);
  }
});
