/**
 * Every class of Keras compares as docs/layers.md says, every class has checks, and they pass.
 * A run takes a sample of the checks, chosen by DL_TEST_SEED; FULL=1 takes all.
 */
import { cpu } from '@dl/backend-cpu';
import { Dense } from '@dl/layers';
import { setBackend } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CHECKS, failureOf, type Check } from '../src/checks.ts';
import { callOf } from '../src/calls.ts';
import { compare } from '../src/compare.ts';
import { ALIASES, ENTRIES, FUNCTIONS, type Entry } from '../src/inventory.ts';
import { parseLiteral, sameDefault } from '../src/literal.ts';
import type { LayerClass } from '../src/minimal.ts';
import { factsIn, failures, page } from '../src/table.ts';

const SEED = Number(process.env['DL_TEST_SEED'] ?? 1);
const COUNT = process.env['FULL'] ? CHECKS.length : 12;

/** A sample without repetition: each check has a key that depends on the seed. */
function sample(): readonly Check[] {
  const key = (i: number): number => (Math.imul((i + 1) ^ Math.imul(SEED, 0x9e3779b1), 0x85ebca6b) >>> 0) / 2 ** 32;
  return [...CHECKS.entries()]
    .sort(([a], [b]) => key(a) - key(b))
    .slice(0, COUNT)
    .map(([, check]) => check);
}

afterAll(() => setBackend(reference()));

describe('the comparison', () => {
  test('nothing differs without a reason', () => {
    expect([ENTRIES.length, ALIASES.length, FUNCTIONS.length]).toEqual([145, 20, 11]);
    expect(failures()).toEqual([]);
    expect(ENTRIES.filter(({ here }) => here !== null).length / ENTRIES.length).toBeGreaterThanOrEqual(0.95);
  });

  test('every class has a check', () => {
    const checked = new Set(CHECKS.map(({ of }) => of));
    expect(ENTRIES.filter(({ name, here }) => here !== null && !checked.has(name))).toEqual([]);
  });

  test('docs/layers.md is up to date', () => {
    const written = readFileSync(join(import.meta.dirname, '../../../docs/layers.md'), 'utf8');
    const backends = new Map(['reference', 'cpu'].map((name) => [name, new Map()]));
    expect(factsIn(written), 'npm run coverage:keras writes it anew').toEqual(factsIn(page(backends)));
    expect(written).not.toContain('✗');
  });
});

describe.each([reference(), cpu()].map((backend) => [backend.name, backend] as const))('%s', (_name, backend) => {
  test.each(sample().map((check, i) => [`${check.name} (${i})`, check] as const))('%s', async (_case, check) => {
    expect(await failureOf(check, backend)).toBeNull();
  });
});

describe('the comparison notices what is wrong', () => {
  const dense = ENTRIES.find(({ name }) => name === 'Dense')!;
  const like = (changes: Partial<Entry>): readonly string[] => compare({ ...dense, ...changes }).failures;
  const replace = (key: string, ...argument: [string, string?]): Entry['args'] =>
    dense.args.map((one) => (one[0] === key ? argument : one));

  test('a default that differs, an argument that is missing, another order', () => {
    expect(like({})).toEqual([]);
    expect(like({ args: replace('use_bias', 'use_bias', 'False') })).toEqual([
      'Dense: the default of use_bias is true, not False',
    ]);
    expect(like({ args: replace('bias_initializer', 'bias_initializer', "'ones'") })[0]).toContain("not 'ones'");
    expect(like({ args: replace('use_bias', 'use_bases', 'True') })).toEqual([
      "Dense: there is no option 'useBases' for use_bases",
    ]);
    expect(like({ args: [['rate'], ...dense.args] })).toEqual(
      expect.arrayContaining([
        "Dense: argument 0 is 'units', not rate",
        "Dense: 'rate' is required and must be positional",
      ]),
    );
  });

  test('an explanation of what does not differ', () => {
    class Quantized extends Dense {
      static override readonly options: readonly string[] = [...Dense.options, 'quantizationConfig'];
    }
    expect(like({ here: Quantized as unknown as LayerClass })).toContain(
      "Dense: 'quantization_config' exists, though listed as missing",
    );
  });

  test('an argument of a call that has no name here', () => {
    expect(callOf({ ...dense, call: [['inputs'], ['speed', 'None']] }).failures).toHaveLength(1);
  });

  test('a check that fails says how, and on which backend', async () => {
    const run = (): never => {
      throw new Error('no');
    };
    const failing: Check = { of: 'Dropout', name: 'Dropout of all', general: true, run };
    expect(await failureOf(failing, reference())).toBe('Dropout of all on reference: no');
  });
});

test('defaults in Python', () => {
  expect(parseLiteral('((1, 1), (0, 2.5))')).toEqual([
    [1, 1],
    [0, 2.5],
  ]);
  expect(["'a'", 'None', 'True', '-1', '1e-06'].map(parseLiteral)).toEqual(['a', null, true, -1, 1e-6]);
  expect(() => parseLiteral('lambda x: x')).toThrow('cannot read the default');
  expect(sameDefault([1, 1], 1)).toBe(true);
  expect(sameDefault([1, 1], [1, 2])).toBe(false);
  expect(sameDefault('zeros', { class_name: 'Zeros', config: {} })).toBe(true);
  expect(sameDefault(null, 'linear')).toBe(true);
  expect(sameDefault(null, 0)).toBe(false);
  expect(sameDefault(0, null)).toBe(false);
});
