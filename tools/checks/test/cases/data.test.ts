/**
 * Cases of data: CSV as spreadsheets write it, steps of finite and endless datasets.
 */
import { ConfigError, FormatError, fromArrays, fromCsv, fromGenerator, type Dataset } from '@dl/data';
import { layers, Sequential, setBackend, type StepData, type Tensor } from '@dl/keras';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { BACKENDS, numbers } from './support.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
/** The bytes of a text in chunks of one size. */
const chunked = (text: string, size: number): (() => AsyncGenerator<Uint8Array>) =>
  async function* () {
    const bytes = utf8(text);
    for (let start = 0; start < bytes.length; start += size) yield bytes.slice(start, start + size);
  };
const CHUNKS = [1, 2, 7, 1000];
const spreadsheet = '\uFEFFname,note,y\r\n"Smith, J","said ""hi""",1\r\nBob,"two\r\nlines",\r\nAna,,3.5\r\n';
const columns = { name: 'string', note: 'string', y: 'number' } as const;

describe('CSV', () => {
  test.each(CHUNKS)('C50 byte order mark, CR LF, quotes and gaps in chunks of %i bytes', async (size) => {
    const rows = await fromCsv(chunked(spreadsheet, size), { columns }).toArray();
    expect(rows).toEqual([
      { name: 'Smith, J', note: 'said "hi"', y: 1 },
      { name: 'Bob', note: 'two\r\nlines', y: NaN },
      { name: 'Ana', note: '', y: 3.5 },
    ]);
    expect(Object.keys(rows[0]!)).toEqual(['name', 'note', 'y']);
  });

  test('C50 a missing number is the default, NaN or undefined, never 0', async () => {
    const withDefault = { ...columns, y: { type: 'number', default: -1 } } as const;
    expect((await fromCsv(utf8(spreadsheet), { columns: withDefault }).toArray())[1]?.y).toBe(-1);
    expect((await fromCsv(utf8(spreadsheet), { columns }).toArray())[1]?.y).toBeNaN();
    expect(await fromCsv(utf8(spreadsheet)).toArray()).toEqual([
      { name: 'Smith, J', note: 'said "hi"', y: 1 },
      { name: 'Bob', note: 'two\r\nlines', y: undefined },
      { name: 'Ana', note: undefined, y: 3.5 },
    ]);
  });

  test.each(CHUNKS)('C50 what is missing or too much is an error with its line, chunks of %i', async (size) => {
    const required = { y: { type: 'number', required: true } } as const;
    const gap = fromCsv(chunked(spreadsheet, size), { columns: required, name: 'people.csv' }).toArray();
    await expect(gap).rejects.toThrow("people.csv, line 3, field 'y': missing a number; give the column a default");
    const absent = fromCsv(chunked(spreadsheet, size), { columns: { age: 'number' } }).toArray();
    await expect(absent).rejects.toThrow("csv, line 1, field 'age': no such column; the header has name, note, y");
    const seen: unknown[] = [];
    const long = fromCsv(chunked('a,b\r\n1,2\r\n"x\r\ny",2\r\n1,2,3\r\n', size)).forEach((row) => void seen.push(row));
    await expect(long).rejects.toThrow('csv, line 5: expected 2 fields (a, b), got 3');
    await expect(long).rejects.toBeInstanceOf(FormatError);
    expect(seen).toHaveLength(2);
  });
});

const column = (n: number): number[][] => Array.from({ length: n }, (_, i) => [i]);
const streamed = (n: number): Dataset<{ x: Float32Array; y: Float32Array }> =>
  fromGenerator(function* () {
    for (let i = 0; i < n; i++) yield { x: Float32Array.of(i), y: Float32Array.of(i) };
  });
const SOURCES = [
  ['in memory', fromArrays({ x: column(10), y: column(10) })],
  ['streamed', streamed(10)],
] as const;

describe.each(BACKENDS)('%s', (_, make) => {
  beforeAll(async () => setBackend(await make()));

  /** A model and the rows of every batch it was trained on. */
  function spy(): { model: Sequential; rows: Tensor[] } {
    const rows: Tensor[] = [];
    class Spy extends Sequential {
      override trainStep(data: StepData): Record<string, Tensor> | undefined {
        rows.push(data.x);
        return super.trainStep(data);
      }
    }
    const model = new Spy([new layers.Dense(1, { inputShape: [1] })]);
    model.compile({ optimizer: 'sgd', loss: 'mse', runEagerly: true });
    return { model, rows };
  }
  const quiet = { verbose: 0 } as const;

  test.each(SOURCES)('C52 stepsPerEpoch goes on from epoch to epoch, %s', async (_name, source) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { model, rows } = spy();
    const history = await model.fit(source.batch(2), { stepsPerEpoch: 2, epochs: 3, ...quiet });
    const said = warn.mock.calls.map(([text]) => String(text));
    warn.mockRestore();
    expect(await Promise.all(rows.map(numbers))).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
      [8, 9],
    ]);
    expect(said).toEqual([
      expect.stringMatching(/ran out after 1 of 2 steps of epoch 3; the next epoch starts it again/),
    ]);
    expect(history.epoch).toEqual([0, 1, 2]);
  });

  test.each(SOURCES)('C52 without stepsPerEpoch every epoch is one pass from the start, %s', async (_name, source) => {
    const { model, rows } = spy();
    await model.fit(source.batch(2), { epochs: 2, ...quiet });
    const pass = [0, 2, 4, 6, 8].map((i) => [i, i + 1]);
    expect(await Promise.all(rows.map(numbers))).toEqual([...pass, ...pass]);
  });

  test.each(SOURCES)(
    'C52 an endless dataset without stepsPerEpoch is an error before training, %s',
    async (_n, source) => {
      const { model, rows } = spy();
      const endless = source.repeat().batch(2);
      await expect(model.fit(endless, quiet)).rejects.toThrow(/endless; give stepsPerEpoch/);
      expect(rows).toHaveLength(0);
      await expect(endless.toArray()).rejects.toThrow(ConfigError);
      await model.fit(endless, { stepsPerEpoch: 7, ...quiet });
      expect(await numbers(rows[5]!)).toEqual([0, 1]);
    },
  );

  test.each(SOURCES)('C52 the rest is kept or dropped, %s', async (_name, source) => {
    const { model, rows } = spy();
    await model.fit(source.batch(4), quiet);
    await model.fit(source.batch(4, { dropRemainder: true }), quiet);
    expect(rows.map(({ shape }) => shape[0])).toEqual([4, 4, 2, 4, 4]);
  });
});
