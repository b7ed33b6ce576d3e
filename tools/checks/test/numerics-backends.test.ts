/**
 * Linear algebra, transforms and images on backends other than the CPU's: one with maps and reductions alone, and WebGPU
 * under validation.
 */
import { tensor, withBackend, type Tensor } from '@dl/tensor';
import { reference, type Backend } from '@dl/tensor/backend';
import { affineTransform, extractPatches, gaussianBlur, resize, rgbToHsv } from '@dl/tensor/image';
import { cholesky, det, eigh, expm, lstsq, qr, solve, svd } from '@dl/tensor/linalg';
import { fft, istft, rfft, stft } from '@dl/tensor/signal';
import { expect, test } from 'vitest';
import { validating } from '../../../packages/backend-webgpu/test/validating.ts';
import { tiny } from '../../../packages/tensor/test/tiny-backend.ts';

const values = (shape: readonly number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(2.1 * i + 0.7) + (i % 3) / 2),
    'float32',
    shape,
  );

const matrix = (): Tensor => values([2, 3, 3]);
const positive = (): Tensor => {
  const x = matrix();
  return x.matmul(x.transpose([0, 2, 1])).add(
    tensor([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]),
  );
};

const FUNCTIONS: { readonly [name: string]: () => Tensor } = {
  cholesky: () => cholesky(positive()),
  solve: () => solve(matrix(), values([2, 3, 2])),
  det: () => det(matrix()),
  qr: () => qr(matrix())[0],
  svd: () => svd(values([3, 2]), { computeUv: false }),
  eigh: () => eigh(positive())[0],
  lstsq: () => lstsq(values([3, 2]), values([3])),
  expm: () => expm(matrix()),
  fft: () => fft([values([35]), values([35])])[0],
  rfft: () => rfft(values([67]))[1],
  stft: () => istft(stft(values([40]), 8, 4, 8), 8, 4, 8),
  resize: () => resize(values([4, 5, 2]), [3, 7], { interpolation: 'bicubic', antialias: true }),
  affineTransform: () => affineTransform(values([4, 5, 2]), [1, 0.1, 0.2, 0, 0.9, 0.1, 0, 0], { fillMode: 'reflect' }),
  gaussianBlur: () => gaussianBlur(values([4, 5, 2])),
  rgbToHsv: () => rgbToHsv(values([2, 2, 3]).abs()),
  extractPatches: () => extractPatches(values([4, 5, 2]), 2, { strides: 1 }),
};

const BACKENDS: readonly (readonly [string, () => Backend | Promise<Backend>])[] = [
  ['tiny', tiny],
  ['validated webgpu', () => validating()],
];

test.each(BACKENDS)('%s computes what the reference computes', { timeout: 180_000 }, async (_, make) => {
  const backend = await make();
  for (const [name, f] of Object.entries(FUNCTIONS)) {
    const wanted = await withBackend(reference(), f).data();
    const found = await withBackend(backend, f).data();
    wanted.forEach((x, i) => expect(Math.abs(found[i]! - x), `${name} element ${i}`).toBeLessThan(1e-4));
  }
});
