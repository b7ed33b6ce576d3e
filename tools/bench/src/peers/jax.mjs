/**
 * The workloads on jax-js with its WebAssembly backend. Every step is one jitted function and is waited for.
 */
import {
  BATCHED,
  FORM_INNER,
  FORM_SIZE,
  FORMS,
  gflops,
  load,
  measure,
  micro,
  oneHotRows,
  randomFloats,
  reporter,
  runWorkload,
  SIZES,
  timing,
} from './common.mjs';

const { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy: np, tree, valueAndGrad } = load('@jax-js/jax');
await init('wasm');
defaultDevice('wasm');
const report = reporter('jax', '@jax-js/jax');

const array = (values, shape) => np.array(values).reshape(shape);
// Waiting does not take ownership of an array; giving it back is our part.
const done = async (x) => {
  await blockUntilReady(x);
  x.dispose();
};

const crossEntropy = (z, y) => nn.logSoftmax(z, -1).mul(y).sum(-1).mean().mul(-1);

/** A jitted training step by Adam: (parameters, first moments, second moments, step number, x, y). */
function adamStep(logits, lossOf = crossEntropy) {
  const loss = (params, x, y) => lossOf(logits(params, x), y);
  const gradient = valueAndGrad(loss);
  return jit((params, m, v, t, x, y) => {
    const [value, grads] = gradient(
      params.map((p) => p.ref),
      x,
      y,
    );
    const rate = np
      .sqrt(np.subtract(1, np.power(0.999, t.ref)))
      .div(np.subtract(1, np.power(0.9, t)))
      .mul(0.001);
    const nextM = m.map((a, i) => a.mul(0.9).add(grads[i].ref.mul(0.1)));
    const nextV = v.map((a, i) => a.mul(0.999).add(np.square(grads[i]).mul(0.001)));
    const nextParams = params.map((p, i) => p.sub(nextM[i].ref.mul(rate.ref).div(np.sqrt(nextV[i].ref).add(1e-7))));
    rate.dispose();
    return [nextParams, nextM, nextV, value];
  });
}

/** A function that trains on a batch and waits. */
function trainer(shapes, logits, lossOf) {
  const step = adamStep(logits, lossOf);
  const kernel = (shape, i) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const scale = shape.length === 1 ? 0 : Math.sqrt(6 / (size / Math.max(...shape.slice(-1))));
    return array(
      randomFloats(size, i + 1).map((w) => w * scale),
      shape,
    );
  };
  let params = shapes.map(kernel);
  let m = shapes.map((shape) => np.zeros(shape));
  let v = shapes.map((shape) => np.zeros(shape));
  let t = 0;
  return async (x, y) => {
    let value;
    [params, m, v, value] = step(params, m, v, np.array(++t), x.ref, y.ref);
    await blockUntilReady(params);
    value.dispose();
  };
}

async function mlp() {
  const shapes = [[32, 64], [64], [64, 64], [64], [64, 10], [10]];
  const train = trainer(shapes, ([w1, b1, w2, b2, w3, b3], x) => {
    const first = nn.relu(np.matmul(x, w1).add(b1));
    const second = nn.relu(np.matmul(first, w2).add(b2));
    return np.matmul(second, w3).add(b3);
  });
  const batches = Array.from({ length: 31 }, (_, i) => [
    array(randomFloats(32 * 32, i + 10), [32, 32]),
    array(oneHotRows(32, 10), [32, 10]),
  ]);
  let count = 0;
  const sample = await measure(() => train(...batches[count++ % 31]), { warmup: 2000, repeats: 9, inner: 320 });
  report('hand-written loop', micro(sample), 'us/step');
}

async function matmul() {
  const time = async (name, operations, inner, product, a, b) => {
    await blockUntilReady([a, b]);
    const sample = await measure(() => done(product(a.ref, b.ref)), timing(operations, inner));
    report(name, gflops(sample, operations), 'GFLOP/s');
  };
  const product = jit((a, b) => np.matmul(a, b));
  const square = (n, seed) => array(randomFloats(n * n, seed), [n, n]);
  for (const [n, inner] of SIZES) await time(`${n}`, 2 * n ** 3, inner, product, square(n, 1), square(n, 2));
  for (const [name, left, right] of FORMS) {
    const form = jit((a, b) => np.matmul(left ? np.transpose(a) : a, right ? np.transpose(b) : b));
    const [a, b] = [square(FORM_SIZE, 1), square(FORM_SIZE, 2)];
    await time(`${FORM_SIZE} ${name}`, 2 * FORM_SIZE ** 3, FORM_INNER, form, a, b);
  }
  const { count, size, inner } = BATCHED;
  const many = (seed) => array(randomFloats(count * size * size, seed), [count, size, size]);
  await time(`${count} of ${size}`, 2 * count * size ** 3, inner, product, many(1), many(2));
}

