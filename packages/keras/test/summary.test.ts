/**
 * The summary table against the text of the real Keras.
 */
import { readFileSync } from 'node:fs';
import { clearSession, layers, Model, Sequential, type AnyModel } from '@dl/keras';
import { beforeEach, describe, expect, test } from 'vitest';

const golden = readFileSync(new URL('golden/summary.txt', import.meta.url), 'utf8');
/** The n-th table of the file. */
const table = (n: number): string =>
  golden
    .split(/\n(?=Model: )/)
    [n + 1]!.replace(/\n--- progress bar[^]*$/, '')
    .trimEnd();
const text = (model: AnyModel, options: Parameters<AnyModel['summary']>[0] = {}): string => {
  let printed = '';
  model.summary({ ...options, printFn: (line) => (printed += line) });
  return printed;
};

beforeEach(() => clearSession());

describe('summary', () => {
  const chain = (): Sequential =>
    new Sequential([
      layers.Input({ shape: [28, 28, 1] }),
      new layers.Rescaling(1 / 255),
      new layers.Flatten(),
      new layers.Dense(128, { activation: 'relu' }),
      new layers.Dropout(0.2),
      new layers.Dense(10),
    ]);

  test('a chain at the default width', () => expect(text(chain())).toBe(table(0)));
  test('lineLength', () => expect(text(chain(), { lineLength: 65 })).toBe(table(1)));
  test('showTrainable', () => expect(text(chain(), { showTrainable: true })).toBe(table(2)));
  test('two inputs with a shared layer tell what is connected to what', () => {
    const [a, b] = [layers.Input({ shape: [4], name: 'a' }), layers.Input({ shape: [4], name: 'b' })];
    const shared = new layers.Dense(3, { name: 'shared' });
    const joined = new layers.Concatenate().apply([shared.apply(a), shared.apply(b)]);
    const y = new layers.Dense(1, { name: 'dense_2' }).apply(joined);
    expect(text(new Model([a, b], y, { name: 'two_in' }))).toBe(table(3));
  });

  test('expandNested lists the layers of models inside', () => {
    const inner = new Sequential(
      [
        layers.Input({ shape: [4] }),
        new layers.Dense(3, { name: 'dense_3' }),
        new layers.Dense(2, { name: 'dense_4' }),
      ],
      { name: 'inner' },
    );
    const x = layers.Input({ shape: [4], name: 'input_layer_2' });
    const y = new layers.Dense(1, { name: 'dense_5' }).apply(inner.apply(x));
    expect(text(new Model(x, y, { name: 'outer' }), { expandNested: true })).toBe(table(4));
  });

  test('an unbuilt model', () => {
    const model = new Sequential([new layers.Dense(3, { name: 'dense_6' }), new layers.Dense(2, { name: 'dense_7' })], {
      name: 'unbuilt',
    });
    expect(text(model)).toBe(table(5));
  });
});
