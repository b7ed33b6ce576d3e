/**
 * The backends that behaviour cases run on, and how values are compared.
 */
import { cpu } from '@dl/backend-cpu';
import { webgpu } from '@dl/backend-webgpu';
import type { Tensor } from '@dl/tensor';
import { reference, type Backend } from '@dl/tensor/backend';
import { expect } from 'vitest';

/** A name and how the backend is made. */
export type Named = readonly [name: string, make: () => Backend | Promise<Backend>];

/** Backends that can be read at once. */
export const BACKENDS: readonly Named[] = [
  ['reference', reference],
  ['cpu', cpu],
];

const adapter = await webgpu().then(
  (backend) => backend,
  () => null,
);

/** Also WebGPU: continuous integration has a driver; elsewhere it takes part where there is one. */
export const ALL_BACKENDS: readonly Named[] = [
  ...BACKENDS,
  ...(adapter || process.env['CI'] ? [['webgpu', () => adapter ?? webgpu()] as const] : []),
];

/** The values of a tensor, on any backend. */
export const numbers = async (t: Tensor): Promise<number[]> => [...(await t.data())];

/** Compares with a relative tolerance; NaN and infinities must agree. `floor` is what counts as 0. */
export function expectNear(
  actual: Iterable<number>,
  wanted: readonly number[],
  { relative = 1e-5, floor = 0 }: { readonly relative?: number; readonly floor?: number } = {},
): void {
  const list = [...actual];
  const close = (a: number, b: number): boolean =>
    Object.is(a, b) || a === b || Math.abs(a - b) <= relative * Math.abs(b) + floor;
  const agree = list.length === wanted.length && list.every((value, i) => close(value, wanted[i]!));
  if (!agree) expect(list).toEqual(wanted);
}

/** As {@link expectNear}, for a tensor. */
export async function expectTensor(
  actual: Tensor,
  wanted: readonly number[],
  tolerance?: Parameters<typeof expectNear>[2],
): Promise<void> {
  expectNear(await numbers(actual), wanted, tolerance);
}
