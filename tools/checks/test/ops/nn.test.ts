/**
 * Ops of the nn group against results of PyTorch, eagerly and compiled.
 */
import { setBackend } from '@dl/tensor';
import * as ops from '@dl/tensor/ops';
import { beforeAll, describe, expect, test } from 'vitest';
import { BACKENDS } from '../cases/support.ts';
import { byOp, runGolden } from './golden.ts';
import nn from './golden/nn.json' with { type: 'json' };

describe.each(BACKENDS)('%s', (_, make) => {
  beforeAll(async () => setBackend(await make()));
  test.each(byOp([nn]))('%s', (_name, cases) => {
    for (const entry of cases) expect(runGolden(ops, entry, 3e-5)).toBe(true);
  });
});
