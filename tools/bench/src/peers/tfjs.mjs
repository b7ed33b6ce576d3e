/**
 * The workloads on TensorFlow.js with its WebAssembly backend.
 */
import {
  BATCHED,
  FORM_INNER,
  FORM_SIZE,
  FORMS,
  gflops,
  HEAD,
  heUniform,
  IMAGE,
  IMAGES,
  load,
  measure,
  micro,
  normValues,
  oneHotRows,
  randomFloats,
  reporter,
  runWorkload,
  SEQUENCES,
  SIZES,
  summarize,
  timing,
  units,
} from './common.mjs';

const tf = load('@tensorflow/tfjs');
const { setWasmPaths } = load('@tensorflow/tfjs-backend-wasm');
setWasmPaths(load.resolve('@tensorflow/tfjs-backend-wasm').replace(/[^/\\]*$/, ''));
tf.env().set('PROD', true);
await tf.setBackend('wasm');
await tf.ready();
const report = reporter('tfjs', '@tensorflow/tfjs');

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
  const time = async (name, operations, inner, product) => {
    const sample = await measure(() => product().dispose(), timing(operations, inner));
    report(name, gflops(sample, operations), 'GFLOP/s');
  };
  const square = (n, seed) => tf.tensor2d(randomFloats(n * n, seed), [n, n]);
  for (const [n, inner] of SIZES) {
    const [a, b] = [square(n, 1), square(n, 2)];
    await time(`${n}`, 2 * n ** 3, inner, () => tf.matMul(a, b));
  }
  const [a, b] = [square(FORM_SIZE, 1), square(FORM_SIZE, 2)];
  for (const [name, left, right] of FORMS) {
    await time(`${FORM_SIZE} ${name}`, 2 * FORM_SIZE ** 3, FORM_INNER, () => tf.matMul(a, b, left, right));
  }
  const { count, size, inner } = BATCHED;
  const many = (seed) => tf.tensor3d(randomFloats(count * size * size, seed), [count, size, size]);
  const [left, right] = [many(1), many(2)];
  await time(`${count} of ${size}`, 2 * count * size ** 3, inner, () => tf.matMul(left, right));
}

async function mobilenet() {
  const layers = units().map((unit) => {
    const [height, width, inputs, outputs] = unit.shape;
    const shape = unit.depthwise ? [height, width, outputs, 1] : [height, width, inputs, outputs];
    const norm = normValues(outputs, unit.seed);
    const vectors = ['mean', 'variance', 'offset', 'scale'].map((name) => tf.variable(tf.tensor1d(norm[name])));
    return { ...unit, kernel: tf.variable(tf.tensor4d(heUniform(unit.shape, unit.seed), shape)), vectors };
  });
  const head = tf.variable(tf.tensor2d(heUniform(HEAD.shape, HEAD.seed), HEAD.shape));
  const bias = tf.variable(tf.zeros([HEAD.shape[1]]));
  const image = tf.tensor4d(randomFloats(224 * 224 * 3, IMAGE.seed), IMAGE.shape);
  const network = () => {
    let [x, input] = [image, image];
    for (const { kernel, vectors, first, shape, stride, depthwise, relu6, residual } of layers) {
      if (first) input = x;
      const convolve = depthwise ? tf.depthwiseConv2d : tf.conv2d;
      x = tf.batchNorm(convolve(x, kernel, stride, shape[0] === 3 ? 1 : 'valid'), ...vectors, 1e-3);
      if (relu6) x = tf.relu6(x);
      if (residual) x = x.add(input);
    }
    return tf.matMul(x.mean([1, 2]), head).add(bias);
  };
  const forward = async () => {
    const output = tf.tidy(network);
    const values = await output.data();
    output.dispose();
    return values;
  };
  const check = [...(await forward()).slice(0, 4)];
  report('one image', await measure(forward, { warmup: 5, repeats: 9 }), 'ms', { mode: 'eager', check });
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
  const other = tf.tensor1d(randomFloats(1e7, 2));
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
    ['add', () => tf.add(flat, other)],
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
  report('sum', await measure(() => tf.sum(flat).dispose(), { warmup: 2, repeats: 7 }), 'ms');
  const variable = tf.variable(tf.zeros([1e7]));
  const optimizer = tf.train.adam(0.001);
  const update = () => tf.tidy(() => optimizer.applyGradients([{ name: variable.name, tensor: flat }]));
  report('adam', await measure(update, { warmup: 2, repeats: 7 }), 'ms');
}

