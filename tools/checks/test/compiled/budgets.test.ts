/**
 * What a compiled model costs: kernels, allocations and programs of the training step, and what makes it trace anew.
 */
import { cpu, type CpuBackend } from '@dl/backend-cpu';
import {
  layers,
  losses,
  memory,
  optimizers,
  Sequential,
  setBackend,
  setSeed,
  type Tensor,
  type Variable,
} from '@dl/keras';
import type { Program } from '@dl/tensor/backend';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { rows, values } from './training.ts';

/** Programs compiled and runs made, since the last {@link beforeEach}. */
const compiled: Program[] = [];
const ran: string[] = [];
let backend: CpuBackend;

beforeAll(() => {
  const inner = cpu({ threads: 1 });
  backend = {
    ...inner,
    compile: (program) => {
      compiled.push(program);
      const executable = inner.compile(program);
      return {
        run: (args, params) => {
          ran.push(program.name);
          executable.run(args, params);
        },
        dispose: () => executable.dispose(),
      };
    },
  };
  setBackend(backend);
});

beforeEach(() => {
  setSeed(1);
  compiled.length = ran.length = 0;
});

const quiet = { verbose: 0, batchSize: 32 } as const;
const named = (step: string): Program[] => compiled.filter(({ name }) => name.endsWith(step));
const runsOf = (step: string): number => ran.filter((name) => name.endsWith(step)).length;

interface Subject {
  readonly model: Sequential;
  readonly x: Tensor;
  readonly y: Tensor;
  /** Weights and state of the optimizer; metrics get new memory when they start anew. */
  readonly state: () => Variable[];
}

