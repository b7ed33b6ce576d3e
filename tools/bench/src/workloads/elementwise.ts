/**
 * Functions of 1e7 floats, their sum and an update by Adam; softmax and layer normalization of [4096, 1024]. `eager`: each
 * result is dropped, and the collector does the rest. `first touch`: all results stay alive, so each needs memory that nobody
 * used before. `recycled`: the result goes where the last one was. Plain loops over Math functions do some beside them.
 */
import { add, exp, gelu, layerNorm, optimizers, softmax, sum, tanh, tensor, type Tensor } from '@dl/keras';
import { constant, inMode, MODES } from '../networks/training.ts';
import { measure } from '../stats.ts';
import { randomFloats, type Report } from './report.ts';

const SIZE = 1e7;
const ROOT = Math.sqrt(2 / Math.PI);
const TIMING = { warmup: 2, repeats: 7 };
/** Dropped results come back in batches, so a repeat is the mean of several calls. */
const DROPPED = { warmup: 12, repeats: 7, inner: 12 };

const LOOPS: readonly (readonly [name: string, loop: (x: Float32Array, y: Float32Array) => void])[] = [
  [
    'exp',
    (x, y) => {
      for (let i = 0; i < x.length; i++) y[i] = Math.exp(x[i]!);
    },
  ],
  [
    'tanh',
    (x, y) => {
      for (let i = 0; i < x.length; i++) y[i] = Math.tanh(x[i]!);
    },
  ],
  [
    'gelu',
    (x, y) => {
      for (let i = 0; i < x.length; i++) {
        const v = x[i]!;
        y[i] = 0.5 * v * (1 + Math.tanh(ROOT * (v + 0.044715 * v * v * v)));
      }
    },
  ],
];

/** Runs the workload. */
export async function run(report: Report): Promise<void> {
  const flat = tensor(randomFloats(SIZE), 'float32', [SIZE]);
  const other = tensor(randomFloats(SIZE, 2), 'float32', [SIZE]);
  const matrix = tensor(randomFloats(4096 * 1024), 'float32', [4096, 1024]);
  const cases: readonly (readonly [name: string, fn: () => Tensor])[] = [
    ['exp', () => exp(flat)],
    ['tanh', () => tanh(flat)],
    ['softmax', () => softmax(matrix)],
    ['layerNorm', () => layerNorm(matrix)],
    ['gelu', () => gelu(flat)],
    ['add', () => add(flat, other)],
  ];
  for (const [name, fn] of cases) {
    const sample = await measure(() => turn(fn()), DROPPED);
    report({ case: `${name}, eager`, ...sample, unit: 'ms' });
  }
  const held: Tensor[] = [];
  for (const [name, fn] of cases) {
    const sample = await measure(() => held.push(fn()), TIMING);
    report({ case: `${name}, first touch`, ...sample, unit: 'ms' });
  }
  for (const output of held) output.dispose();
  for (const [name, fn] of cases) {
    const sample = await measure(() => fn().dispose(), TIMING);
    report({ case: `${name}, recycled`, ...sample, unit: 'ms' });
  }
  report({ case: 'sum', ...(await measure(() => sum(flat).data(), TIMING)), unit: 'ms' });
  await adam(report, flat);
  await plainLoops(report);
}

async function adam(report: Report, gradient: Tensor): Promise<void> {
  for (const mode of MODES) {
    const variable = constant([SIZE]);
    const optimizer = new optimizers.Adam(0.001);
    const update = inMode(mode, (g: Tensor) => {
      optimizer.apply([g], [variable]);
      return optimizer.iterations.value;
    });
    // The count of updates is waited for: it comes from the same program as the weights.
    report({ case: 'adam', mode, ...(await measure(() => update(gradient).data(), TIMING)), unit: 'ms' });
    variable.dispose();
  }
}

async function plainLoops(report: Report): Promise<void> {
  const x = randomFloats(SIZE);
  const output = new Float32Array(SIZE);
  for (const [name, loop] of LOOPS) {
    const made = (): Float32Array => {
      const y = new Float32Array(SIZE);
      loop(x, y);
      return y;
    };
    const eager = await measure(() => turn(made()), DROPPED);
    report({ case: `${name}, eager`, system: 'plain-js', ...eager, unit: 'ms' });
    const held: Float32Array[] = [];
    const first = await measure(() => held.push(made()), TIMING);
    report({ case: `${name}, first touch`, system: 'plain-js', ...first, unit: 'ms' });
    const recycled = await measure(() => loop(x, output), TIMING);
    report({ case: `${name}, recycled`, system: 'plain-js', ...recycled, unit: 'ms' });
  }
}

/** Gives the event loop a turn, as any program does that waits for a value. */
function turn(_result: unknown): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
