/**
 * MobileNetV2 on ONNX Runtime's native library, from the file that PyTorch exports.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CACHE, IMAGE, load, measure, randomFloats, reporter, runWorkload, threadCount } from './common.mjs';

const { InferenceSession, Tensor } = load('onnxruntime-node');
const report = reporter('onnxruntime', 'onnxruntime-node');

/** Writes the network to a file and gives its path; null without PyTorch. */
function exported() {
  const python = process.env.PYTHON;
  const path = `${CACHE}/mobilenet.onnx`;
  const script = fileURLToPath(new URL('torch.py', import.meta.url));
  if (python === undefined) {
    console.error('onnxruntime: skipped: PyTorch writes the model, and is not installed');
    return null;
  }
  mkdirSync(CACHE, { recursive: true });
  const { status } = spawnSync(python, [script, 'export', path, '1'], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) console.error(`onnxruntime: skipped: PyTorch could not write the model (code ${status})`);
  return status === 0 ? path : null;
}

async function mobilenet() {
  const path = exported();
  if (path === null) return;
  const session = await InferenceSession.create(path, {
    executionProviders: ['cpu'],
    intraOpNumThreads: Number(threadCount),
    interOpNumThreads: 1,
  });
  // Channels come first in the exported network.
  const [, height, width, channels] = IMAGE.shape;
  const values = randomFloats(height * width * channels, IMAGE.seed);
  const planes = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++)
    planes[(i % channels) * height * width + Math.floor(i / channels)] = values[i];
  const feeds = { image: new Tensor('float32', planes, [1, channels, height, width]) };
  const check = [...(await session.run(feeds)).logits.data.slice(0, 4)];
  const sample = await measure(() => session.run(feeds), { warmup: 5, repeats: 9 });
  report('one image', sample, 'ms', { mode: 'optimized graph', check });
}

await runWorkload({ mobilenet });
