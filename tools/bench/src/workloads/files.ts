/**
 * Files of 500 MB of weights, written to the disk and read again, beside the same bytes without a format.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hdf5Parts, loadArrays, readHdf5, streamSafetensors, writeTo, type NamedArray } from '@dl/formats';
import { measure } from '../stats.ts';
import { randomFloats, type Report } from './report.ts';

const ARRAYS = 50;
const LENGTH = 2_500_000;

/** Writes bytes as Node does, and waits for the disk. */
async function writeRaw(path: string, arrays: Iterable<NamedArray>): Promise<void> {
  const file = await open(path, 'w');
  for (const { data } of arrays) await file.write(new Uint8Array(data.buffer));
  await file.sync();
  await file.close();
}

async function readTree(path: string): Promise<number> {
  const { root } = await readHdf5(await readFile(path));
  let count = 0;
  for (const node of root.children.values()) if (node.kind === 'dataset') count += node.read().data.length;
  return count;
}

/** Runs all cases; the disk decides about the times, so that only those of one run can be compared. */
export async function run(report: Report): Promise<void> {
  const folder = join(tmpdir(), `files-${randomUUID()}`);
  await mkdir(folder);
  try {
    const arrays = new Map<string, NamedArray>();
    for (let i = 0; i < ARRAYS; i++) {
      arrays.set(`layer_${i}/kernel`, { dtype: 'float32', shape: [LENGTH], data: randomFloats(LENGTH, i) });
    }
    const flat = new Map([...arrays].map(([name, array]) => [name.replace('/', '_'), array]));
    const path = (name: string): string => join(folder, name);
    const timing = { warmup: 1, repeats: 5 };
    const add = async (name: string, mode: string, fn: () => unknown): Promise<void> => {
      const system = mode === 'raw' ? { system: 'node' } : {};
      report({ case: name, mode, unit: 'ms', ...system, ...(await measure(fn, timing)) });
    };
    await add('write 500 MB', 'raw', () => writeRaw(path('raw'), arrays.values()));
    await add('write 500 MB', 'safetensors', () => streamSafetensors(arrays, path('w.safetensors')));
    await add('write 500 MB', 'hdf5', () => writeTo(path('w.h5'), hdf5Parts({ children: flat })));
    await add('read 500 MB', 'raw', () => readFile(path('raw')));
    await add('read 500 MB', 'safetensors', () => loadArrays(path('w.safetensors')));
    await add('read 500 MB', 'hdf5', () => readTree(path('w.h5')));
  } finally {
    await rm(folder, { recursive: true });
  }
}
