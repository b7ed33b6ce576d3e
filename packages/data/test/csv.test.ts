// CSV: what spreadsheets write, column types, chunking, sources and broken files.
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { ConfigError, DataError, FormatError, fromCsv, type Dataset, type NDArray } from '../src/index.ts';
import { splitRecords } from '../src/csv-records.ts';
import { chunked, errorOf, utf8, writeFiles } from './helpers.ts';

describe('columns', () => {
  test('types, order and selection follow the description', async () => {
    const rows = fromCsv('id,ok,kind,x\n1,yes,cat,1e3\n2,FALSE,dog, -.5 ', {
      columns: { x: 'number', kind: { type: 'category', values: ['dog', 'cat'] }, ok: 'boolean' },
    });
    expectTypeOf(rows).toEqualTypeOf<Dataset<{ readonly x: number; readonly kind: number; readonly ok: boolean }>>();
    expect(await rows.toArray()).toEqual([
      { x: 1000, kind: 1, ok: true },
      { x: -0.5, kind: 0, ok: false },
    ]);
    expect((await rows.batch(2).toArray())[0]?.x).toEqual({ data: Float32Array.of(1000, -0.5), shape: [2] });
  });

  test('labels split rows into xs and ys', async () => {
    const rows = fromCsv('a,b,y\n1,2,3', { columns: { a: 'number', b: 'number', y: 'number' }, labels: ['y'] });
    expect(await rows.toArray()).toEqual([{ xs: { a: 1, b: 2 }, ys: { y: 3 } }]);
    expectTypeOf((await rows.toArray())[0]!.ys.y).toEqualTypeOf<number>();
    const [batch] = await rows.batch(4).toArray();
    expectTypeOf(batch!.xs.a).toEqualTypeOf<NDArray>();
    expect(batch?.ys.y.shape).toEqual([1]);
  });

  test('header: names of the caller, or numbers', async () => {
    expect(await fromCsv('1,2\n3,4', { header: ['a', 'b'] }).toArray()).toEqual([
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ]);
    expect(await fromCsv('1;2', { header: false, delimiter: ';' }).toArray()).toEqual([{ 0: 1, 1: 2 }]);
    expect(await fromCsv('', { header: false }).toArray()).toEqual([]);
    expect(await fromCsv('a,b\n').toArray()).toEqual([]);
  });

  test('comments, empty lines, missing texts, trimming, other quotes and line ends', async () => {
    const text = "# made by hand\ra , b\r\r 1 ,'x,#'\r?,y";
    const options = { comment: '#', missing: ['', '?'], trim: true, quote: "'" };
    expect(await fromCsv(text, options).toArray()).toEqual([
      { a: 1, b: 'x,#' },
      { a: undefined, b: 'y' },
    ]);
  });

  test('only decimal numbers and the usual names of NaN and infinity are numbers', async () => {
    const text = 'x\n1\n-2.5E-3\n.5\n5.\nNaN\n-inf\nInfinity\n0x10\n1_000\n1 2\n--1';
    expect((await fromCsv(text).toArray()).map(({ x }) => x)).toEqual([
      1,
      -0.0025,
      0.5,
      5,
      NaN,
      -Infinity,
      Infinity,
      '0x10',
      '1_000',
      '1 2',
      '--1',
    ]);
  });
});

describe('broken files', () => {
  test.each<[string, string, Parameters<typeof fromCsv>[1], number | undefined]>([
    ['field \'x\': expected a number, got "abc"', 'x\n1\nabc', { columns: { x: 'number' } as never }, 3],
    ['expected 2 fields (a, b), got 1', 'a,b\n1', {}, 2],
    ['expected true or false, got "maybe"', 'x\nmaybe', { columns: { x: 'boolean' } as never }, 2],
    ['missing true or false', 'x,y\n,1', { columns: { x: 'boolean' } as never }, 2],
    ['expected one of a, b', 'x\nc', { columns: { x: { type: 'category', values: ['a', 'b'] } } as never }, 2],
    ['the file is empty; expected a header line', '', {}, 1],
    ['two columns have this name', 'a,a\n1,2', {}, 1],
    ['a quoted field does not end', 'a\n"x\ny', {}, 2],
    ['a quoted field does not end', 'a\r\n"x\r\ny"\r\n"z', {}, 4],
    ['a quote inside an unquoted field', 'a,b\nx"y,1', {}, 2],
    ['"y" after a closing quote', 'a,b\n"x"y,1', {}, 2],
    ['a record of more than 20', `a\n"${'x'.repeat(50)}`, { maxRecordSize: 20 }, 2],
  ])('%s', async (message, text, options, line) => {
    const error = await errorOf(fromCsv(text, options).toArray());
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toHaveProperty('message', expect.stringContaining(message));
    expect((error as FormatError).place).toMatchObject({ file: 'csv', line });
  });

  test.each<[string, () => unknown]>([
    ["unknown option 'seperator'", () => fromCsv('a', { seperator: ';' } as never)],
    ["column 'x' must be", () => fromCsv('x', { columns: { x: 'float' } as never })],
    ['needs values', () => fromCsv('x', { columns: { x: { type: 'category' } } as never })],
    ["label 'z' is not among", () => fromCsv('x', { columns: { x: 'number' }, labels: ['z'] })],
    ['missing must be a list', () => fromCsv('x', { missing: '?' as never })],
    ['header must be a list', () => fromCsv('x', { header: [1] as never })],
    ['delimiter must be one character', () => fromCsv('x', { delimiter: '' })],
    ['quote must be one character', () => fromCsv('x', { quote: '""' })],
    ['comment must be one character', () => fromCsv('x', { comment: '\n' })],
    ['trim', () => fromCsv('x', { trim: 1 as never })],
    ['maxRecordSize', () => fromCsv('x', { maxRecordSize: 0 })],
  ])('wrong option: %s', (message, run) => {
    expect(run).toThrow(ConfigError);
    expect(run).toThrow(message);
  });
});

