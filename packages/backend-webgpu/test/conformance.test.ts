/**
 * The conformance suite on a Vulkan driver through Dawn. Continuous integration installs a software driver and fails
 * without one; elsewhere, machines without a driver check the error that says what is missing. Drivers compile slowly,
 * so a seeded sample runs unless FULL is set.
 */
import { BackendError } from '@dl/tensor';
import { conformanceCases, testRandom } from '@dl/tensor/testing';
import { webgpu } from '@dl/backend-webgpu';
import { describe, expect, test } from 'vitest';

const SHARE = process.env['FULL'] ? 1 : 0.12;
const random = testRandom(Number(process.env['DL_TEST_SEED'] ?? 1));
const backend = await webgpu().catch((error: unknown) => error as Error);

describe('webgpu conformance', () => {
  if (backend instanceof Error) {
    test('without an adapter the error says what to install', () => {
      expect(process.env['CI'], backend.message).toBeUndefined();
      expect(backend).toBeInstanceOf(BackendError);
      expect(backend.message).toMatch(/driver|adapter|install/);
    });
    return;
  }
  for (const { name, run } of conformanceCases()) {
    if (random.next() < SHARE) test(name, { timeout: 60_000 }, () => run(backend));
  }
});
