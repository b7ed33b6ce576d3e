// JSON Lines: values, chunking, checks and broken lines.
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ConfigError, FormatError, fromJsonLines } from '../src/index.ts';
import { chunked, errorOf, utf8 } from './helpers.ts';

const text = '\uFEFF{"t":"é😀","y":1}\r\n\n[1,2]\n"last"';
const values = [{ t: 'é😀', y: 1 }, [1, 2], 'last'];

test.each([1, 2, 7, 1000])('values in chunks of %i bytes, plain and gzipped', async (size) => {
  expect(await fromJsonLines(chunked(utf8(text), size)).toArray()).toEqual(values);
  expect(await fromJsonLines(chunked(gzipSync(text), size)).toArray()).toEqual(values);
});

test('parse checks and converts, and its complaint gets the line', async () => {
  const rows = fromJsonLines('{"x":1}\n\n{"x":"?"}', {
    name: 'a.jsonl',
    parse: (value) => {
      const { x } = value as { x: unknown };
      if (typeof x !== 'number') throw new TypeError('x is not a number');
      return x;
    },
  });
  expect(await rows.take(1).toArray()).toEqual([1]);
  const error = await errorOf(rows.toArray());
  expect(error).toBeInstanceOf(FormatError);
  expect(error).toHaveProperty('message', 'a.jsonl, line 3: x is not a number');
});

test('a line that is not JSON or too long is an error with its number', async () => {
  expect(await errorOf(fromJsonLines('1\n{').toArray())).toMatchObject({ name: 'FormatError', place: { line: 2 } });
  const long = fromJsonLines(`1\n"${'x'.repeat(20)}"`, { maxLineLength: 10 });
  expect(await errorOf(long.toArray())).toMatchObject({ name: 'FormatError', place: { line: 2 } });
});

test('empty files give nothing; wrong options are told at once', async () => {
  expect(await fromJsonLines('').toArray()).toEqual([]);
  expect(() => fromJsonLines('', { parse: 1 as never })).toThrow(ConfigError);
  expect(() => fromJsonLines('', { maxLineLength: 0 })).toThrow(ConfigError);
  expect(() => fromJsonLines('', { check: 1 } as never)).toThrow("unknown option 'check'");
});
