/**
 * Recurrent layers against numbers of the real Keras.
 */
import { readFileSync } from 'node:fs';
import { Bidirectional, GRU, LSTM, SimpleRNN, type Layer, type RNNArguments, type Tensors } from '@dl/layers';
import { setBackend, tensor, Tensor, type TensorLike } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';
import { expectClose, flat } from './check-layer.ts';

setBackend(reference());

interface Golden {
  readonly input: TensorLike;
  readonly output: unknown;
  readonly mask?: TensorLike;
  readonly weights: readonly { readonly name: string; readonly value: TensorLike }[];
}

const { recurrent } = JSON.parse(readFileSync(new URL('golden/recurrent.json', import.meta.url), 'utf8')) as {
  recurrent: Readonly<Record<string, Golden>>;
};

const all = { returnSequences: true } as const;
const makers: Readonly<Record<string, () => Layer<Tensor, Tensors, RNNArguments>>> = {
  LSTM: () => new LSTM(2),
  LSTM_seq_state: () => new LSTM(2, { ...all, returnState: true }),
  LSTM_back_seq: () => new LSTM(2, { ...all, goBackwards: true }),
  GRU: () => new GRU(2, all),
  GRU_reset_before: () => new GRU(2, { ...all, resetAfter: false }),
  SimpleRNN: () => new SimpleRNN(2, all),
  LSTM_masked: () => new LSTM(2, all),
  GRU_masked: () => new GRU(2, all),
  GRU_masked_zero_output: () => new GRU(2, { ...all, zeroOutputForMask: true }),
  Bidirectional_LSTM_masked: () => new Bidirectional(new LSTM(2, { ...all, name: 'lstm_4' })),
  Bidirectional_GRU_sum: () => new Bidirectional(new GRU(2, { name: 'gru_4' }), { mergeMode: 'sum' }),
};

describe('as Keras', () => {
  test('every golden layer is covered', () => expect(Object.keys(makers)).toEqual(Object.keys(recurrent)));
  for (const [name, make] of Object.entries(makers)) {
    test(name, () => {
      const { input, output, weights, mask } = recurrent[name]!;
      const layer = make();
      const x = tensor(input, 'float32');
      layer.ensureBuilt([null, ...x.shape.slice(1)]);
      expect(layer.weights.map((w) => w.path)).toEqual(weights.map((w) => `${layer.name}/${w.name}`));
      layer.setWeights(weights.map((w) => w.value));
      const y = layer.apply(x, mask === undefined ? {} : { mask: tensor(mask, 'bool') });
      const got = y instanceof Tensor ? [y] : Object.values(y);
      expectClose(
        got.flatMap((t) => [...t.dataSync()]),
        flat(output),
        name,
      );
    });
  }
});
