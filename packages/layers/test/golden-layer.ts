/**
 * One layer against the numbers of another framework: output, state after the call and gradients.
 */
import { variableGrads } from '@dl/autograd';
import type { Config, Layer, Tensors } from '@dl/layers';
import { deserializeLayer } from '@dl/layers/registry';
import { jit, tensor, Variable, type Tensor } from '@dl/tensor';
import { expect } from 'vitest';
import { expectClose } from './check-layer.ts';

interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly (number | boolean)[];
}

/** A layer by its configuration, what it gets, and what it must give. */
export interface GoldenLayer {
  readonly name: string;
  readonly layer: string;
  readonly config: Config;
  readonly inputs: readonly Packed[];
  readonly weights: readonly Packed[];
  readonly masks: readonly (Packed | null)[] | null;
  readonly call: Readonly<Record<string, boolean>>;
  readonly training: boolean;
  readonly output: Packed;
  readonly cotangent: Packed;
  readonly grads: readonly Packed[];
  readonly after?: readonly Packed[];
}

const unpack = ({ shape, data }: Packed): Tensor => tensor(Float64Array.from(data as number[]), 'float64', shape);
const list = (packed: Packed): number[] => packed.data.map(Number);

/** Compares a layer with its golden numbers in float64, on the backend in force. */
export function checkGolden(golden: GoldenLayer, compiled: boolean): void {
  const layer = deserializeLayer(golden.layer, { ...golden.config, dtype: 'float64' });
  const several = golden.inputs.length > 1;
  const inputs = golden.inputs.map((input) => new Variable(unpack(input)));
  const masks = golden.masks?.map((mask) => (mask === null ? null : unpack(mask).cast('bool'))) ?? null;
  const options = {
    ...golden.call,
    training: golden.training,
    ...(masks === null ? {} : { mask: several ? masks : masks[0]! }),
  };
  const shapes = golden.inputs.map(({ shape }) => shape);
  layer.ensureBuilt((several ? shapes : shapes[0]!) as never);
  // The golden weights come in the layer's own order, state of the wrapper last.
  const own = layer.weights;
  const ordered = golden.layer === 'SpectralNormalization' ? [...own.slice(1), own[0]!] : own;
  ordered.forEach((weight, i) => weight.assign(unpack(golden.weights[i]!)));
  const cotangent = unpack(golden.cotangent);
  const step = (): readonly Tensor[] => {
    let output: Tensor | null = null;
    const run = (): Tensor => {
      const values = inputs.map((input) => input.read());
      output = (layer as Layer<Tensors>).apply((several ? values : values[0]!) as never, options);
      return output.mul(cotangent).sum();
    };
    const learnt = ordered.slice(0, golden.grads.length - inputs.length);
    const { grads } = variableGrads(run, [...inputs, ...learnt]);
    return [output!, ...grads.map((grad) => grad!)];
  };
  const results = compiled ? jit(step)() : step();
  expect(results[0]!.shape).toEqual(golden.output.shape);
  [golden.output, ...golden.grads].forEach((wanted, i) => {
    expectClose(results[i]!.dataSync(), list(wanted), i === 0 ? 'output' : `gradient ${i - 1}`, 1e-5);
  });
  golden.after?.forEach((wanted, i) => {
    expectClose(ordered[i]!.value.dataSync(), list(wanted), ordered[i]!.name, 1e-5);
  });
}
