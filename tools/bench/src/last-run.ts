/**
 * The last run, kept in a folder that git ignores.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import type { Row } from './row.ts';

/** All rows of one run. */
export interface Run {
  /** Day, as 2026-01-31. */
  readonly date: string;
  readonly machine: string;
  readonly rows: readonly Row[];
}

/** Folder of what is made once and used again. */
export const CACHE: string = join(import.meta.dirname, '../.cache');
const file = join(CACHE, 'run.json');

/** The processor, as the system names it, and how many of its threads there are. */
export function machine(): string {
  const model = (cpus()[0]?.model ?? 'unknown processor').replaceAll(/\((R|TM)\)/g, '').replaceAll(/\s+/g, ' ');
  return `${model.trim()}, ${availableParallelism()} hardware threads`;
}

/** Keeps a run in place of the one before. */
export async function writeRun(run: Run): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  await writeFile(file, JSON.stringify(run, null, 1));
}

/**
 * The run that was kept.
 *
 * @throws RangeError when there is none.
 */
export async function readRun(): Promise<Run> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Run;
  } catch (error) {
    throw new RangeError(`there is no run to take figures from; name workloads (${String(error)})`);
  }
}
