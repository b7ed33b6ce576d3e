/**
 * Importing the package chooses the CPU backend, unless another one was chosen before.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const run = (code: string): string =>
  execFileSync(
    process.execPath,
    ['--conditions=@dl/source', '--import', 'tsx', '--input-type=module', '--eval', code],
    { cwd: join(import.meta.dirname, '..'), encoding: 'utf8' },
  ).trim();

test('the CPU backend is set', () => {
  expect(run(`const { getBackend } = await import('@dl/keras'); console.log(getBackend().name);`)).toBe('cpu');
}, 60_000);

test('a choice made before stays', () => {
  const code = `
    const { setBackend } = await import('@dl/tensor');
    const { reference } = await import('@dl/tensor/backend');
    setBackend(reference());
    const { getBackend } = await import('@dl/keras');
    console.log(getBackend().name);`;
  expect(run(code)).toBe('reference');
}, 60_000);
