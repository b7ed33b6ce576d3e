/**
 * Recurrent layers against PyTorch: outputs, states and gradients; in a loop and unrolled, eagerly and compiled, on several
 * backends.
 */
import { variableGrads } from '@dl/autograd';
import { layers, jit, setBackend, tensor, Variable, type Tensor } from '@dl/keras';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BACKENDS } from './cases/support.ts';
import { expectNear, unpack, type Packed } from './golden.ts';

interface Options {
  readonly kind: 'rnn' | 'lstm' | 'gru' | 'conv';
  readonly units: number;
  readonly layers: number;
  readonly both: boolean;
  readonly rank: 1 | 2 | 3;
  readonly filters: number;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: 'valid' | 'same';
}

interface Case {
  readonly name: string;
  readonly options: Options;
  readonly input: Packed;
  readonly states: readonly Packed[];
  readonly weights: readonly Packed[];
  readonly mask: readonly (readonly number[])[] | null;
  readonly outputs: readonly Packed[];
  readonly gradients: readonly Packed[];
}

const cases = JSON.parse(
  readFileSync(new URL('../../golden/recurrent.json', import.meta.url), 'utf8'),
) as readonly Case[];

type Recurrent = layers.Layer<Tensor, readonly Tensor[], layers.RNNArguments>;
const CELLS = { rnn: layers.SimpleRNNCell, lstm: layers.LSTMCell, gru: layers.GRUCell };
const LAYERS = { rnn: layers.SimpleRNN, lstm: layers.LSTM, gru: layers.GRU };
const CONVOLUTIONAL = { 1: layers.ConvLSTM1D, 2: layers.ConvLSTM2D, 3: layers.ConvLSTM3D };

function make(what: Options, unroll: boolean): Recurrent {
  const options = {
    dtype: 'float64',
    unroll,
    returnSequences: true,
    returnState: true,
    zeroOutputForMask: true,
  } as const;
  const { kind, units } = what;
  if (kind === 'conv') {
    const { rank, filters, kernelSize, strides, padding } = what;
    return new CONVOLUTIONAL[rank](filters, kernelSize, { strides, padding, ...options });
  }
  if (what.layers > 1) {
    const Cell = CELLS[kind];
    const cells = Array.from({ length: what.layers }, () => new Cell(units, { dtype: 'float64' }));
    return new layers.RNN(cells, options);
  }
  const layer = new LAYERS[kind](units, options);
  return what.both ? new layers.Bidirectional(layer, { dtype: 'float64' }) : layer;
}

const all = (y: Tensor): Tensor => {
  const factors = Float64Array.from({ length: y.size }, (_, i) => Math.cos(i));
  return y.mul(tensor(factors, y.dtype, y.shape)).sum();
};

describe.each(BACKENDS)('%s', (_, backend) => {
  describe.each([false, true])('unrolled: %j', (unroll) => {
    test.each(cases.map((one) => [one.name, one] as const))('%s', async (name, golden) => {
      setBackend(await backend());
      const layer = make(golden.options, unroll);
      const x = new Variable(unpack(golden.input));
      const states = golden.states.map((state) => new Variable(unpack(state)));
      layer.ensureBuilt([null, ...golden.input.shape.slice(1)]);
      layer.setWeights(golden.weights.map((w) => unpack(w)));
      const mask = golden.mask === null ? null : tensor(golden.mask, 'bool');
      const run = (): readonly Tensor[] =>
        layer.apply(x.value, { mask, initialState: states.map((state) => state.value) });
      const gradients = (): readonly Tensor[] =>
        variableGrads(
          () =>
            run()
              .map(all)
              .reduce((a, b) => a.add(b)),
          [x, ...states, ...layer.weights],
        ).grads as readonly Tensor[];
      expect(golden.weights.map(({ shape }) => shape)).toEqual(layer.weights.map(({ shape }) => shape));
      for (const compiled of [false, true]) {
        const [outputs, grads] = compiled ? [jit(run)(), jit(gradients)()] : [run(), gradients()];
        expect(outputs.length).toBe(golden.outputs.length);
        golden.outputs.forEach((wanted, i) => expectNear(outputs[i]!, wanted, 1e-7, `${name}: output ${i}`));
        golden.gradients.forEach((wanted, i) => expectNear(grads[i]!, wanted, 1e-6, `${name}: gradient ${i}`));
      }
    });
  });
});
