/**
 * MultiOptimizer: different optimizers for different variables.
 */
import { ConfigError, type Tensor, type Variable } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { Config, ConfigValue } from './config.ts';
import { Optimizer, type Updated } from './optimizer.ts';
import type { LearningRateSchedule } from './schedules/learning-rate-schedule.ts';

/** A variable with the path that weights of layers have. */
type WithPath = Variable & { readonly path?: string };

const pathOf = (variable: WithPath): string => variable.path ?? variable.name;

/**
 * Which optimizer updates which variables: regular expressions over whole paths, such as 'head/.*', and a default for the
 * rest.
 *
 * @example new OptimizerMap(new Adam(), { 'head/.*': new SGD(0.1) });
 */
export class OptimizerMap {
  readonly defaultOptimizer: Optimizer;
  readonly optimizerMap: Readonly<Record<string, Optimizer>>;
  readonly #rules: readonly { readonly key: string; readonly pattern: RegExp; readonly optimizer: Optimizer }[];

  constructor(defaultOptimizer: Optimizer, optimizerMap: Readonly<Record<string, Optimizer>> = {}) {
    for (const optimizer of [defaultOptimizer, ...Object.values(optimizerMap)]) {
      if (!((optimizer as unknown) instanceof Optimizer)) {
        throw new ConfigError(`OptimizerMap: expected optimizers, got ${describe(optimizer)}`);
      }
    }
    this.defaultOptimizer = defaultOptimizer;
    this.optimizerMap = optimizerMap;
    this.#rules = Object.entries(optimizerMap).map(([key, optimizer]) => ({
      key,
      pattern: new RegExp(`^(?:${key})$`),
      optimizer,
    }));
  }

  /** All optimizers, each once, the default last. */
  get optimizers(): readonly Optimizer[] {
    const named = this.#rules.map(({ optimizer }) => optimizer).filter((one) => one !== this.defaultOptimizer);
    return [...new Set([...named, this.defaultOptimizer])];
  }

  /**
   * The optimizer of a variable. An entry with exactly its path goes before patterns.
   *
   * @throws ConfigError when the patterns of two optimizers match.
   */
  find(variable: Variable): Optimizer {
    const path = pathOf(variable);
    const exact = this.#rules.find(({ key }) => key === path);
    if (exact !== undefined) return exact.optimizer;
    const matching = this.#rules.filter(({ pattern }) => pattern.test(path));
    if (new Set(matching.map(({ optimizer }) => optimizer)).size > 1) {
      const keys = matching.map(({ key }) => `'${key}'`).join(' and ');
      throw new ConfigError(`OptimizerMap: ${keys} both match '${path}'; make the patterns disjoint`);
    }
    return matching[0]?.optimizer ?? this.defaultOptimizer;
  }
}

/** Options of {@link MultiOptimizer}. */
export interface MultiOptimizerOptions {
  /** Gradients are divided by it; multiply the loss with `scaleLoss`. */
  readonly lossScaleFactor?: number | null | undefined;
  /** 'multi_optimizer' unless given. */
  readonly name?: string | undefined;
}

/**
 * Gives every variable to the optimizer that a map names. Clipping, decay and averages are those of each optimizer, over its
 * own variables. Follows `keras.optimizers.MultiOptimizer`. `learningRate` is that of the default optimizer.
 *
 * @throws ConfigError unless it is given an {@link OptimizerMap}.
 * @example new MultiOptimizer(new OptimizerMap(new Adam(), { 'head/.*': new SGD(0.1) }));
 */
export class MultiOptimizer extends Optimizer {
  static override readonly className: string = 'MultiOptimizer';
  readonly optimizerMap: OptimizerMap;
  #variables: readonly Variable[] | null = null;
  readonly #owners = new Map<Variable, Optimizer>();

