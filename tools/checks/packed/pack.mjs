// Packs the built packages, as they would be published.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../../..');

/** Runs a command in a folder; an error holds what it printed. */
export const run = (cwd, command, ...args) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Packs every package into a folder of its own; gives the dependency of each, by name. */
export function pack(work) {
  const tarballs = {};
  for (const name of ['tensor', 'autograd', 'optim', 'layers', 'data', 'formats', 'backend-cpu', 'keras']) {
    const folder = join(work, 'tarballs', name);
    mkdirSync(folder, { recursive: true });
    run(join(root, 'packages', name), 'npx', '-y', 'pnpm@12.4.2', 'pack', '--pack-destination', folder);
    tarballs[`@dl/${name}`] = `file:${join(folder, readdirSync(folder)[0])}`;
  }
  return tarballs;
}
