/**
 * Random numbers: Philox against its published vectors, distributions, and repeatability.
 */
import { Generator, mean, setBackend, setSeed, tensor, uniform, variance } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { apply } from '@dl/tensor/interpreter';
import { beforeEach, expect, test } from 'vitest';
import { evaluator, type Frame } from '../src/backend/reference/evaluate.ts';
import { constant } from '../src/kernel/scalar.ts';
import { philox } from '../src/ops/random.ts';

beforeEach(() => setBackend(reference()));

/** Known-answer vectors of Random123 (kat_vectors, philox4x32, 10 rounds): counter, key, result. */
const VECTORS = [
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
] as const;

test.each(VECTORS)('philox4x32-10 of counter %j', (counter, key, expected) => {
  const words = (list: readonly number[]) => list.map((word) => constant(word, 'uint32'));
  const frame: Frame = { arrays: [], params: [], iteration: 0 };
  const result = evaluator(philox(words(counter), words(key)), [], [], [], frame);
  result.run();
  expect(expected.map((_, i) => result.value(i))).toEqual(expected);
});

test('randomBits is philox with a running counter', () => {
  const state = tensor([0, 0, 0xffffffff, 0], 'uint32');
  const bits = apply('randomBits', [state], { count: 8 }).dataSync();
  const next = apply('randomBits', [tensor([0, 0, 0, 1], 'uint32')], { count: 4 }).dataSync();
  expect([...bits.slice(4)]).toEqual([...next]);
  expect([...apply('randomBits', [tensor([0, 0, 0, 0], 'uint32')], { count: 4 }).dataSync()]).toEqual([
    ...VECTORS[0]![2],
  ]);
});

test('the same seed gives the same stream, however it is cut', () => {
  const whole = new Generator(5).bits([8]).dataSync();
  const parts = new Generator(5);
  expect([...parts.bits([4]).dataSync(), ...parts.bits([4]).dataSync()]).toEqual([...whole]);
  expect([...new Generator(6).bits([8]).dataSync()]).not.toEqual([...whole]);
});

test('setSeed makes the default generator repeatable', () => {
  setSeed(3);
  const first = uniform([4]).dataSync();
  setSeed(3);
  expect([...uniform([4]).dataSync()]).toEqual([...first]);
});

test('moments of the distributions', () => {
  const g = new Generator(1);
  const n = 20_000;
  const check = (x: ReturnType<Generator['normal']>, average: number, spread: number): void => {
    expect(mean(x).itemSync()).toBeCloseTo(average, 1);
    expect(variance(x).itemSync()).toBeCloseTo(spread, 1);
  };
  check(g.uniform([n], 2, 4), 3, 1 / 3);
  check(g.normal([n], 1, 2), 1, 4);
  const truncated = g.truncatedNormal([n]);
  check(truncated, 0, 0.774);
  expect(truncated.abs().max().itemSync()).toBeLessThanOrEqual(2);
  const u = g.uniform([n]);
  expect(u.min().itemSync()).toBeGreaterThanOrEqual(0);
  expect(u.max().itemSync()).toBeLessThan(1);
});

test('permutation holds every integer once; randint stays inside', () => {
  const g = new Generator(2);
  expect([...g.permutation(50).dataSync()].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  const drawn = new Set(g.randint([200], -1, 3).dataSync());
  expect([...drawn].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
});