/** Adam on functions of variables. */
function trainer(variables, loss) {
  const optimizer = tf.train.adam(0.001);
  return () => optimizer.minimize(loss, false, variables);
}

const zeros = (shape) => tf.variable(tf.zeros(shape));
const weights = (shape, seed) => tf.variable(tf.tensor(heUniform(shape, seed), shape));

async function block() {
  const norms = [0, 1].map(() => [tf.variable(tf.ones([128])), zeros([128])]);
  const sizes = [...Array(4).fill([128, 128]), [128, 512], [512, 128]];
  const layers = sizes.map((shape, i) => [weights(shape, i + 1), zeros([shape[1]])]);
  const dense = (x, [w, b]) =>
    tf
      .matMul(x.reshape([512, w.shape[0]]), w)
      .add(b)
      .reshape([8, 64, w.shape[1]]);
  const normed = (x, [scale, offset]) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return x.sub(mean).div(variance.add(1e-7).sqrt()).mul(scale).add(offset);
  };
  const split = (x) => x.reshape([8, 64, 4, 32]).transpose([0, 2, 1, 3]);
  const mask = tf.tensor2d(
    Float32Array.from({ length: 64 * 64 }, (_, i) => (i % 64 <= Math.floor(i / 64) ? 0 : -1e9)),
    [64, 64],
  );
  const gelu = (x) => {
    const inner = x
      .pow(3)
      .mul(0.044715)
      .add(x)
      .mul(Math.sqrt(2 / Math.PI));
    return inner.tanh().add(1).mul(x).mul(0.5);
  };
  const forward = (x) => {
    const a = normed(x, norms[0]);
    const [q, k, v] = [0, 1, 2].map((i) => split(dense(a, layers[i])));
    const scores = tf
      .matMul(q, k, false, true)
      .mul(1 / Math.sqrt(32))
      .add(mask);
    const mixed = tf.matMul(tf.softmax(scores), v).transpose([0, 2, 1, 3]).reshape([8, 64, 128]);
    const middle = x.add(dense(mixed, layers[3]));
    return middle.add(dense(gelu(dense(normed(middle, norms[1]), layers[4])), layers[5]));
  };
  const [x, y] = [5, 6].map((seed) => tf.tensor3d(randomFloats(8 * 64 * 128, seed), [8, 64, 128]));
  const step = trainer([...norms, ...layers].flat(), () => forward(x).sub(y).square().mean());
  const finish = () => layers[0][0].data();
  report('training step', await measure(step, { warmup: 2, repeats: 5, finish }), 'ms');
  report('forward', await measure(() => tf.tidy(() => forward(x)).dispose(), { warmup: 2, repeats: 5 }), 'ms');
}

async function lstm() {
  const model = tf.sequential({
    layers: [
      tf.layers.lstm({ units: 128, inputShape: [50, 64], recurrentActivation: 'sigmoid' }),
      tf.layers.dense({ units: 10 }),
    ],
  });
  const x = tf.tensor3d(randomFloats(32 * 50 * 64, 5), [32, 50, 64]);
  const y = tf.tensor2d(oneHotRows(32, 10), [32, 10]);
  const variables = model.trainableWeights.map((weight) => weight.read());
  const step = trainer(variables, () => tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true })));
  const finish = () => variables[0].data();
  report('training step', await measure(step, { warmup: 2, repeats: 5, finish }), 'ms');
}

/** A residual network as models of layers have it: two convolutions a block, each with a normalization. */
function resnet({ shape, classes }) {
  const L = tf.layers;
  const unit = (x, filters, kernelSize, strides, activation) => {
    const y = L.batchNormalization().apply(
      L.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false }).apply(x),
    );
    return activation ? L.activation({ activation }).apply(y) : y;
  };
  const input = tf.input({ shape: shape.slice(1) });
  let x = L.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }).apply(unit(input, 64, 7, 2, 'relu'));
  for (const filters of [64, 128, 256, 512]) {
    for (let i = 0; i < 2; i++) {
      const strides = i === 0 && filters > 64 ? 2 : 1;
      const around = strides === 2 ? unit(x, filters, 1, 2) : x;
      const inner = unit(unit(x, filters, 3, strides, 'relu'), filters, 3, 1);
      x = L.activation({ activation: 'relu' }).apply(L.add().apply([inner, around]));
    }
  }
  const scores = L.dense({ units: classes }).apply(L.globalAveragePooling2d({}).apply(x));
  return tf.model({ inputs: input, outputs: scores });
}

