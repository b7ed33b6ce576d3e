/**
 * Layers against PyTorch on the CPU backend, compiled: outputs, state and gradients.
 */
import { readFileSync } from 'node:fs';
import { cpu } from '@dl/backend-cpu';
import { setBackend } from '@dl/tensor';
import { beforeAll, describe, test } from 'vitest';
import { checkGolden, type GoldenLayer } from '../../../packages/layers/test/golden-layer.ts';

const file = new URL('../../../packages/layers/test/golden/torch.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly GoldenLayer[];

describe('layers and PyTorch agree on the CPU backend', () => {
  beforeAll(() => setBackend(cpu()));
  for (const golden of cases) test(`${golden.layer} ${golden.name}`, () => checkGolden(golden, true));
});
