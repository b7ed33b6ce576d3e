/**
 * Random programs with loops, branches and checkpoints in each other, the same for the same seed. Each can run with the
 * functions of the framework, or written out by JavaScript: loops as loops, branches by a value that is read.
 */
import { checkpoint } from '@dl/autograd';
import * as t from '@dl/tensor';
import { tensor, type Tensor } from '@dl/tensor';
import { testRandom, type TestRandom } from '@dl/tensor/testing';

interface ScanOptions {
  readonly length: number;
  readonly reverse: boolean;
  readonly unroll: number;
}
type Body = (values: readonly Tensor[]) => Tensor;

/** How control flow happens. All values are vectors; `stacked` has one a row. */
export interface Flow {
  scan(
    f: (carries: Tensor[], element: Tensor | null) => [Tensor[], Tensor],
    init: Tensor[],
    stacked: Tensor | null,
    options: ScanOptions,
  ): [carries: Tensor[], ys: Tensor];
  map(f: (element: Tensor) => Tensor, stacked: Tensor): Tensor;
  repeat(count: number, f: (i: Tensor, x: Tensor) => Tensor, x: Tensor): Tensor;
  repeatWhile(holds: (x: Tensor) => Tensor, f: (x: Tensor) => Tensor, x: Tensor, most: number): Tensor;
  choose(index: Tensor, branches: readonly (() => Tensor)[]): Tensor;
  either(pred: Tensor, yes: () => Tensor, no: () => Tensor): Tensor;
  part(f: (...values: Tensor[]) => Tensor, values: readonly Tensor[]): Tensor;
}

/** By the framework. */
export const FLOW: Flow = {
  scan: (f, init, stacked, options) =>
    stacked === null
      ? t.scan((c: Tensor[]) => f(c, null), init, null as never, options)
      : (t.scan((c: Tensor[], x: Tensor) => f(c, x) as [Tensor[], never], init, stacked, options) as [
          Tensor[],
          Tensor,
        ]),
  map: (f, stacked) => t.map(f, stacked),
  repeat: (count, f, x) => t.foriLoop(0, count, f, x),
  repeatWhile: (holds, f, x, most) => t.whileLoop(holds, f, x, { maximumIterations: most }),
  choose: (index, branches) => t.switchCase(index, branches),
  either: (pred, yes, no) => t.cond(pred, yes, no),
  part: (f, values) => checkpoint(f)(...values),
};

/** Written out. */
export const WRITTEN_OUT: Flow = {
  scan: (f, init, stacked, { length, reverse }) => {
    let carries = init;
    const ys: Tensor[] = [];
    for (let step = 0; step < length; step++) {
      const i = reverse ? length - 1 - step : step;
      [carries, ys[i]] = f(carries, stacked && stacked.at(i));
    }
    return [carries, t.stack(ys)];
  },
  map: (f, stacked) => t.stack(Array.from({ length: stacked.shape[0]! }, (_, i) => f(stacked.at(i)))),
  repeat: (count, f, x) => Array.from({ length: count }).reduce<Tensor>((y, _, i) => f(tensor(i, 'int32'), y), x),
  repeatWhile: (holds, f, x, most) => {
    let y = x;
    for (let i = 0; i < most && holds(y).itemSync(); i++) y = f(y);
    return y;
  },
  choose: (index, branches) => branches[Math.min(Math.max(Number(index.itemSync()), 0), branches.length - 1)]!(),
  either: (pred, yes, no) => (pred.itemSync() ? yes() : no()),
  part: (f, values) => f(...values),
};

/** A function of vectors, and what it does as text. */
interface Made {
  readonly text: string;
  readonly run: (flow: Flow, values: readonly Tensor[]) => Tensor;
}

/** Smooth functions that keep values small. */
const SIMPLE: readonly (readonly [text: string, f: (a: Tensor, b: Tensor) => Tensor])[] = [
  ['tanh(a·b)', (a, b) => t.tanh(a.mul(b))],
  ['(a + b)/2', (a, b) => a.add(b).mul(0.5)],
  ['sin a', (a) => t.sin(a)],
  ['a/(b² + 3/2)', (a, b) => a.div(b.square().add(1.5))],
  ['softmax a', (a) => t.softmax(a)],
  ['cumsum a/3', (a) => t.cumsum(a, 0).mul(1 / 3)],
  ['Σa/4 + b/2', (a, b) => a.sum().mul(0.25).add(b.mul(0.5))],
  ['exp(−a²)·b', (a, b) => t.exp(a.square().neg()).mul(b)],
  ['flip a − b/3', (a, b) => t.flip(a, 0).sub(b.mul(1 / 3))],
  ['a·bᵀ·a/4', (a, b) => t.outer(a, b).matmul(a).mul(0.25)],
];

const simple = (random: TestRandom, count: number): Made => {
  const [text, f] = random.pick(SIMPLE);
  const [i, j] = [random.below(count), random.below(count)];
  return { text: `${text} of ${i}, ${j}`, run: (_, values) => f(values[i]!, values[j]!) };
};

/** Vectors as rows, none like another. */
const rows = (x: Tensor, count: number): Tensor =>
  t.stack(Array.from({ length: count }, (_, k) => t.sin(x.mul(1 - 0.3 * k).add(0.2 * k))));

type Maker = (random: TestRandom, count: number, depth: number) => Made;

