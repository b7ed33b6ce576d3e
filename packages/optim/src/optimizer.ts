/**
 * Optimizer: the base class. One update of all variables is one program.
 */
import { ConfigError, ShapeError, Variable, type Tensor } from '@dl/tensor';
import { compositeAll, describe, formatShape, sameShape } from '@dl/tensor/interpreter';
import { checkClipping, type ClippingOptions } from './clipping.ts';
import { checkNames, classNameOf, toOptions, type Config } from './config.ts';
import { FunctionSchedule, LearningRateSchedule, serializeSchedule } from './schedules/learning-rate-schedule.ts';
import { makeSlot, type ScalarSpec, type Slots, type SlotSpec, type UpdateContext, type Updated } from './slots.ts';
import { planUpdate, type ConstrainedVariable, type UpdatePlan } from './update.ts';

export type { ScalarSpec, Slots, SlotSpec, UpdateContext, Updated } from './slots.ts';

/** A number, a schedule, or a function in ops of the 0-based step (a float32 scalar). */
export type LearningRate = number | LearningRateSchedule | ((step: Tensor) => Tensor);

/** Options of every optimizer. */
export interface OptimizerOptions extends ClippingOptions {
  /** Decoupled weight decay: before each update w ← w − w·weightDecay·lr; none unless given. */
  readonly weightDecay?: number | null | undefined;
  /** Whether exponential moving averages of the variables are kept; false unless given. */
  readonly useEma?: boolean | undefined;
  /** Part of the average that stays at each update, 0.99 unless given. */
  readonly emaMomentum?: number | undefined;
  /** The variables take their averages every so many updates; otherwise only in `finalizeVariableValues`. */
  readonly emaOverwriteFrequency?: number | null | undefined;
  /** Gradients are divided by it; multiply the loss with `scaleLoss`. */
  readonly lossScaleFactor?: number | null | undefined;
  /** Gradients of so many calls are averaged into one update. */
  readonly gradientAccumulationSteps?: number | null | undefined;
  readonly name?: string | undefined;
}

/** What files hold of an optimizer. */
export interface StoredState {
  readonly variables: readonly Variable[];
  readonly inner: Optimizer | null;
}

const SHARED = [
  'weightDecay',
  'clipnorm',
  'clipvalue',
  'globalClipnorm',
  'useEma',
  'emaMomentum',
  'emaOverwriteFrequency',
  'lossScaleFactor',
  'gradientAccumulationSteps',
  'name',
];

interface OptimizerClass<T> {
  new (...args: never[]): T;
  readonly options: readonly string[] | null;
}

/**
 * Base class of optimizers. A subclass names its slots and writes `update` in ops; everything else is here, in Keras's
 * order: scale, accumulate, clip, decay, update, average, constrain, count.
 *
 * @example
 * class SignDescent extends Optimizer {
 *   protected update(weight: Tensor, gradient: Tensor, slots: Slots, { learningRate }: UpdateContext): Updated {
 *     return { weight: weight.sub(sign(gradient).mul(learningRate)), slots };
 *   }
 * }
 * new SignDescent(0.01).apply(grads, variables);
 */
export abstract class Optimizer {
  /** Class name in files. */
  static readonly className: string = 'Optimizer';
  /** Options beside those of every optimizer; null takes any. */
  static readonly options: readonly string[] | null = null;

  readonly name: string;
  readonly weightDecay: number | null;
  readonly clipnorm: number | null;
  readonly clipvalue: number | null;
  readonly globalClipnorm: number | null;
  readonly useEma: boolean;
  readonly emaMomentum: number;
  readonly emaOverwriteFrequency: number | null;
  readonly lossScaleFactor: number | null;
  readonly gradientAccumulationSteps: number | null;
  readonly #iterations: Variable;
  readonly #schedule: LearningRateSchedule | null;
  readonly #learningRate: Variable | null;
  /** What the learning rate was last set to. */
  #rate = 0;
  readonly #undecayed = new Set<Variable>();
  readonly #undecayedNames: RegExp[] = [];
  #plan: UpdatePlan | null = null;
  #run: ((inputs: readonly Tensor[], attrs: { readonly present: readonly boolean[] }) => Tensor[]) | null = null;
  #warned = false;

