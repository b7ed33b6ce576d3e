/**
 * What is written, compared with what Keras wrote for the same models; h5py reads both.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readZip } from '@dl/formats';
import { models, setBackend } from '@dl/keras';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';

setBackend(reference());

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const golden = (name: string): string => at(`../fixtures/keras/${name}`);
const folder = mkdtempSync(join(tmpdir(), 'written-'));

/** The trees of files as h5py sees them, and the members of archives. */
function read(...paths: readonly string[]): { trees: Record<string, unknown>[]; members: unknown[][] } {
  const python = process.env['PYTHON'] ?? '/usr/bin/python3';
  try {
    return JSON.parse(execFileSync(python, [at('print_tree.py'), ...paths], { encoding: 'utf8' }));
  } catch (cause) {
    throw new Error(`${python} with h5py is needed (Debian: python3-h5py; PYTHON names another)`, { cause });
  }
}

function configOf(path: string): unknown {
  return JSON.parse(new TextDecoder().decode(readZip(readFileSync(path)).get('config.json')!()));
}

/** Differences of two values: paths, what Keras wrote, what was written here. */
function differences(theirs: unknown, ours: unknown, path = ''): [string, unknown, unknown][] {
  const isTree = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  if (!isTree(theirs) || !isTree(ours)) return theirs === ours ? [] : [[path, theirs, ours]];
  const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
  return [...keys].flatMap((key) => differences(theirs[key], ours[key], `${path}/${key}`));
}

/** Settings at which Keras has what is always so here, and shapes of layers that keep nothing. */
const isDefault = ([path, theirs, ours]: readonly [string, unknown, unknown]): boolean =>
  /\/(shared_object_id|build_config|jit_compile)$/.test(path) ||
  (ours === undefined && (theirs === null || theirs === false || path.endsWith('/compile_config'))) ||
  (theirs === undefined && ours === null);

describe.each(['mlp', 'cnn', 'nested', 'two_headed'])('%s.keras', (name) => {
  const path = join(folder, `${name}.keras`);

  test('has the same members, groups, attributes and arrays', async () => {
    const model = await models.loadModel(golden(`${name}.keras`));
    writeFileSync(path, await model.save());
    const { trees, members } = read(golden(`${name}.keras`), path);
    expect(trees[1]).toEqual(trees[0]);
    expect(members[1]).toEqual(members[0]);
  });

  test('has the same configuration', async () => {
    const model = await models.loadModel(golden(`${name}.keras`));
    writeFileSync(path, await model.save());
    const found = differences(configOf(golden(`${name}.keras`)), configOf(path));
    expect(found.filter((one) => !isDefault(one))).toEqual([]);
  });
});

test('weights alone have the tree of Keras as well', async () => {
  const model = await models.loadModel(golden('mlp.keras'));
  const path = join(folder, 'mlp.weights.h5');
  writeFileSync(path, await model.saveWeights());
  const { trees } = read(golden('mlp.weights.h5'), path);
  expect(trees[1]).toEqual(trees[0]);
});