/** 32 → 64 → 64 → 10, as in the quick start, and data of `count` rows. */
function subject(count: number): Subject {
  const model = new Sequential([
    new layers.Dense(64, { activation: 'relu', inputShape: [32] }),
    new layers.Dense(64, { activation: 'relu' }),
    new layers.Dense(10),
  ]);
  model.compile({
    optimizer: new optimizers.Adam(0.01),
    loss: new losses.CategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  return {
    model,
    x: values(1, [count, 32]),
    y: rows(2, count, 10),
    state: () => [...model.variables, ...model.optimizer.variables],
  };
}

/** Fails where a Variable has moved to other memory. */
function expectHomes(variables: readonly Variable[], homes: readonly unknown[]): void {
  variables.forEach((variable, i) => expect(variable.peek().storage === homes[i], variable.name).toBe(true));
}

describe('the training step of the quick start', () => {
  test('is one program of at most 14 kernels that allocates nothing', () => {
    const { model, x, y } = subject(32);
    const { train } = model.stepFunctions();
    const batch = { x, y, sampleWeight: null };
    for (let i = 0; i < 2; i++) train(batch);
    expect(named('trainStep')).toHaveLength(1);
    expect(named('trainStep')[0]!.kernels.length).toBeLessThanOrEqual(14);
    ran.length = 0;
    const { allocations } = memory();
    const heap = backend.heapBytes();
    for (let i = 0; i < 10; i++) train(batch);
    expect(ran).toEqual(new Array<string>(10).fill(`${model.name}.trainStep`));
    expect(memory().allocations).toBe(allocations);
    expect(backend.heapBytes()).toBe(heap);
  });

  test('stepsPerExecution: one program for several batches, whatever their number', async () => {
    const loops: (readonly Program['kernels'][number][])[] = [];
    for (const steps of [4, 16]) {
      const { model, x, y } = subject(32 * (steps * 2 + 1));
      model.compile({ ...model.compileOptions, stepsPerExecution: steps });
      compiled.length = ran.length = 0;
      await model.fit(x, y, { ...quiet, epochs: 2 });
      // The first epoch makes everything with single steps, until a call can hold several.
      const many = ran.filter((name) => name.endsWith('trainStep × n')).length;
      expect([many, runsOf('trainStep')]).toEqual([3, steps + 2]);
      const program = compiled.find(({ name }) => name.endsWith('trainStep × n'))!;
      loops.push(program.kernels.filter(({ kind }) => kind === 'loop'));
    }
    expect(loops.map((list) => list.length)).toEqual([1, 1]);
    const bodies = loops.map(([loop]) => (loop as { readonly body: readonly unknown[] }).body.length);
    expect(bodies[0]).toBe(bodies[1]);
    expect(bodies[0]).toBeLessThanOrEqual(20);
  });

  test('fit, evaluate and predict run one program a batch, one per shape, and share the Variables', async () => {
    const { model, x, y, state } = subject(100);
    await model.fit(x, y, quiet);
    const trained = backend.heapBytes();
    const homes = state().map((variable) => variable.peek().storage);
    expect([named('trainStep').length, runsOf('trainStep')]).toEqual([2, 4]);
    await model.evaluate(x, y, quiet);
    await model.predict(x, quiet);
    const counts = ['trainStep', 'testStep', 'predictStep'].map((step) => [named(step).length, runsOf(step)]);
    expect(counts).toEqual([[2, 4], [2, 4], [2, 4]]); // prettier-ignore
    expectHomes(state(), homes);
    expect(backend.heapBytes()).toBeLessThanOrEqual(trained);

    const [programs, heap] = [compiled.length, backend.heapBytes()];
    for (let i = 0; i < 3; i++) {
      await model.fit(x, y, { ...quiet, epochs: 2 });
      await model.evaluate(x, y, quiet);
      await model.predict(x, quiet);
    }
    expect(compiled).toHaveLength(programs);
    expect(backend.heapBytes()).toBeLessThanOrEqual(heap);
    expectHomes(state(), homes);
    const again = ['trainStep', 'testStep', 'predictStep'].map((step) => [named(step).length, runsOf(step)]);
    expect(again).toEqual([[2, 28], [2, 16], [2, 16]]); // prettier-ignore
  });

  test('a value read before fit stays; the weights move', async () => {
    const { model, x, y } = subject(64);
    const before = model.weights.map((weight) => weight.value);
    const wanted = before.map((value) => [...value.dataSync()]);
    await model.fit(x, y, { ...quiet, epochs: 2 });
    const between = model.weights.map((weight) => weight.value);
    const middle = between.map((value) => [...value.dataSync()]);
    await model.fit(x, y, quiet);
    before.forEach((value, i) => expect([...value.dataSync()]).toEqual(wanted[i]));
    between.forEach((value, i) => expect([...value.dataSync()]).toEqual(middle[i]));
    model.weights.forEach((weight, i) => {
      expect([...weight.value.dataSync()]).not.toEqual(middle[i]);
      expect(middle[i]).not.toEqual(wanted[i]);
    });
  });

  test('compile and changes of trainable trace anew; nothing else does', async () => {
    const { model, x, y } = subject(32);
    const traces = async (): Promise<number> => {
      const before = named('trainStep').length;
      await model.fit(x, y, quiet);
      return named('trainStep').length - before;
    };
    const compile = (): void => model.compile({ optimizer: new optimizers.SGD(0.1), loss: 'mse' });
    expect([await traces(), await traces()]).toEqual([1, 0]);
    model.optimizer.learningRate = 0.5;
    model.setWeights(model.getWeights().map((weight) => weight.mul(0.5)));
    expect(await traces()).toBe(0);
    compile();
    expect([await traces(), await traces()]).toEqual([1, 0]);

    const first = model.layers[0]!;
    first.trainable = false;
    compile();
    const kernel = first.weights[0]!.value;
    const head = model.weights.at(-1)!.value;
    expect([await traces(), await traces()]).toEqual([1, 0]);
    expect([...first.weights[0]!.value.dataSync()]).toEqual([...kernel.dataSync()]);
    expect([...model.weights.at(-1)!.value.dataSync()]).not.toEqual([...head.dataSync()]);
    first.trainable = true;
    compile();
    expect([await traces(), await traces()]).toEqual([1, 0]);
    expect([...first.weights[0]!.value.dataSync()]).not.toEqual([...kernel.dataSync()]);
  });
});
