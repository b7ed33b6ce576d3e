/**
 * The conformance suite on a backend of less than 200 lines.
 */
import { readFileSync } from 'node:fs';
import { conformanceCases } from '@dl/tensor/testing';
import { describe, expect, test } from 'vitest';
import { tiny } from './tiny-backend.ts';

describe('a small further backend', () => {
  test('is small', () => {
    const lines = readFileSync(new URL('./tiny-backend.ts', import.meta.url), 'utf8')
      .trimEnd()
      .split('\n').length;
    expect(lines).toBeLessThan(200);
  });
  const backend = tiny();
  for (const { name, run } of conformanceCases()) test(name, () => run(backend));
});
