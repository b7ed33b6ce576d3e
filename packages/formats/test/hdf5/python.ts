// Runs Python with h5py, the reference for HDF5 files.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a script of this folder prints. */
export function runPython(script: string, ...args: readonly string[]): string {
  const python = process.env['PYTHON'] ?? '/usr/bin/python3';
  try {
    execFileSync(python, ['-c', 'import h5py'], { stdio: 'pipe' });
  } catch (cause) {
    throw new Error(`${python} needs h5py (Debian: python3-h5py); PYTHON names another interpreter`, { cause });
  }
  const path = fileURLToPath(new URL(script, import.meta.url));
  return execFileSync(python, ['-B', path, ...args], { encoding: 'utf8', maxBuffer: 2 ** 26 });
}