describe('sources', () => {
  const text = 'name,x\nÅsa,1\n😀,2\n';
  const rows = [
    { name: 'Åsa', x: 1 },
    { name: '😀', x: 2 },
  ];

  test('text, bytes, blobs, streams, chunks of text, functions and gzip', async () => {
    const bytes = utf8(text);
    async function* characters() {
      for (let i = 0; i < text.length; i++) yield text.charAt(i); // Cuts the surrogate pair in two.
    }
    const sources = [
      text,
      bytes,
      bytes.slice().buffer,
      new Blob([text]),
      new Blob([text]).stream(),
      characters(),
      async () => text,
      chunked(bytes, 3),
      chunked(gzipSync(bytes), 1),
      new URL(`data:text/csv,${encodeURIComponent(text)}`),
    ];
    for (const source of sources) expect(await fromCsv(source).toArray()).toEqual(rows);
  });

  test('paths and file addresses, again in each pass', async () => {
    const dir = writeFiles({ 'a.csv': text, 'a.csv.gz': gzipSync(text) });
    for (const source of [
      { path: join(dir, 'a.csv') },
      { path: join(dir, 'a.csv.gz') },
      pathToFileURL(join(dir, 'a.csv')),
    ]) {
      const dataset = fromCsv(source);
      expect([await dataset.toArray(), await dataset.toArray()]).toEqual([rows, rows]);
    }
    const error = await errorOf(fromCsv({ path: join(dir, 'no.csv') }).toArray());
    expect(error).toBeInstanceOf(DataError);
    expect(error).toHaveProperty('message', expect.stringContaining('no.csv'));
  });

  test('a stream runs once and says so', async () => {
    const dataset = fromCsv(new Blob([text]).stream());
    expect(await dataset.toArray()).toEqual(rows);
    await expect(dataset.toArray()).rejects.toThrow('already read; pass a function');
    await expect(fromCsv(3 as never).toArray()).rejects.toThrow(ConfigError);
  });

  test('truncated gzip is an error', async () => {
    const zipped = gzipSync(utf8(text.repeat(100)));
    const error = await errorOf(fromCsv(zipped.subarray(0, zipped.length >> 1)).toArray());
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toHaveProperty('message', expect.stringContaining('gzip'));
  });

  test('a file of several chunks keeps order and count', async () => {
    const count = 30_000;
    const big = `i,t\n${Array.from({ length: count }, (_, i) => `${i},"row, ${i}"`).join('\n')}`;
    let next = 0;
    await fromCsv(big, { columns: { i: 'number' } }).forEach(({ i }) => {
      if (i !== next++) throw new Error(`row ${i} out of order`);
    });
    expect(next).toBe(count);
  });
});

test('any table survives writing and reading, whatever the chunks', async () => {
  const cell = fc.string({
    unit: fc.constantFrom('a', ',', '"', '\n', '\r\n', ' ', 'é', '😀', '0', '#'),
    maxLength: 6,
  });
  const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell), { maxLength: 6 }),
      fc.constantFrom(1, 2, 7),
      fc.constantFrom('\n', '\r\n'),
      async (table, size, lineEnd) => {
        const text = [['p', 'q'], ...table].map((row) => row.map(quoted).join(',')).join(lineEnd);
        const rows = await fromCsv(chunked(utf8(text), size), { columns: { p: 'string', q: 'string' } }).toArray();
        expect(rows).toEqual(table.map(([p, q]) => ({ p, q })));
      },
    ),
    { numRuns: 150 },
  );
});

test('any text is split as csv-parse splits it, or refused where it refuses', async () => {
  const unit = fc.constantFrom('a', ',', '"', '\n', '\r\n', '\r', ' ', 'é');
  await fc.assert(
    fc.asyncProperty(fc.string({ unit, maxLength: 12 }), fc.constantFrom(1, 3, 100), async (text, size) => {
      let expected: string[][] | undefined;
      try {
        const options = { relax_column_count: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n', '\r'] };
        expected = parse(text, options);
      } catch {
        expected = undefined;
      }
      const rows: string[][] = [];
      const records = splitRecords(chunked(utf8(text), size)(), {}, 'csv');
      const error = await errorOf(
        (async () => {
          for await (const { values } of records) rows.push([...values]);
        })(),
      );
      if (expected === undefined) expect(error).toBeInstanceOf(FormatError);
      else expect([error, rows]).toEqual([undefined, expected]);
    }),
    { numRuns: 500 },
  );
});
