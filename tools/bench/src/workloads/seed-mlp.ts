/**
 * Training steps of a small network: 32→64→64→10, batches of 32, softmax cross-entropy, Adam. All of it is overhead.
 */
import {
  layers,
  losses,
  matmul,
  optimizers,
  relu,
  Sequential,
  softmaxCrossEntropy,
  tensor,
  tidy,
  Variable,
  variableGrads,
  type Tensor,
} from '@dl/keras';
import { measure, summarize } from '../stats.ts';
import { oneHotRows, randomFloats, type Report } from './report.ts';

const ROWS = 1000;
const BATCH = 32;
const EPOCHS = 10;
const SIZES = [32, 64, 64, 10];

/** A network by hand: its variables and its loss on a batch. */
function network(): { variables: Variable[]; loss: (x: Tensor, y: Tensor) => Tensor } {
  const variables = SIZES.slice(1).flatMap((outputs, i) => {
    const inputs = SIZES[i]!;
    const scale = Math.sqrt(6 / (inputs + outputs));
    const kernel = randomFloats(inputs * outputs, i + 1).map((v) => v * scale);
    return [
      new Variable(tensor(kernel, 'float32', [inputs, outputs])),
      new Variable(tensor(new Float32Array(outputs), 'float32', [outputs])),
    ];
  });
  const [w1, b1, w2, b2, w3, b3] = variables.map((v) => v) as [
    Variable,
    Variable,
    Variable,
    Variable,
    Variable,
    Variable,
  ];
  const loss = (x: Tensor, y: Tensor): Tensor => {
    const first = relu(matmul(x, w1).add(b1));
    const second = relu(matmul(first, w2).add(b2));
    return softmaxCrossEntropy(y, matmul(second, w3).add(b3)).mean();
  };
  return { variables, loss };
}

async function byHand(report: Report, name: string, around: (step: () => void) => void): Promise<void> {
  const { variables, loss } = network();
  const optimizer = new optimizers.Adam(0.001);
  const batches = Array.from({ length: Math.floor(ROWS / BATCH) }, (_, i) => ({
    x: tensor(randomFloats(BATCH * 32, i + 10), 'float32', [BATCH, 32]),
    y: tensor(oneHotRows(BATCH, 10), 'float32', [BATCH, 10]),
  }));
  let count = 0;
  const step = (): void => {
    const { x, y } = batches[count++ % batches.length]!;
    const { grads } = variableGrads(() => loss(x, y), variables);
    optimizer.apply(grads, variables);
  };
  const sample = await measure(() => around(step), {
    warmup: 2000,
    repeats: 9,
    inner: 320,
    finish: () => variables[0]!.value.data(),
  });
  report({ case: name, median: sample.median * 1000, min: sample.min * 1000, unit: 'us/step' });
}

async function byFit(report: Report): Promise<void> {
  const model = new Sequential([
    new layers.Dense(64, { activation: 'relu', inputShape: [32] }),
    new layers.Dense(64, { activation: 'relu' }),
    new layers.Dense(10),
  ]);
  model.compile({
    optimizer: new optimizers.Adam(0.001),
    loss: new losses.CategoricalCrossentropy({ fromLogits: true }),
  });
  const x = tensor(randomFloats(ROWS * 32, 3), 'float32', [ROWS, 32]);
  const y = tensor(oneHotRows(ROWS, 10), 'float32', [ROWS, 10]);
  const steps = Math.ceil(ROWS / BATCH) * EPOCHS;
  const times: number[] = [];
  for (let i = 0; i < 8; i++) {
    const start = performance.now();
    await model.fit(x, y, { epochs: EPOCHS, batchSize: BATCH, verbose: 0 });
    times.push(((performance.now() - start) * 1000) / steps);
  }
  report({ case: 'second fit', median: times[1]!, min: times[1]!, unit: 'us/step' });
  report({ case: 'later fits', ...summarize(times.slice(2)), unit: 'us/step' });
}

/** Runs the workload. */
export async function run(report: Report): Promise<void> {
  await byFit(report);
  await byHand(report, 'hand-written loop', (step) => tidy(step as () => undefined));
  await byHand(report, 'hand-written loop, no tidy', (step) => step());
}
