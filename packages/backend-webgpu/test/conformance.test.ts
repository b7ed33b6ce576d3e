/**
 * The conformance suite on a Vulkan driver through Dawn. Continuous integration installs a software driver and fails
 * without one; elsewhere, machines without a driver check the error that says what is missing. Drivers compile slowly,
 * so a seeded sample runs unless FULL is set; NaN, infinities and zeros are cheap and always run.
 */
import { BackendError } from '@dl/tensor';
import { conformanceCases, testRandom } from '@dl/tensor/testing';
import { describe, expect, test } from 'vitest';
import { adapter } from './adapter.ts';

const SHARE = process.env['FULL'] ? 1 : 0.12;
const random = testRandom(Number(process.env['DL_TEST_SEED'] ?? 1));

describe('webgpu conformance', () => {
  const backend = adapter;
  if (backend instanceof Error) {
    test('without an adapter the error says what to install', () => {
      expect(process.env['CI'], backend.message).toBeUndefined();
      expect(backend).toBeInstanceOf(BackendError);
      expect(backend.message).toMatch(/driver|adapter|install/);
    });
    return;
  }
  const cases = conformanceCases();
  const specials = cases.filter(({ name }) => name.endsWith('of NaN, infinities and zeros'));
  test('the suite has cases of NaN, infinities and zeros', () => expect(specials.length).toBeGreaterThan(40));
  for (const item of cases) {
    const drawn = random.next() < SHARE;
    if (drawn || specials.includes(item)) test(item.name, { timeout: 60_000 }, () => item.run(backend));
  }
});
