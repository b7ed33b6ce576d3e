/**
 * The models by name: their files, taken out of the packages, and an input to compare on.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A model as files beside one another. */
export interface RealModel {
  readonly name: string;
  /** Shape of the input that outputs are compared on. */
  readonly shape: readonly number[];
  /** Bytes by file name; `model.json` is one of them. */
  files(): ReadonlyMap<string, Uint8Array>;
}

const folder = fileURLToPath(new URL('../models/', import.meta.url));
const load = createRequire(`${folder}package.json`);

/** Installs the packages with the models unless they are there. */
export function install(): void {
  if (existsSync(`${folder}node_modules/nsfwjs`)) return;
  console.log('Fetching the models and TensorFlow.js (0.3 GB installed) …');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
}

const asJson = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** Scripts that set a variable to the parsed JSON, or to the shard in base64. */
function scripts(name: string): ReadonlyMap<string, Uint8Array> {
  const read = (file: string): unknown => load(`./node_modules/nsfwjs/dist/models/${name}/${file}.min.js`) as unknown;
  const model = read('model') as { weightsManifest: { paths: string[] }[] };
  const shards = model.weightsManifest.flatMap(({ paths }) => paths);
  return new Map([
    ['model.json', asJson(model)],
    ...shards.map((path): [string, Uint8Array] => {
      return [path, Uint8Array.from(Buffer.from(read(path.replace(/\.bin$/, '')) as string, 'base64'))];
    }),
  ]);
}

function plain(path: string, names: readonly string[]): ReadonlyMap<string, Uint8Array> {
  return new Map(names.map((name) => [name, new Uint8Array(readFileSync(`${folder}node_modules/${path}/${name}`))]));
}

/** All models. */
export const MODELS: readonly RealModel[] = [
  {
    name: 'upscaler',
    shape: [1, 9, 8, 3],
    files: () => plain('@upscalerjs/default-model/models', ['model.json', 'group1-shard1of1.bin']),
  },
  { name: 'mobilenet-v2', shape: [1, 224, 224, 3], files: () => scripts('mobilenet_v2') },
  { name: 'inception-v3', shape: [1, 299, 299, 3], files: () => scripts('inception_v3') },
];

/** Values in [0, 1]. */
export function inputFor({ shape }: RealModel): Float32Array {
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (Math.sin(0.37 * i) + 1) / 2);
}