  constructor(optimizerMap: OptimizerMap, options: MultiOptimizerOptions = {}) {
    super(0, { name: options.name ?? 'multi_optimizer', lossScaleFactor: options.lossScaleFactor });
    if (!((optimizerMap as unknown) instanceof OptimizerMap)) {
      throw new ConfigError(`MultiOptimizer: expected an OptimizerMap, got ${describe(optimizerMap)}`);
    }
    this.optimizerMap = optimizerMap;
    const scaled = optimizerMap.optimizers.find(({ lossScaleFactor }) => lossScaleFactor !== null);
    if (scaled !== undefined) {
      throw new ConfigError(
        `MultiOptimizer: ${scaled.name} has a lossScaleFactor of its own; give one to the MultiOptimizer instead`,
      );
    }
  }

  get #parts(): readonly Optimizer[] {
    return this.optimizerMap.optimizers;
  }

  override get iterations(): Variable {
    return (this.#parts.find(({ built }) => built) ?? this.optimizerMap.defaultOptimizer).iterations;
  }

  override get learningRate(): Variable | LearningRateSchedule {
    return this.optimizerMap.defaultOptimizer.learningRate;
  }

  override set learningRate(value: number) {
    this.optimizerMap.defaultOptimizer.learningRate = value;
  }

  override currentLearningRate(): Tensor {
    return this.optimizerMap.defaultOptimizer.currentLearningRate();
  }

  override get built(): boolean {
    return this.#variables !== null;
  }

  override get trainableVariables(): readonly Variable[] {
    return this.#variables ?? [];
  }

  override get variables(): readonly Variable[] {
    return this.#parts.flatMap(({ variables }) => variables);
  }

  override build(variables: readonly Variable[]): void {
    if (this.built) throw new ConfigError(`${this.name}: the optimizer is built already; make a new one`);
    for (const variable of variables) this.#owners.set(variable, this.optimizerMap.find(variable));
    for (const optimizer of this.#parts) {
      const own = variables.filter((variable) => this.#owners.get(variable) === optimizer);
      if (own.length > 0) optimizer.build(own);
    }
    this.#variables = variables;
  }

  override apply(grads: readonly (Tensor | null)[], given?: readonly Variable[]): void {
    if (!this.built) {
      if (given === undefined) throw new ConfigError(`${this.name}: the first apply() needs the variables as well`);
      this.build(given);
    }
    const variables = given ?? this.trainableVariables;
    if (grads.length !== variables.length) {
      throw new ConfigError(`${this.name}: got ${grads.length} gradients for ${variables.length} variables`);
    }
    for (const variable of variables) {
      if (!this.#owners.has(variable)) {
        throw new ConfigError(`${this.name}: Variable '${variable.name}' is unknown to this optimizer`);
      }
    }
    const factor = this.lossScaleFactor;
    for (const optimizer of this.#parts) {
      const own = variables.map((variable) => this.#owners.get(variable) === optimizer);
      const parts = grads.filter((_, i) => own[i]);
      if (parts.every((gradient) => gradient === null)) continue;
      optimizer.apply(
        factor === null ? parts : parts.map((gradient) => gradient?.div(factor) ?? null),
        variables.filter((_, i) => own[i]),
      );
    }
  }

  protected override update(): Updated {
    throw new ConfigError('MultiOptimizer: updates are those of the optimizers in its map');
  }

  override finalizeVariableValues(): void {
    for (const optimizer of this.#parts) if (optimizer.useEma) optimizer.finalizeVariableValues();
  }

  override dispose(): void {
    for (const optimizer of this.#parts) optimizer.dispose();
  }

  override getConfig(): Config {
    const store = (optimizer: Optimizer): ConfigValue => ({
      module: 'keras.optimizers',
      class_name: (optimizer.constructor as typeof Optimizer).className,
      config: optimizer.getConfig(),
      registered_name: null,
    });
    const { defaultOptimizer, optimizerMap } = this.optimizerMap;
    return {
      name: this.name,
      loss_scale_factor: this.lossScaleFactor,
      optimizer_map: {
        module: 'keras.optimizers',
        class_name: 'OptimizerMap',
        config: {
          default_optimizer: store(defaultOptimizer),
          optimizer_map: Object.fromEntries(Object.entries(optimizerMap).map(([key, one]) => [key, store(one)])),
        },
        registered_name: null,
      },
    };
  }
}
