/**
 * Every op of Keras exists or is excluded, every export has a case, cases pass, and docs/ops.md names what there is.
 * A run takes a sample of the cases, chosen by DL_TEST_SEED; FULL=1 takes all.
 */
import { cpu } from '@dl/backend-cpu';
import { setBackend } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { casesOf, flags, real, whole, type Case } from '../src/case.ts';
import { CASES } from '../src/cases/index.ts';
import { check, CHECKS, type Outcome } from '../src/checks.ts';
import { casesFor, ENTRIES, EXPORTS, OWN } from '../src/inventory.ts';
import { combined, namesIn, page } from '../src/table.ts';

const SEED = Number(process.env['DL_TEST_SEED'] ?? 1);
const COUNT = process.env['FULL'] ? CASES.length : 40;
const TARGETS = [reference(), cpu()].map((backend) => ({ backend, wide: true }));

/** A sample without repetition: each case has a key that depends on the seed. */
function sample(): readonly Case[] {
  const key = (i: number): number => (Math.imul((i + 1) ^ Math.imul(SEED, 0x9e3779b1), 0x85ebca6b) >>> 0) / 2 ** 32;
  return [...CASES.entries()]
    .sort(([a], [b]) => key(a) - key(b))
    .slice(0, COUNT)
    .map(([, item]) => item);
}

const failureOf = (outcome: Outcome): string | null =>
  typeof outcome === 'object' && 'failure' in outcome ? outcome.failure : null;

afterAll(() => setBackend(reference()));

describe('names', () => {
  test('every op of Keras exists here or is excluded for a reason, and not both', () => {
    expect(ENTRIES.length).toBeGreaterThan(360);
    const wrong = ENTRIES.filter(
      (entry) => (entry.export === null) === (entry.excluded === null || entry.excluded === ''),
    );
    expect(wrong.map(({ group, keras }) => `${group}.${keras}`)).toEqual([]);
    const existing = ENTRIES.filter((entry) => entry.export !== null).length;
    expect(existing / ENTRIES.length).toBeGreaterThanOrEqual(0.95);
  });

  test('every export has a case, and every case an export', () => {
    expect(EXPORTS.filter(({ value }) => casesFor(value).length === 0).map(({ name }) => name)).toEqual([]);
    const exported = new Set(EXPORTS.map(({ value }) => value));
    expect(CASES.filter(({ target }) => !exported.has(target)).map(({ name }) => name)).toEqual([]);
  });

  test('docs/ops.md has the names there are', () => {
    const written = readFileSync(join(import.meta.dirname, '../../../docs/ops.md'), 'utf8');
    const expected = namesIn(page(ENTRIES, OWN, new Map()));
    expect(expected.length).toBe(ENTRIES.filter((entry) => entry.export !== null).length + OWN.length);
    expect(namesIn(written), 'npm run coverage:ops writes it anew').toEqual(expected);
  });
});

describe.each(TARGETS.map((target) => [target.backend.name, target] as const))('%s', (_name, target) => {
  test.each(sample().map((item, i) => [`${item.name} (${i})`, item] as const))('%s', async (_case, item) => {
    const outcomes = await check(item, target);
    expect(CHECKS.flatMap((name) => failureOf(outcomes[name]) ?? [])).toEqual([]);
  });
});

describe('the checks notice what is wrong', () => {
  const run = async (
    call: Parameters<ReturnType<typeof casesOf<{ op: null }>>>[1],
    options = {},
  ): Promise<string[]> => {
    const item = casesOf({ op: null })('op', call, [real([3]), whole([3], 0, 4), flags([3])], options);
    const outcomes = await check(item, TARGETS[1]!);
    return CHECKS.filter((name) => failureOf(outcomes[name]) !== null);
  };

  test('an op that is right passes', async () => {
    expect(await run((_f, x, i, b) => x.mul(i).mul(b))).toEqual([]);
  });

  test('values that are read cannot be compiled, differentiated or mapped', async () => {
    expect(await run((_f, x) => x.mul(x.dataSync()[0]!))).toContain('jit');
  });

  test('a refusal that does not happen is a failure', async () => {
    expect(await run((_f, x) => x.mul(2), { jit: 'cannot', vmap: 'cannot' })).toEqual(['jit', 'vmap']);
  });

  test('results that change from call to call are noticed', async () => {
    let calls = 0;
    expect(await run((_f, x) => x.mul(++calls))).toEqual(expect.arrayContaining(['value', 'jit', 'vmap']));
  });

  test('one failing case fails the op', () => {
    expect(combined(['passed', { failure: 'no' }])).toEqual({ failure: 'no' });
    expect(combined([{ inapplicable: 'why' }, 'passed'])).toBe('passed');
  });
});
