/**
 * Layers against PyTorch: outputs, state after the call and gradients. The numbers come from tools/golden/layers.py.
 */
import { readFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import { checkGolden, type GoldenLayer } from './golden-layer.ts';

const file = new URL('golden/torch.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly GoldenLayer[];

describe('layers and PyTorch agree', () => {
  for (const golden of cases) {
    test(`${golden.layer} ${golden.name}`, () => checkGolden(golden, false));
    test(`${golden.layer} ${golden.name}, compiled`, () => checkGolden(golden, true));
  }
});
