/**
 * Frozen layers and models.
 */
import { describe, expect, test } from 'vitest';
import { column, line, listen } from './helpers.ts';

const quiet = { verbose: 0 } as const;

describe('frozen models', () => {
  test('changing trainable after the first step warns', async () => {
    const model = line();
    await model.fit(column(2), column(2), quiet);
    model.trainable = false;
    const { lines } = await listen('warn', () => model.fit(column(2), column(2), quiet).catch(() => null));
    expect(lines[0]).toContain('call compile() again');
  });
});
