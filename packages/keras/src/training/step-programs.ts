/**
 * The steps of a model as compiled functions, made anew when what they were traced from changes.
 */
import type { Tensors } from '@dl/layers';
import { at, ConfigError, jit, reshape, scan, stack, type Jitted, type Tensor } from '@dl/tensor';
import { leavesOf, mapTree, sameShape } from '@dl/tensor/interpreter';
import type { AnyModel } from '../model.ts';
import type { StepData, StepLogs, Steps } from './step-data.ts';

type Parts = readonly [x: Tensors, y: Tensors | null, sampleWeight: Tensors | null];

/** One step, and several in one call of the device. */
interface Program<A, R> {
  readonly one: Jitted<readonly [A], R>;
  readonly several: Jitted<readonly [readonly A[]], R>;
}

/** Compiled steps of one model, valid for the layers and trainable flags it had. */
export class StepPrograms {
  readonly #train: Program<Parts, StepLogs>;
  readonly #test: Program<Parts, StepLogs>;
  readonly #predict: Program<Tensors, Tensors>;
  readonly #seen: readonly unknown[];

  constructor(model: AnyModel) {
    const data = ([x, y, sampleWeight]: Parts): StepData<Tensors, Tensors> => ({ x, y, sampleWeight });
    const last = (logs: StepLogs): StepLogs => mapTree(logs, (value) => at(value, -1)) as StepLogs;
    const joined = (outputs: Tensors): Tensors =>
      mapTree(outputs, (y) => reshape(y, [y.shape[0]! * y.shape[1]!, ...y.shape.slice(2)])) as Tensors;
    this.#train = makeProgram(model.name, 'trainStep', (parts) => model.trainStep(data(parts)), last);
    this.#test = makeProgram(model.name, 'testStep', (parts) => model.testStep(data(parts)), last);
    this.#predict = makeProgram(model.name, 'predictStep', (x) => model.predictStep(x), joined);
    this.#seen = stateOf(model);
  }

  /** Whether the model still has the layers and trainable flags that the steps were traced with. */
  fits(model: AnyModel): boolean {
    const now = stateOf(model);
    return now.length === this.#seen.length && now.every((item, i) => item === this.#seen[i]);
  }

  /** The steps as functions of batches. */
  get steps(): Steps {
    const [train, test, predict] = [this.#train, this.#test, this.#predict];
    return {
      train: (data) => train.one(partsOf(data)),
      test: (data) => test.one(partsOf(data)),
      predict: (x) => predict.one(x),
      trainSeveral: (data) => runSeveral(train, data.map(partsOf)).at(-1),
      testSeveral: (data) => runSeveral(test, data.map(partsOf)).at(-1),
      predictSeveral: (xs) => runSeveral(predict, xs),
    };
  }

  dispose(): void {
    for (const { one, several } of [this.#train, this.#test, this.#predict]) {
      one.dispose();
      several.dispose();
    }
  }
}

const partsOf = ({ x, y, sampleWeight }: StepData<Tensors, Tensors>): Parts => [x, y, sampleWeight];

/** The steps of a model run op by op. */
export function eagerSteps(model: AnyModel): Steps {
  const train = (data: StepData<Tensors, Tensors>): StepLogs => model.trainStep(data);
  const test = (data: StepData<Tensors, Tensors>): StepLogs => model.testStep(data);
  const predict = (x: Tensors): Tensors => model.predictStep(x);
  return {
    train,
    test,
    predict,
    trainSeveral: (data) => data.map(train).at(-1),
    testSeveral: (data) => data.map(test).at(-1),
    predictSeveral: (xs) => xs.map(predict),
  };
}

/** Compiles a step, and the loop that runs it on several batches. `join` makes one result of the stacked ones. */
function makeProgram<A, R extends StepLogs | Tensors>(
  model: string,
  name: string,
  step: (parts: A) => R,
  join: (stacked: R) => R,
): Program<A, R> {
  const checked = (parts: A): R => {
    const result: unknown = step(parts);
    if (result instanceof Promise) {
      throw new ConfigError(
        `${model}: ${name} returned a promise; steps are compiled, so they must be synchronous, or compile({ runEagerly: true }) for a synchronous one that reads values`,
      );
    }
    return result as R;
  };
  const loop = (batches: readonly A[]): R => {
    const parts = batches.map((batch) => leavesOf(batch));
    const stacked = parts[0]!.map((_, i) => stack(parts.map((leaves) => leaves[i]!)));
    const body = (carry: null, leaves: readonly Tensor[]): readonly [null, R] => {
      let next = 0;
      return [carry, checked(mapTree(batches[0], () => leaves[next++]!) as A)];
    };
    const [, results] = scan<null, readonly Tensor[], R>(body, null, stacked);
    return join(results);
  };
  const options = { name: `${model}.${name}`, openBatch: true };
  return { one: jit(checked, options), several: jit(loop, { ...options, name: `${options.name} × n` }) };
}

/** Runs batches in one call where they are alike; layers, metrics and optimizers are made by a first step alone. */
function runSeveral<A, R>({ one, several }: Program<A, R>, batches: readonly A[]): readonly R[] {
  const [first, ...rest] = batches.map((batch) => leavesOf(batch));
  const alike = rest.every(
    (leaves) => leaves.length === first!.length && leaves.every(({ shape }, i) => sameShape(shape, first![i]!.shape)),
  );
  return rest.length > 0 && alike && one.traces > 0 ? [several(batches)] : batches.map((batch) => one(batch));
}

/** Everything in JS that changes what a step does, as a flat list. */
function stateOf(model: AnyModel): readonly unknown[] {
  const layers = model.flattenLayers().flatMap((layer) => [layer, layer.trainable, ...layer.forwardHooks]);
  return [...layers, ...model.weights.map((weight) => weight.trainable)];
}
