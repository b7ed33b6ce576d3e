/**
 * The conformance suite on a software Vulkan driver through Dawn. Machines without a driver fail here on purpose:
 * continuous integration installs one. Drivers compile slowly, so a seeded sample runs unless FULL is set.
 */
import { conformanceCases, testRandom } from '@dl/tensor/testing';
import { webgpu } from '@dl/backend-webgpu';
import { describe, test } from 'vitest';

const SHARE = process.env['FULL'] ? 1 : 0.12;
const random = testRandom(Number(process.env['DL_TEST_SEED'] ?? 1));
const backend = await webgpu();

describe('webgpu conformance', () => {
  for (const { name, run } of conformanceCases()) {
    if (random.next() < SHARE) test(name, { timeout: 60_000 }, () => run(backend));
  }
});
