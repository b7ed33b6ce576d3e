/**
 * What tests of layers share: the reference backend, checkLayer with gradients, and comparisons.
 */
import { grad, variableGrads } from '@dl/autograd';
import type { Tensors } from '@dl/layers';
import { checkLayer as check, type LayerCase } from '@dl/layers/testing';
import { setBackend, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { expect } from 'vitest';

export type { LayerCase } from '@dl/layers/testing';

/** Cases by name: the class, and what is special. */
export type Cases = Readonly<Record<string, LayerCase>>;

/** Cases of layers that take lists. */
export type ListCases = Readonly<Record<string, LayerCase<readonly Tensor[]>>>;

setBackend(reference());

/** All checks of a layer, gradients included. */
export function checkLayer<I extends Tensors, O extends Tensors, C extends object>(what: LayerCase<I, O, C>): void {
  check(what, { grad, variableGrads });
}

/** Compares within |a − b| ≤ tolerance·max(1, |b|). */
export function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, what: string, tolerance = 1e-6): void {
  expect(got.length, what).toBe(wanted.length);
  for (let i = 0; i < got.length; i++) {
    const limit = tolerance * Math.max(1, Math.abs(wanted[i]!));
    expect(Math.abs(got[i]! - wanted[i]!), `${what}[${i}]: ${got[i]} for ${wanted[i]}`).toBeLessThanOrEqual(limit);
  }
}

/** All numbers of nested arrays. */
export const flat = (value: unknown): number[] => [value].flat(16) as number[];