  constructor(learningRate: LearningRate, options: OptimizerOptions = {}) {
    const kind = classNameOf(this);
    const known = (new.target as typeof Optimizer).options;
    if (known !== null && Object.hasOwn(new.target, 'className')) checkNames(kind, options, [...known, ...SHARED]);
    this.name = options.name ?? kind.toLowerCase();
    this.weightDecay = options.weightDecay ?? null;
    const { clipnorm, clipvalue, globalClipnorm } = checkClipping(kind, options);
    this.clipnorm = clipnorm;
    this.clipvalue = clipvalue;
    this.globalClipnorm = globalClipnorm;
    this.useEma = options.useEma ?? false;
    this.emaMomentum = options.emaMomentum ?? 0.99;
    this.emaOverwriteFrequency = checkFrequency(kind, 'emaOverwriteFrequency', options.emaOverwriteFrequency);
    this.lossScaleFactor = options.lossScaleFactor ?? null;
    this.gradientAccumulationSteps = checkFrequency(
      kind,
      'gradientAccumulationSteps',
      options.gradientAccumulationSteps,
    );
    this.#iterations = makeSlot('iteration', [], 'int32', 0);
    if (typeof learningRate === 'number') {
      this.#schedule = null;
      this.#rate = checkRate(kind, learningRate);
      this.#learningRate = makeSlot('learning_rate', [], 'float32', this.#rate);
    } else {
      this.#schedule = toSchedule(kind, learningRate);
      this.#learningRate = null;
    }
  }

  // ---- what subclasses say

  /** Slots of each variable, in the order they are stored: each group goes variable by variable. */
  protected slotGroups(): readonly (readonly SlotSpec[])[] {
    return [];
  }

  /** Scalars of the optimizer as a whole. */
  protected scalarSpecs(): readonly ScalarSpec[] {
    return [];
  }

  /** The new values of {@link scalarSpecs}, by name; runs once per update, after the variables. */
  protected updateScalars(scalars: Slots, _step: Tensor): Slots {
    return scalars;
  }

  /** Weight decay of a variable that is not excluded; null for none. */
  protected decayOf(_variable: Variable): number | null {
    return this.weightDecay;
  }

  /** One variable's new value and slots, in ops. */
  protected abstract update(weight: Tensor, gradient: Tensor, slots: Slots, context: UpdateContext): Updated;

  /** Number of calls of `apply` so far, int32. */
  get iterations(): Variable {
    return this.#iterations;
  }
  // ---- learning rate

  /** The Variable with the learning rate, or the schedule. Assign a number to change it. */
  get learningRate(): Variable | LearningRateSchedule {
    return this.#learningRate ?? this.#schedule!;
  }

  set learningRate(value: number) {
    if (this.#learningRate === null) {
      throw new ConfigError(
        `${this.name}: the learning rate follows a schedule and cannot be set; make the optimizer with a number instead`,
      );
    }
    this.#rate = checkRate(this.name, value);
    this.#learningRate.assign(value);
  }

