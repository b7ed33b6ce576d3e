/**
 * Golden cases of numpy and torch, compared on several backends, eagerly and compiled.
 */
import { grad } from '@dl/autograd';
import { cpu } from '@dl/backend-cpu';
import { jit, setBackend, tensor, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** An array as the generators write it; 'nan', 'inf' and '-inf' stand for what JSON does not know. */
export interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export interface GoldenCase<O = unknown> {
  readonly name: string;
  readonly inputs: readonly Packed[];
  readonly options?: O;
  readonly outputs: readonly Packed[];
  readonly gradients?: readonly Packed[];
}

export function readGolden<O = unknown>(file: string): readonly GoldenCase<O>[] {
  return JSON.parse(readFileSync(new URL(`../../golden/${file}`, import.meta.url), 'utf8')) as GoldenCase<O>[];
}

export const unpack = ({ shape, data }: Packed, dtype: 'float32' | 'float64' = 'float64'): Tensor =>
  tensor(Float64Array.from(data), dtype, shape);

/** |a − b| ≤ tolerance·max(1, largest |b|) everywhere. */
export function expectNear(actual: Tensor, { shape, data }: Packed, tolerance: number, label: string): void {
  expect([...actual.shape], label).toEqual([...shape]);
  const scale = Math.max(1, ...data.map(Math.abs));
  const values = actual.dataSync();
  let worst = 0;
  for (let i = 0; i < data.length; i++) {
    const error = Math.abs(values[i]! - data[i]!);
    worst = error <= worst ? worst : error;
  }
  expect(worst / scale, `${label}: ${[...values].join()} for ${data.join()}`).toBeLessThanOrEqual(tolerance);
}

type Outputs = (...inputs: Tensor[]) => readonly Tensor[];

/** The sum that gradients of the generators belong to. */
function weighted(f: Outputs): (...inputs: Tensor[]) => Tensor {
  return (...inputs) =>
    f(...inputs)
      .filter(({ dtype }) => dtype.startsWith('float'))
      .map((y) => {
        const weights = Float64Array.from({ length: y.size }, (_, i) => Math.cos(1.3 * i + 0.4) + 0.2);
        return y.mul(tensor(weights, y.dtype, y.shape)).sum();
      })
      .reduce((a, b) => a.add(b));
}

/** Values, gradients and compiled values of one case, in float64 on both backends and in float32 on the CPU's. */
export function checkGolden(f: Outputs, { name, inputs, outputs, gradients }: GoldenCase, single = 2e-4): void {
  for (const [backend, dtype, tolerance] of [
    [reference(), 'float64', 1e-9],
    [cpu(), 'float64', 1e-9],
    [cpu(), 'float32', single],
  ] as const) {
    setBackend(backend);
    const label = `${name} ${backend.name} ${dtype}`;
    const leaves = inputs.map((x) => unpack(x, dtype));
    const eager = f(...leaves);
    outputs.forEach((golden, i) => expectNear(eager[i]!, golden, tolerance, `${label} output ${i}`));
    const compiled = jit((...xs: Tensor[]) => f(...xs) as Tensor[])(...leaves);
    outputs.forEach((golden, i) => expectNear(compiled[i]!, golden, tolerance, `${label} compiled output ${i}`));
    gradients?.forEach((golden, i) => {
      const slope = grad(weighted(f), { argnums: i }) as (...xs: Tensor[]) => Tensor;
      expectNear(slope(...leaves), golden, tolerance * 10, `${label} gradient ${i}`);
    });
  }
}
