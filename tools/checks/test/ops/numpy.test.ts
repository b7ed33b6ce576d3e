/**
 * Ops of the numpy group against results of NumPy, eagerly and compiled.
 */
import { setBackend } from '@dl/tensor';
import * as ops from '@dl/tensor/ops';
import { beforeAll, describe, expect, test } from 'vitest';
import { BACKENDS } from '../cases/support.ts';
import { byOp, runGolden } from './golden.ts';
import arrays from './golden/numpy-arrays.json' with { type: 'json' };
import elementwise from './golden/numpy-elementwise.json' with { type: 'json' };
import statistics from './golden/numpy-statistics.json' with { type: 'json' };

/** Ops whose number of results is in the values, so that jit needs a static size. */
const BY_VALUE = new Set(['nonzero', 'where', 'unique', 'bincount', 'view']);

describe.each(BACKENDS)('%s', (_, make) => {
  beforeAll(async () => setBackend(await make()));

  test.each(byOp([elementwise, statistics, arrays]))('%s', (name, cases) => {
    for (const entry of cases) if (!runGolden(ops, entry)) expect(BY_VALUE).toContain(name);
  });
});