  /** The learning rate of the next update, a float32 scalar. */
  currentLearningRate(): Tensor {
    if (this.#learningRate !== null) return this.#learningRate.value;
    const calls = this.iterations.value.cast('float32');
    const every = this.gradientAccumulationSteps;
    return this.#schedule!.apply(every === null ? calls : calls.div(every).floor());
  }

  // ---- building

  get built(): boolean {
    return this.#plan !== null;
  }

  /** Variables given to `build`. */
  get trainableVariables(): readonly Variable[] {
    return this.#plan?.variables ?? [];
  }

  /** With `useEma`, the moving averages of {@link trainableVariables}, in their order; none before `build`. */
  get averages(): readonly Variable[] {
    return this.#plan?.averages ?? [];
  }

  /** All state in the order of Keras's files: iteration, learning rate, averages, accumulators, slots, scalars. */
  get variables(): readonly Variable[] {
    const rate = this.#learningRate === null ? [] : [this.#learningRate];
    return [this.iterations, ...rate, ...(this.#plan?.state ?? [])];
  }

  /** @internal What files hold of it, in Keras's order, and the optimizer inside. */
  storedParts(): StoredState {
    return { variables: this.variables, inner: null };
  }

  /** Makes the state for these variables. Happens by itself at the first `apply`. */
  build(variables: readonly Variable[]): void {
    if (this.#plan !== null) throw new ConfigError(`${this.name}: the optimizer is built already; make a new one`);
    for (const variable of variables) {
      if (!(variable instanceof Variable)) {
        throw new ConfigError(`${this.name}: expected a list of Variables, got ${describe(variable)} in it`);
      }
    }
    if (new Set(variables).size !== variables.length) {
      throw new ConfigError(`${this.name}: a Variable is listed twice`);
    }
    const plan = planUpdate({
      variables: variables as readonly ConstrainedVariable[],
      options: this,
      schedule: this.#schedule,
      slotGroups: this.slotGroups(),
      scalarSpecs: this.scalarSpecs(),
      decayOf: (variable) => (this.#decays(variable) ? this.decayOf(variable) : null),
      update: (weight, gradient, slots, context) => this.update(weight, gradient, slots, context),
      updateScalars: (scalars, step) => this.updateScalars(scalars, step),
    });
    this.#run = compositeAll(`${this.name}Update`, plan.body);
    this.#plan = plan;
  }

  #decays(variable: Variable): boolean {
    return !this.#undecayed.has(variable) && !this.#undecayedNames.some((pattern) => pattern.test(variable.name));
  }

  /**
   * Leaves variables out of weight decay, by themselves or by regular expressions searched in their names.
   *
   * @throws ConfigError after the optimizer is built.
   * @example optimizer.excludeFromWeightDecay({ names: ['bias', 'gamma', 'beta'] });
   */
  excludeFromWeightDecay(which: {
    readonly variables?: readonly Variable[];
    readonly names?: readonly string[];
  }): void {
    if (this.built) throw new ConfigError(`${this.name}: call excludeFromWeightDecay before the first update`);
    for (const variable of which.variables ?? []) this.#undecayed.add(variable);
    this.#undecayedNames.push(...(which.names ?? []).map((name) => new RegExp(name)));
  }

  // ---- updating

  /**
   * One update. Gradients belong to `variables`, or to those the optimizer was built with; null leaves a variable alone.
   *
   * @throws ConfigError when the numbers differ or every gradient is null, ShapeError naming a variable whose gradient
   * has another shape.
   * @example
   * const { grads } = variableGrads(loss, variables);
   * optimizer.apply(grads, variables);
   */
  apply(grads: readonly (Tensor | null)[], variables?: readonly Variable[]): void {
    if (this.#plan === null) {
      if (variables === undefined) throw new ConfigError(`${this.name}: the first apply() needs the variables as well`);
      this.build(variables);
    }
    const plan = this.#plan!;
    const aligned = this.#align(plan, grads, variables ?? plan.variables);
    const present = aligned.map((g) => g !== null);
    const inputs = plan.inputs(this.iterations, this.#learningRate, aligned, present);
    const outputs = this.#run!(inputs, { present });
    plan.assign(this.iterations, outputs, present);
  }

  /** As {@link apply}, from pairs of gradient and variable. */
  applyGradients(pairs: readonly (readonly [Tensor | null, Variable])[]): void {
    this.apply(
      pairs.map(([gradient]) => gradient),
      pairs.map(([, variable]) => variable),
    );
  }

  /** Gradients in the order of the plan. */
  #align(plan: UpdatePlan, grads: readonly (Tensor | null)[], variables: readonly Variable[]): (Tensor | null)[] {
    if (grads.length !== variables.length) {
      throw new ConfigError(`${this.name}: got ${grads.length} gradients for ${variables.length} variables`);
    }
    const aligned: (Tensor | null)[] = plan.variables.map(() => null);
    variables.forEach((variable, i) => {
      const place = plan.variables[i] === variable ? i : plan.variables.indexOf(variable as ConstrainedVariable);
      if (place < 0) {
        throw new ConfigError(
          `${this.name}: Variable '${variable.name}' is unknown to this optimizer; it was built with ${plan.variables.length} others`,
        );
      }
      const gradient = grads[i]!;
      if (gradient !== null && !sameShape(gradient.shape, variable.shape)) {
        throw new ShapeError(
          `${this.name}: the gradient of '${variable.name}' has shape ${formatShape(gradient.shape)}, expected ${formatShape(variable.shape)}`,
        );
      }
      aligned[place] = gradient;
    });
    this.#checkMissing(
      variables.filter((_, i) => grads[i] === null),
      variables.length,
    );
    return aligned;
  }

  #checkMissing(missing: readonly Variable[], count: number): void {
    if (missing.length === 0) return;
    const names = missing.map(({ name }) => `'${name}'`).join(', ');
    if (missing.length === count) {
      throw new ConfigError(`${this.name}: no gradients at all for ${names}; does the loss depend on these variables?`);
    }
    if (this.#warned) return;
    this.#warned = true;
    console.warn(`${this.name}: no gradients for ${names}; these variables stay as they are`);
  }

  /** The loss times `lossScaleFactor`, to be differentiated in its place. */
  scaleLoss(loss: Tensor): Tensor {
    return this.lossScaleFactor === null ? loss : loss.mul(this.lossScaleFactor);
  }

  /** With `useEma`, gives the variables their averages; call it once, after training. */
  finalizeVariableValues(): void {
    this.#plan?.averages?.forEach((average, i) => this.#plan!.variables[i]!.assign(average));
  }

  /** Gives the memory of all state back. */
  dispose(): void {
    for (const variable of this.variables) variable.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  // ---- configuration

  /** Constructor options under Keras's names; the learning rate is the present one where it can be read. */
  getConfig(): Config {
    const readable = this.#learningRate?.value.backend.readSync !== undefined;
    const rate = readable ? this.#learningRate!.value.itemSync() : Math.fround(this.#rate);
    return {
      name: this.name,
      learning_rate: this.#schedule === null ? rate : serializeSchedule(this.#schedule),
      weight_decay: this.weightDecay,
      clipnorm: this.clipnorm,
      global_clipnorm: this.globalClipnorm,
      clipvalue: this.clipvalue,
      use_ema: this.useEma,
      ema_momentum: this.emaMomentum,
      ema_overwrite_frequency: this.emaOverwriteFrequency,
      loss_scale_factor: this.lossScaleFactor,
      gradient_accumulation_steps: this.gradientAccumulationSteps,
    };
  }

  /** Makes an optimizer from what {@link getConfig} gave; keys it does not know are left out. */
  static fromConfig<T>(this: OptimizerClass<T>, config: Config): T {
    const { learningRate, ...given } = toOptions(config);
    const known = this.options === null ? null : [...this.options, ...SHARED];
    const rest = Object.entries(given).filter(([key]) => known === null || known.includes(key));
    return new this(...([learningRate, Object.fromEntries(rest)] as never[]));
  }
}

function checkRate(where: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
  throw new ConfigError(`${where}: the learning rate must be a finite number ≥ 0, got ${describe(value)}`);
}

function toSchedule(where: string, value: Exclude<LearningRate, number>): LearningRateSchedule {
  if (value instanceof LearningRateSchedule) return value;
  if (typeof value === 'function') return new FunctionSchedule(value);
  throw new ConfigError(`${where}: the learning rate must be a number or a schedule, got ${describe(value)}`);
}

function checkFrequency(where: string, name: string, value: number | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  if (Number.isInteger(value) && value > 0) return value;
  throw new ConfigError(`${where}: ${name} must be a positive integer, got ${describe(value)}`);
}
