import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { models, tensor } from '@dl/keras';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkInstalled, inputFor, MODELS } from '../src/models.ts';

interface Expected {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const expected = JSON.parse(readFileSync(new URL('../expected.json', import.meta.url), 'utf8')) as Record<
  string,
  Expected
>;
const full = process.env['FULL'] === '1';

test('there is an expected output for every model', () => {
  expect(Object.keys(expected)).toEqual(MODELS.map(({ name }) => name));
});

describe.runIf(full)('models of TensorFlow.js compute what they compute there', () => {
  beforeAll(checkInstalled);
  test.each(MODELS)('$name', async (real) => {
    const folder = mkdtempSync(join(tmpdir(), 'real-model-'));
    for (const [name, bytes] of real.files()) writeFileSync(join(folder, name), bytes);
    const model = await models.loadModel(join(folder, 'model.json'));
    const output = await model.predict(tensor(inputFor(real), undefined, real.shape), { verbose: 0 });
    const { shape, values } = expected[real.name]!;
    expect(output.shape).toEqual(shape);
    const actual = await output.data();
    values.forEach((value, i) =>
      expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value))),
    );
  });
});