const CNN_SHAPES = [[32, 1, 3, 3], [32, 1, 1], [64, 32, 3, 3], [64, 1, 1], [9216, 128], [128], [128, 10], [10]];

function cnnLogits([k1, c1, k2, c2, w1, b1, w2, b2], x) {
  const first = nn.relu(lax.conv(x, k1, [1, 1], 'VALID').add(c1));
  const second = nn.relu(lax.conv(first, k2, [1, 1], 'VALID').add(c2));
  const flat = lax.reduceWindow(second, np.max, [2, 2], [2, 2]).reshape([64, 9216]);
  return np.matmul(nn.relu(np.matmul(flat, w1).add(b1)), w2).add(b2);
}

/** A function that runs the convolutional network forwards and waits. */
function cnnForward() {
  const x = array(randomFloats(64 * 784, 9), [64, 1, 28, 28]);
  const forward = jit(cnnLogits);
  const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
  const params = CNN_SHAPES.map((shape, i) => array(randomFloats(sizeOf(shape), i), shape));
  return () => done(forward(tree.ref(params), x.ref));
}

async function cnn() {
  report('forward', await measure(cnnForward(), { warmup: 2, repeats: 5 }), 'ms');
  const x = array(randomFloats(64 * 784, 9), [64, 1, 28, 28]);
  const y = array(oneHotRows(64, 10), [64, 10]);
  const train = trainer(CNN_SHAPES, cnnLogits);
  report('training step', await measure(() => train(x, y), { warmup: 1, repeats: 5 }), 'ms');
}

/** From nothing to the first finished run, and the second. */
async function compileTime(name) {
  if (name !== 'cnn forward') return;
  const start = performance.now();
  const forward = cnnForward();
  await forward();
  const first = performance.now();
  await forward();
  const times = { 'first run': first - start, 'second run': performance.now() - first };
  for (const [when, time] of Object.entries(times)) report(`${name}, ${when}`, { median: time, min: time }, 'ms');
}

async function elementwise() {
  const flat = np.array(randomFloats(1e7));
  const matrix = array(randomFloats(4096 * 1024), [4096, 1024]);
  const other = np.array(randomFloats(1e7, 2));
  await blockUntilReady([flat, other, matrix]);
  const cases = [
    ['exp', jit((x) => np.exp(x)), flat],
    ['tanh', jit((x) => np.tanh(x)), flat],
    ['softmax', jit((x) => nn.softmax(x, -1)), matrix],
    ['layerNorm', jit((x) => nn.standardize(x, -1, { epsilon: 1e-7 })), matrix],
    ['gelu', jit((x) => nn.gelu(x, { approximate: true })), flat],
    ['add', jit((x) => x.add(other.ref)), flat],
  ];
  const held = [];
  for (const [name, fn, x] of cases) {
    const fresh = async () => {
      const output = fn(x.ref);
      held.push(output);
      await blockUntilReady(output);
    };
    report(`${name}, first touch`, await measure(fresh, { warmup: 2, repeats: 7 }), 'ms');
  }
  for (const output of held) output.dispose();
  for (const [name, fn, x] of cases) {
    report(`${name}, recycled`, await measure(() => done(fn(x.ref)), { warmup: 2, repeats: 7 }), 'ms');
  }
  const sum = jit((x) => np.sum(x));
  report('sum', await measure(() => done(sum(flat.ref)), { warmup: 2, repeats: 7 }), 'ms');
  await adam(flat);
}

const BLOCK_SHAPES = [
  [128],
  [128],
  ...Array(4)
    .fill([[128, 128], [128]])
    .flat(),
  [128],
  [128],
  [128, 512],
  [512],
  [512, 128],
  [128],
];

