/**
 * The steps of a model as compiled functions, made anew when what they were traced from changes.
 */
import type { Tensors } from '@dl/layers';
import { ConfigError, jit, type Jitted } from '@dl/tensor';
import type { AnyModel, StepData } from '../model.ts';
import type { StepLogs } from './steps.ts';

type Parts = readonly [x: Tensors, y: Tensors | null, sampleWeight: Tensors | null];

/** Compiled steps of one model, valid for the layers and trainable flags it had. */
export class StepPrograms {
  readonly train: Jitted<Parts, StepLogs>;
  readonly test: Jitted<Parts, StepLogs>;
  readonly predict: Jitted<[Tensors], Tensors>;
  readonly #seen: readonly unknown[];

  constructor(model: AnyModel) {
    const data = (...[x, y, sampleWeight]: Parts): StepData<Tensors, Tensors> => ({ x, y, sampleWeight });
    const step = <A extends readonly unknown[], R>(name: string, fn: (...args: A) => R): Jitted<A, R> =>
      jit(
        (...args: A) => {
          const result = fn(...args);
          if (result instanceof Promise) {
            throw new ConfigError(
              `${model.name}: ${name} returned a promise; steps are compiled, so they must be synchronous, or compile({ runEagerly: true }) for a synchronous one that reads values`,
            );
          }
          return result;
        },
        { name: `${model.name}.${name}` },
      );
    this.train = step('trainStep', (...parts: Parts) => model.trainStep(data(...parts)));
    this.test = step('testStep', (...parts: Parts) => model.testStep(data(...parts)));
    this.predict = step('predictStep', (x: Tensors) => model.predictStep(x));
    this.#seen = stateOf(model);
  }

  /** Whether the model still has the layers and trainable flags that the steps were traced with. */
  fits(model: AnyModel): boolean {
    const now = stateOf(model);
    return now.length === this.#seen.length && now.every((item, i) => item === this.#seen[i]);
  }

  dispose(): void {
    for (const program of [this.train, this.test, this.predict]) program.dispose();
  }
}

/** Everything in JS that changes what a step does, as a flat list. */
function stateOf(model: AnyModel): readonly unknown[] {
  const layers = model.flattenLayers().flatMap((layer) => [layer, layer.trainable]);
  return [...layers, ...model.weights.map((weight) => weight.trainable)];
}
