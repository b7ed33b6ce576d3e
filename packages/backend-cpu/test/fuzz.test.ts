/**
 * Random programs against the reference backend. A seeded sample; more with FULL.
 */
import { cpu } from '@dl/backend-cpu';
import { fuzzCases } from '@dl/tensor/testing';
import { describe, test } from 'vitest';

const backend = cpu();
const seed = Number(process.env['DL_TEST_SEED'] ?? 1) % 1e6;

describe('random programs', () => {
  for (const { name, run } of fuzzCases({ seed, count: process.env['FULL'] ? 3000 : 150 }))
    test(name, () => run(backend));
});
