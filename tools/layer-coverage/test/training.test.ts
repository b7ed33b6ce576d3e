/**
 * What training is made of compares with Keras as docs/training-objects.md says.
 */
import { setBackend } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missingNames, trainingEntries, trainingPage } from '../src/training.ts';

setBackend(reference());
const entries = trainingEntries();

test('nothing differs without a reason', () => {
  expect(entries.flatMap(({ failures }) => failures)).toEqual([]);
  expect(missingNames()).toEqual([]);
});

test('at least 95 % of the classes exist', () => {
  expect(entries).toHaveLength(137);
  for (const group of new Set(entries.map((entry) => entry.group))) {
    const own = entries.filter((entry) => entry.group === group);
    const have = own.filter(({ exists }) => exists).length;
    // The only class left out is one of sixteen callbacks.
    expect(have / own.length, group).toBeGreaterThanOrEqual(group === 'callbacks' ? 15 / 16 : 1);
  }
  expect(entries.filter(({ exists }) => exists).length / entries.length).toBeGreaterThanOrEqual(0.95);
});

test('docs/training-objects.md is up to date', () => {
  const cells = (text: string): string => text.replace(/[ -]+/g, ' ').replace(/\| /g, '|');
  const written = readFileSync(join(import.meta.dirname, '../../../docs/training-objects.md'), 'utf8');
  expect(cells(written), 'npm run coverage:keras writes it anew').toBe(cells(trainingPage(entries)));
});
