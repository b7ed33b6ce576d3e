/**
 * The workloads on TensorFlow.js with its WebAssembly backend.
 */
import {
  gflops,
  load,
  measure,
  micro,
  oneHotRows,
  randomFloats,
  reporter,
  runWorkload,
  SIZES,
  summarize,
} from './common.mjs';

const tf = load('@tensorflow/tfjs');
const { setWasmPaths } = load('@tensorflow/tfjs-backend-wasm');
setWasmPaths(load.resolve('@tensorflow/tfjs-backend-wasm').replace(/[^/\\]*$/, ''));
tf.env().set('PROD', true);
await tf.setBackend('wasm');
await tf.ready();
const report = reporter('tfjs');

async function mlp() {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 64, activation: 'relu', inputShape: [32] }),
      tf.layers.dense({ units: 64, activation: 'relu' }),
      tf.layers.dense({ units: 10 }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.001), loss: (y, z) => tf.losses.softmaxCrossEntropy(y, z) });
  const allX = tf.tensor2d(randomFloats(32000, 3), [1000, 32]);
  const allY = tf.tensor2d(oneHotRows(1000, 10), [1000, 10]);
  const times = [];
  for (let i = 0; i < 8; i++) {
    const start = performance.now();
    await model.fit(allX, allY, { epochs: 10, batchSize: 32, verbose: 0 });
    times.push(((performance.now() - start) * 1000) / 320);
  }
  report('second fit', { median: times[1], min: times[1] }, 'us/step');
  report('later fits', summarize(times.slice(2)), 'us/step');

  const dense = (inputs, outputs, seed) => {
    const scale = Math.sqrt(6 / (inputs + outputs));
    const kernel = randomFloats(inputs * outputs, seed).map((v) => v * scale);
    return [tf.variable(tf.tensor2d(kernel, [inputs, outputs])), tf.variable(tf.zeros([outputs]))];
  };
  const [w1, b1, w2, b2, w3, b3] = [dense(32, 64, 1), dense(64, 64, 2), dense(64, 10, 3)].flat();
  const optimizer = tf.train.adam(0.001);
  const batches = Array.from({ length: 31 }, (_, i) => [
    tf.tensor2d(randomFloats(32 * 32, i + 10), [32, 32]),
    tf.tensor2d(oneHotRows(32, 10), [32, 10]),
  ]);
  let count = 0;
  const step = () => {
    const [x, y] = batches[count++ % 31];
    optimizer.minimize(() => {
      const first = tf.relu(tf.matMul(x, w1).add(b1));
      const second = tf.relu(tf.matMul(first, w2).add(b2));
      return tf.losses.softmaxCrossEntropy(y, tf.matMul(second, w3).add(b3));
    });
  };
  const sample = await measure(step, { warmup: 2000, repeats: 9, inner: 320, finish: () => w1.data() });
  report('hand-written loop', micro(sample), 'us/step');
}

async function matmul() {
  for (const [n, inner] of SIZES) {
    const a = tf.tensor2d(randomFloats(n * n, 1), [n, n]);
    const b = tf.tensor2d(randomFloats(n * n, 2), [n, n]);
    const fn = () => tf.matMul(a, b).dispose();
    report(`${n}`, gflops(await measure(fn, { warmup: n < 512 ? 100 : 5, repeats: 9, inner }), n), 'GFLOP/s');
  }
}

/** Convolutions cannot be trained on this backend: it has no gradient of their kernels. */
async function cnn() {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] }),
      tf.layers.conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 128, activation: 'relu' }),
      tf.layers.dense({ units: 10 }),
    ],
  });
  const x = tf.tensor4d(randomFloats(64 * 784, 9), [64, 28, 28, 1]);
  const y = tf.tensor2d(oneHotRows(64, 10), [64, 10]);
  const forward = async () => {
    const output = tf.tidy(() => model.predict(x, { batchSize: 64 }));
    await output.data();
    output.dispose();
  };
  report('forward', await measure(forward, { warmup: 5, repeats: 9 }), 'ms');
  model.compile({ optimizer: tf.train.adam(0.001), loss: (t, z) => tf.losses.softmaxCrossEntropy(t, z) });
  try {
    report('training step', await measure(() => model.trainOnBatch(x, y), { warmup: 5, repeats: 9 }), 'ms');
  } catch (error) {
    console.error(`tfjs: training step: ${error.message.split('\n')[0]}`);
  }
}

async function elementwise() {
  const flat = tf.tensor1d(randomFloats(1e7));
  const matrix = tf.tensor2d(randomFloats(4096 * 1024), [4096, 1024]);
  const root = Math.sqrt(2 / Math.PI);
  const gelu = (x) =>
    tf.mul(x, tf.mul(0.5, tf.add(1, tf.tanh(tf.mul(root, tf.add(x, tf.mul(0.044715, tf.pow(x, 3))))))));
  const norm = (x) => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-7)));
  };
  /** @type {[string, () => import('@tensorflow/tfjs').Tensor][]} */
  const cases = [
    ['exp', () => tf.exp(flat)],
    ['tanh', () => tf.tanh(flat)],
    ['softmax', () => tf.softmax(matrix)],
    ['layerNorm', () => tf.tidy(() => norm(matrix))],
    ['gelu', () => tf.tidy(() => gelu(flat))],
  ];
  const held = [];
  for (const [name, fn] of cases) {
    // Of compositions only the output stays; their intermediate results are given back and used again.
    report(`${name}, first touch`, await measure(() => held.push(fn()), { warmup: 2, repeats: 7 }), 'ms');
  }
  for (const output of held) output.dispose();
  for (const [name, fn] of cases) {
    report(`${name}, recycled`, await measure(() => fn().dispose(), { warmup: 2, repeats: 7 }), 'ms');
  }
}

await runWorkload({ 'seed-mlp': mlp, matmul, 'cnn-step': cnn, elementwise });
