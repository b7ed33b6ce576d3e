/**
 * The backbone: MobileNetV2 from the package nsfwjs (MIT), trained by others on many photos. Its last layers, which name the
 * classes it was trained for, are left out; what remains turns a picture into 1280 numbers that say what is to be seen.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Input, Model, models, type Tensor } from '@dl/keras';

const folder = fileURLToPath(new URL('../models/', import.meta.url));

/** The last layer that is kept. */
const LAST = 'out_relu';

/** Side of the pictures, in pixels. The network takes any size; small ones are quick. */
export const SIZE = 96;

/** Installs the package with the network unless it is there. */
export function install(): void {
  if (existsSync(`${folder}node_modules/nsfwjs`)) return;
  console.log('Fetching the trained network (25 MB) …');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
}

/** The files of the network: scripts hold its JSON, and the weights in base64. */
function files(): File[] {
  const load = createRequire(`${folder}package.json`);
  const read = (name: string): unknown => load(`./node_modules/nsfwjs/dist/models/mobilenet_v2/${name}.min.js`);
  const shard = 'group1-shard1of1';
  return [
    new File([JSON.stringify(read('model'))], 'model.json'),
    new File([Buffer.from(read(shard) as string, 'base64')], shard),
  ];
}

/** The network without its head, for pictures of `SIZE` pixels with values in [0, 1]. */
export async function loadBackbone(): Promise<Model> {
  const whole = await models.loadModel(files());
  const body = new Model(whole.inputs[0]!, whole.getLayer(LAST).output as Tensor, { name: 'mobilenet_v2' });
  const small = models.cloneModel(body, { inputTensors: Input({ shape: [SIZE, SIZE, 3] }) });
  small.setWeights(body.getWeights());
  return small as unknown as Model;
}
