/**
 * Fourier transforms, windows and filter banks against numpy and torch; errors at long lengths; gradients.
 */
import { grad, gradcheck } from '@dl/autograd';
import { cpu } from '@dl/backend-cpu';
import { jit, setBackend, tensor, zeros, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { compiledPrograms } from '@dl/tensor/interpreter';
import {
  bartlett,
  blackman,
  extractSequences,
  fft,
  fft2,
  fftFreq,
  hamming,
  hanning,
  ifft,
  ifft2,
  irfft,
  istft,
  kaiser,
  melFilterBank,
  rfft,
  rfftFreq,
  stft,
  viewAsComplex,
  viewAsReal,
  type ComplexPair,
  type MelOptions,
} from '@dl/tensor/signal';
import { beforeEach, expect, test } from 'vitest';
import { checkGolden, readGolden } from './golden.ts';
import { normal } from './random-matrices.ts';

beforeEach(() => setBackend(cpu()));

interface Options {
  readonly n: number;
  readonly beta: number;
  readonly periodic?: boolean;
  readonly spacing: number;
  readonly fftLength: number | null;
  readonly length: number;
  readonly stride: number;
  readonly size: number;
  readonly center: boolean;
  readonly window: 'hann' | 'hamming' | null;
  readonly bands: number;
  readonly bins: number;
  readonly rate: number;
}

const dtype = 'float64';
const windowOptions = ({ periodic = false }: Options) => ({ dtype, periodic }) as const;
const FUNCTIONS: { readonly [name: string]: (xs: readonly Tensor[], options: Options) => readonly Tensor[] } = {
  fft: (xs) => fft(xs as ComplexPair),
  ifft: (xs) => ifft(xs as ComplexPair),
  fft2: (xs) => fft2(xs as ComplexPair),
  ifft2: (xs) => ifft2(xs as ComplexPair),
  rfft: ([x], { fftLength }) => rfft(x!, { fftLength }),
  irfft: (xs, { fftLength }) => [irfft(xs as ComplexPair, { fftLength })],
  bartlett: (_, o) => [bartlett(o.n, windowOptions(o))],
  hanning: (_, o) => [hanning(o.n, windowOptions(o))],
  hamming: (_, o) => [hamming(o.n, windowOptions(o))],
  blackman: (_, o) => [blackman(o.n, windowOptions(o))],
  kaiser: (_, o) => [kaiser(o.n, o.beta, windowOptions(o))],
  fftFreq: (_, { n, spacing }) => [fftFreq(n, { spacing, dtype })],
  rfftFreq: (_, { n, spacing }) => [rfftFreq(n, { spacing, dtype })],
  stft: ([x], { length, stride, size, ...options }) => stft(x!, length, stride, size, options),
  istft: (xs, { length, stride, size, ...options }) => [istft(xs as ComplexPair, length, stride, size, options)],
  melFilterBank: (_, { bands, bins, rate, ...options }) => [
    melFilterBank(bands, bins, rate, { ...(options as MelOptions), dtype }),
  ],
};

const cases = readGolden<Options>('spectra.json');

test.each(Object.entries(FUNCTIONS))('%s is what numpy and torch compute', (name, f) => {
  const own = cases.filter((c) => c.name === name);
  expect(own.length).toBeGreaterThan(0);
  for (const golden of own) checkGolden((...xs) => f(xs, golden.options!), golden, 2e-6);
});

/** Relative error in the Euclidean norm of the transform of a length, against sums in float64. */
function errorOf(n: number, float: 'float32' | 'float64'): number {
  const [re, im] = [normal([n], n, float), normal([n], n + 1, float)];
  const [a, b] = [re.dataSync(), im.dataSync()];
  const [x, y] = fft([re, im]).map((part) => part.dataSync()) as [Float64Array, Float64Array];
  let [off, all] = [0, 0];
  for (let k = 0; k < n; k += Math.max(1, Math.floor(n / 50))) {
    let [p, q] = [0, 0];
    for (let j = 0; j < n; j++) {
      const angle = (-2 * Math.PI * ((j * k) % n)) / n;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      p += a[j]! * c - b[j]! * s;
      q += a[j]! * s + b[j]! * c;
    }
    off += (x[k]! - p) ** 2 + (y[k]! - q) ** 2;
    all += p ** 2 + q ** 2;
  }
  return Math.sqrt(off / all);
}

test.each([4096, 4095, 4093, 1000, 2048 * 3, 127, 128])('the transform of %i numbers is exact to rounding', (n) => {
  expect(errorOf(n, 'float32')).toBeLessThan(5e-7);
  expect(errorOf(n, 'float64')).toBeLessThan(2e-14);
});

test('inverses give back what went in', () => {
  for (const n of [1, 5, 64, 67, 96]) {
    const [re, im] = [normal([3, n], n), normal([3, n], n + 1)];
    const back = ifft(fft([re, im]));
    [re, im].forEach((x, i) => expect(back[i]!.sub(x).abs().max().itemSync()).toBeLessThan(1e-13));
    expect(irfft(rfft(re), { fftLength: n }).sub(re).abs().max().itemSync()).toBeLessThan(1e-13);
  }
  const signal = normal([2, 100], 1);
  const same = istft(stft(signal, 16, 4, 20), 16, 4, 20, { length: 100 });
  expect(same.sub(signal).abs().max().itemSync()).toBeLessThan(1e-13);
  expect([...istft(stft(signal, 16, 4, 20), 16, 4, 20, { length: 130 }).shape]).toEqual([2, 130]);
  const window = normal([16], 4).abs();
  const own = istft(stft(signal, 16, 5, 16, { window }), 16, 5, 16, { window, length: 90 });
  expect(
    own
      .sub(signal.slice([0, 0], [2, 90]))
      .abs()
      .max()
      .itemSync(),
  ).toBeLessThan(1e-12);
});

test('gradients are right to the second order', () => {
  setBackend(reference());
  const squared = ([re, im]: ComplexPair): Tensor => re.mul(re).add(im);
  for (const n of [4, 34, 67]) {
    const [re, im] = [normal([n], 1), normal([n], 2)];
    const weights = normal([n], 3);
    // ‖F x‖² weighted: the derivative is 2·Fᴴ W F x.
    const f = (a: Tensor, b: Tensor): Tensor => {
      const [p, q] = fft([a, b]);
      return p.mul(p).add(q.mul(q)).mul(weights).sum();
    };
    const [p, q] = fft([re, im]);
    const [wanted] = ifft([p.mul(weights), q.mul(weights)]);
    const slope = grad(f)(re, im);
    expect(
      slope
        .sub(wanted.mul(2 * n))
        .abs()
        .max()
        .itemSync(),
    ).toBeLessThan(1e-9);
  }
  gradcheck((a, b) => squared(fft([a!, b!])), [normal([3], 1), normal([3], 2)], { order: 2 });
  gradcheck((a, b) => squared(ifft2([a!, b!])), [normal([2, 3], 1), normal([2, 3], 2)], { order: 2 });
  gradcheck((x) => squared(rfft(x!, { fftLength: 5 })), [normal([2, 4], 3)], { order: 2 });
  gradcheck((a, b) => irfft([a!, b!]), [normal([4], 1), normal([4], 2)]);
  gradcheck((x) => squared(stft(x!, 4, 2, 6)), [normal([10], 3)]);
  gradcheck((a, b) => istft([a!, b!], 4, 2, 4), [normal([3, 3], 1), normal([3, 3], 2)]);
});

test('pieces overlap as strides say', () => {
  expect(extractSequences([1, 2, 3, 4, 5, 6], 3, 2).arraySync()).toEqual([
    [1, 2, 3],
    [3, 4, 5],
  ]);
  expect([...extractSequences(zeros([2, 3]), 4, 1).shape]).toEqual([2, 0, 4]);
  expect(extractSequences(tensor([[1, 2]], 'int32'), 1, 5).dtype).toBe('int32');
  expect(
    viewAsReal([
      [1, 2],
      [3, 4],
    ]).arraySync(),
  ).toEqual([
    [1, 3],
    [2, 4],
  ]);
  const [re, im] = viewAsComplex([
    [1, 3],
    [2, 4],
  ]);
  expect([re.arraySync(), im.arraySync()]).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test('a transform is one program, made once, and compiles into larger ones', () => {
  const backend = reference();
  setBackend(backend);
  const x = normal([60], 1);
  rfft(x);
  const before = compiledPrograms(backend);
  rfft(normal([60], 2));
  expect(compiledPrograms(backend)).toBe(before);
  const f = (y: Tensor): Tensor => grad((z: Tensor) => stft(z, 8, 4, 8)[0].square().sum())(y);
  const [eager, compiled] = [f(x).dataSync(), jit(f)(x).dataSync()];
  compiled.forEach((v, i) => expect(v).toBeCloseTo(eager[i]!, 12));
});

test('empty batches pass, integers become float32', () => {
  const [re] = fft([zeros([0, 6]), zeros([0, 6])]);
  expect([...re.shape]).toEqual([0, 6]);
  expect(rfft(tensor([1, 2, 3], 'int32'))[0].dtype).toBe('float32');
  expect([...stft(zeros([0, 9]), 4, 2, 4)[0].shape]).toEqual([0, 5, 3]);
});

test('messages say what is wrong', () => {
  expect(() => fft(zeros([3]) as never)).toThrow(/fft: expected a pair \[real, imaginary\] of tensors, got a Tensor/);
  expect(() => fft([zeros([3]), zeros([4])])).toThrow(/must have one shape, got \[3\] and \[4\]/);
  expect(() => fft([zeros([0]), zeros([0])])).toThrow(/fft: there is no transform of 0 numbers/);
  expect(() => fft2([zeros([3]), zeros([3])])).toThrow(/fft2: expected rank ≥ 2/);
  expect(() => rfft([1, 2], { fftLength: 0 })).toThrow(/rfft: fftLength must be a positive whole number, got 0/);
  expect(() => stft(zeros([9]), 8, 2, 4)).toThrow(/fftLength 4 is less than sequenceLength 8/);
  expect(() => stft(zeros([3]), 8, 2, 8)).toThrow(/set center to false/);
  expect(() => stft(zeros([9]), 8, 2, 8, { window: 'han' as 'hann' })).toThrow(
    /stft: unknown window 'han'; did you mean 'hann'/,
  );
  expect(() => stft(zeros([9]), 8, 2, 8, { window: [1, 2] })).toThrow(/must hold sequenceLength = 8 numbers/);
  expect(() => extractSequences([1], 1.5, 1)).toThrow(/sequenceLength must be a positive whole number/);
  expect(() => hanning(-1)).toThrow(/hanning: the length must be a whole number ≥ 0, got -1/);
  expect(() => kaiser(3, NaN)).toThrow(/kaiser: beta must be a finite number/);
  expect(() => fftFreq(3, { spacing: 0 })).toThrow(/fftFreq: expected a positive length/);
  expect(() => melFilterBank(4, 9, 8000, { highest: 5000 })).toThrow(/highest ≤ sampleRate/);
  expect(() => viewAsComplex([1, 2, 3])).toThrow(/expected a last axis of 2/);
  expect(() => hanning(3, { dtype: 'int32' })).toThrow(/expected a floating dtype/);
});