const scanned: Maker = (random, count, depth) => {
  const [start, element] = [random.below(count), random.below(count)];
  const length = 1 + random.below(4);
  const options = { length, reverse: random.next() < 0.5, unroll: 1 + random.below(2) };
  const [carries, hasElement] = [1 + random.below(2), random.next() < 0.75];
  const inside = count + carries + Number(hasElement);
  const nexts = Array.from({ length: carries }, () => block(random, inside, depth - 1));
  const output = block(random, inside, depth - 1);
  const useLast = random.next() < 0.5;
  return {
    text: `scan ${JSON.stringify(options)} from ${start}${hasElement ? ` over ${element}` : ''} { ${nexts.map(({ text }) => text).join(' | ')} → ${output.text} }`,
    run: (flow, values) => {
      const init = nexts.map((_, k) => values[start]!.mul(1 - 0.5 * k));
      const [last, ys] = flow.scan(
        (now, x) => {
          const all = [...values, ...now, ...(x ? [x] : [])];
          return [nexts.map(({ run }) => run(flow, all)), output.run(flow, all)];
        },
        init,
        hasElement ? rows(values[element]!, length) : null,
        options,
      );
      const total = ys.mul(t.linspace(0.5, 1.2, length, { dtype: ys.dtype }).reshape([length, 1])).sum(0);
      return useLast ? total.mul(0.5).add(last.at(-1)!) : total;
    },
  };
};

const mapped: Maker = (random, count, depth) => {
  const element = random.below(count);
  const length = 1 + random.below(3);
  const body = block(random, count + 1, depth - 1);
  return {
    text: `map over ${element} { ${body.text} }`,
    run: (flow, values) =>
      flow.map((x) => body.run(flow, [...values, x]), rows(values[element]!, length)).sum(0).mul(0.5), // prettier-ignore
  };
};

const repeated: Maker = (random, count, depth) => {
  const [start, trips] = [random.below(count), random.below(4)];
  const body = block(random, count + 1, depth - 1);
  return {
    text: `repeat ${trips} from ${start} { ${body.text} }`,
    run: (flow, values) =>
      flow.repeat(trips, (i, x) => body.run(flow, [...values, x]).add(i.cast(x.dtype).mul(0.1)), values[start]!),
  };
};

const whiles: Maker = (random, count, depth) => {
  const [start, most] = [random.below(count), 1 + random.below(4)];
  const body = block(random, count + 1, depth - 1);
  return {
    text: `while |x|² < 2.71 from ${start}, at most ${most} { ${body.text} }`,
    run: (flow, values) =>
      flow.repeatWhile(
        (x) => x.square().sum().less(2.71),
        (x) =>
          body
            .run(flow, [...values, x])
            .mul(0.2)
            .add(x.mul(1.4)),
        values[start]!,
        most,
      ),
  };
};

const branched: Maker = (random, count, depth) => {
  const on = random.below(count);
  const ways = Array.from({ length: 2 + random.below(2) }, () => block(random, count, depth - 1));
  const text = `by Σ${on} { ${ways.map((way) => way.text).join(' | ')} }`;
  return {
    text,
    run: (flow, values) => {
      const branches = ways.map((way) => () => way.run(flow, values));
      const total = values[on]!.sum().mul(1.7).add(0.3137);
      if (ways.length === 2) return flow.either(total.greater(0), branches[0]!, branches[1]!);
      return flow.choose(total.floor().cast('int32'), branches);
    },
  };
};

const parts: Maker = (random, count, depth) => {
  const body = block(random, count, depth - 1);
  return {
    text: `checkpoint { ${body.text} }`,
    run: (flow, values) => flow.part((...all) => body.run(flow, all), values),
  };
};

const CONTROL: readonly Maker[] = [
  scanned,
  scanned,
  scanned,
  mapped,
  repeated,
  whiles,
  branched,
  branched,
  parts,
  parts,
];

/** A few steps, each of which sees the results of those before; the result has to do with all of them. */
function block(random: TestRandom, count: number, depth: number): Made {
  const steps: Made[] = [];
  const length = 1 + random.below(2) + Number(depth > 1);
  for (let k = 0; k < length; k++) {
    const seen = count + k;
    steps.push(depth > 0 && random.next() < 0.6 ? random.pick(CONTROL)(random, seen, depth) : simple(random, seen));
  }
  return {
    text: steps.map(({ text }) => text).join('; '),
    run: (flow, values) => {
      const all = [...values];
      for (const { run } of steps) all.push(run(flow, all));
      return all.slice(count).reduce((sum, x, k) => sum.add(x.mul(1 / (k + 1))));
    },
  };
}

/** A function of two vectors, by a flow. */
export interface ControlProgram {
  readonly text: string;
  readonly inputs: readonly (readonly number[])[];
  readonly by: (flow: Flow) => Body;
}

/** The program of a seed: control flow up to `depth` deep. */
export function controlProgram(seed: number, depth = 3): ControlProgram {
  const random = testRandom(seed);
  const inputs = [0, 1].map(() => Array.from({ length: 3 }, () => 2 * random.next() - 1));
  const first = random.pick(CONTROL)(random, 2, depth);
  const rest = block(random, 3, depth - 1);
  return {
    text: `control seed ${seed}: ${first.text}; then ${rest.text}`,
    inputs,
    by: (flow) => (values) => rest.run(flow, [...values, first.run(flow, values)]),
  };
}