/** MobileNetV2 as a model of layers, from the list of units that all systems have. */
function mobilenetModel({ shape, classes }) {
  const L = tf.layers;
  const image = tf.input({ shape: shape.slice(1) });
  let [x, input] = [image, image];
  for (const { first, shape: kernel, stride: strides, depthwise, relu6, residual } of units()) {
    if (first) input = x;
    const common = { kernelSize: kernel[0], strides, padding: 'same', useBias: false };
    const convolution = depthwise ? L.depthwiseConv2d(common) : L.conv2d({ ...common, filters: kernel[3] });
    x = L.batchNormalization().apply(convolution.apply(x));
    if (relu6) x = L.reLU({ maxValue: 6 }).apply(x);
    if (residual) x = L.add().apply([x, input]);
  }
  const scores = L.dense({ units: classes }).apply(L.globalAveragePooling2d({}).apply(x));
  return tf.model({ inputs: image, outputs: scores });
}

/** The encoder is left out: the system has no attention. Convolutions cannot be trained on this backend. */
async function networks(name) {
  const recurrent = (layer) =>
    tf.sequential({
      layers: [
        layer({ units: SEQUENCES.units, inputShape: SEQUENCES.shape.slice(1), recurrentActivation: 'sigmoid' }),
        tf.layers.dense({ units: SEQUENCES.classes }),
      ],
    });
  const make = {
    ResNet18: () => resnet(IMAGES),
    MobileNetV2: () => mobilenetModel(IMAGES),
    LSTM: () => recurrent(tf.layers.lstm),
    GRU: () => recurrent(tf.layers.gru),
  }[name];
  if (make === undefined) return;
  const { shape, classes } = name === 'LSTM' || name === 'GRU' ? SEQUENCES : IMAGES;
  const sizeOf = (list) => list.reduce((a, b) => a * b, 1);
  const start = performance.now();
  const model = make();
  const x = tf.tensor(randomFloats(sizeOf(shape), 5), [...shape]);
  const y = tf.tensor2d(oneHotRows(shape[0], classes), [shape[0], classes]);
  const variables = model.trainableWeights.map((weight) => weight.read());
  const step = trainer(variables, () => tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true })));
  const finish = () => variables[0].data();
  try {
    step();
    await finish();
    const first = performance.now() - start;
    report(`${name}, first step`, { median: first, min: first }, 'ms');
    report(`${name}, training step`, await measure(step, { warmup: 2, repeats: 5, finish }), 'ms');
  } catch (error) {
    console.error(`tfjs: ${name}: training step: ${error.message.split('\n')[0]}`);
  }
  const forward = async () => {
    const output = tf.tidy(() => model.predict(x, { batchSize: shape[0] }));
    if (String(output.shape) !== String(y.shape)) throw new Error(`${name} gives ${output.shape}`);
    await output.data();
    output.dispose();
  };
  report(`${name}, inference`, await measure(forward, { warmup: 3, repeats: 9 }), 'ms');
}

async function indexing() {
  const x = tf.tensor1d(randomFloats(1e6));
  const rows = tf.tensor2d(randomFloats(1e6), [1000, 1000]);
  const places = tf.tensor1d(
    Int32Array.from(randomFloats(1e6, 3), (v) => Math.floor(((v + 1) / 2) * 1e6)),
    'int32',
  );
  const cases = [
    ['sort', () => tf.topk(x, 1e6).values],
    ['100 largest', () => tf.topk(x, 100).values],
    ['running sum', () => tf.cumsum(x, 0)],
    ['running sum of 1000 rows', () => tf.cumsum(rows, 1)],
    ['gather', () => tf.gather(x, places)],
  ];
  for (const [name, fn] of cases) {
    report(name, await measure(() => tf.tidy(fn).dispose(), { warmup: 1, repeats: 5 }), 'ms');
  }
}

await runWorkload({
  'seed-mlp': mlp,
  matmul,
  'cnn-step': cnn,
  'transformer-block': block,
  lstm,
  networks,
  indexing,
  mobilenet,
  elementwise,
});