async function block() {
  const mask = array(
    Float32Array.from({ length: 64 * 64 }, (_, i) => (i % 64 <= Math.floor(i / 64) ? 0 : -1e9)),
    [64, 64],
  );
  const normed = (x, scale, offset) => nn.standardize(x, -1, { epsilon: 1e-7 }).mul(scale).add(offset);
  const logits = ([s1, o1, wq, bq, wk, bk, wv, bv, wo, bo, s2, o2, wu, bu, wd, bd], x) => {
    const a = normed(x.ref, s1, o1);
    const split = (w, b) => np.matmul(a.ref, w).add(b).reshape([8, 64, 4, 32]).transpose([0, 2, 1, 3]);
    const [q, k, v] = [split(wq, bq), split(wk, bk), split(wv, bv)];
    a.dispose();
    const scores = np
      .matmul(q, k.transpose([0, 1, 3, 2]))
      .mul(1 / Math.sqrt(32))
      .add(mask.ref);
    const mixed = np.matmul(nn.softmax(scores, -1), v).transpose([0, 2, 1, 3]).reshape([8, 64, 128]);
    const middle = x.add(np.matmul(mixed, wo).add(bo));
    const hidden = nn.gelu(np.matmul(normed(middle.ref, s2, o2), wu).add(bu), { approximate: true });
    return middle.add(np.matmul(hidden, wd).add(bd));
  };
  const train = trainer(BLOCK_SHAPES, logits, (z, y) => np.square(z.sub(y)).mean());
  const vectors = (seed) => array(randomFloats(8 * 64 * 128, seed), [8, 64, 128]);
  const [x, y] = [vectors(5), vectors(6)];
  report('training step', await measure(() => train(x, y), { warmup: 2, repeats: 5 }), 'ms');
}

/** Steps are written out: the system has no loops. */
async function lstm() {
  const shapes = [[64, 512], [512], [128, 512], [128, 10], [10]];
  const logits = ([input, bias, recurrent, kernel, offset], x) => {
    const projected = np.matmul(x.transpose([1, 0, 2]), input).add(bias);
    let [h, c] = [np.zeros([32, 128]), np.zeros([32, 128])];
    for (let t = 0; t < 50; t++) {
      const z = projected.ref.slice(t).add(np.matmul(h, recurrent.ref));
      const [i, f, g, o] = np.split(z, 4, -1);
      c = nn
        .sigmoid(f)
        .mul(c)
        .add(nn.sigmoid(i).mul(np.tanh(g)));
      h = nn.sigmoid(o).mul(np.tanh(c.ref));
    }
    [projected, recurrent, c].forEach((array) => array.dispose());
    return np.matmul(h, kernel).add(offset);
  };
  const train = trainer(shapes, logits);
  const x = array(randomFloats(32 * 50 * 64, 5), [32, 50, 64]);
  const y = array(oneHotRows(32, 10), [32, 10]);
  report('training step', await measure(() => train(x, y), { warmup: 2, repeats: 5 }), 'ms');
}

async function indexing() {
  const x = np.array(randomFloats(1e6));
  const rows = array(randomFloats(1e6), [1000, 1000]);
  const places = np.array(Int32Array.from(randomFloats(1e6, 3), (v) => Math.floor(((v + 1) / 2) * 1e6)));
  const cases = [
    ['sort', jit((a) => np.sort(a)), x],
    ['sort of 1000 rows', jit((a) => np.sort(a)), rows],
    ['100 largest', jit((a) => lax.topK(a, 100)[0]), x],
    ['running sum', jit((a) => np.cumsum(a, 0)), x],
    ['running sum of 1000 rows', jit((a) => np.cumsum(a, 1)), rows],
    ['gather', jit((a) => np.take(a, places.ref)), x],
  ];
  for (const [name, fn, a] of cases) {
    try {
      report(name, await measure(() => done(fn(a.ref)), { warmup: 1, repeats: 5 }), 'ms');
    } catch (error) {
      console.error(`jax: ${name}: left out: ${error.message}`);
    }
  }
}

/** One update of 1e7 parameters by a gradient. */
async function adam(gradient) {
  const update = jit((w, m, v, g, t) => {
    const rate = np
      .sqrt(np.subtract(1, np.power(0.999, t.ref)))
      .div(np.subtract(1, np.power(0.9, t)))
      .mul(0.001);
    const nextM = m.mul(0.9).add(g.ref.mul(0.1));
    const nextV = v.mul(0.999).add(np.square(g).mul(0.001));
    const nextW = w.sub(nextM.ref.mul(rate).div(np.sqrt(nextV.ref).add(1e-7)));
    return [nextW, nextM, nextV];
  });
  let state = [np.zeros([1e7]), np.zeros([1e7]), np.zeros([1e7])];
  let t = 0;
  const step = async () => {
    state = update(...state, gradient.ref, np.array(++t));
    await blockUntilReady(state);
  };
  report('adam', await measure(step, { warmup: 2, repeats: 7 }), 'ms');
}

await runWorkload({
  'seed-mlp': mlp,
  matmul,
  'cnn-step': cnn,
  'transformer-block': block,
  lstm,
  indexing,
  elementwise,
  'compile-time': compileTime,
});
