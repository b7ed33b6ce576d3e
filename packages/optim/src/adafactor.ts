/**
 * Adafactor.
 */
import {
  add,
  div,
  maximum,
  mean,
  minimum,
  mul,
  pow,
  rsqrt,
  sqrt,
  square,
  sub,
  type Tensor,
  type Variable,
} from '@dl/tensor';
import type { Config } from './config.ts';
import {
  Optimizer,
  type LearningRate,
  type OptimizerOptions,
  type SlotSpec,
  type Slots,
  type UpdateContext,
  type Updated,
} from './optimizer.ts';

/** Options of {@link Adafactor}. */
export interface AdafactorOptions extends OptimizerOptions {
  /** Power of the step in the decay of the second moment, −0.8 unless given. */
  readonly beta2Decay?: number | undefined;
  /** Added to squares, 1e-30 unless given. */
  readonly epsilon1?: number | undefined;
  /** Least size of a variable that scales its rate, 0.001 unless given. */
  readonly epsilon2?: number | undefined;
  /** Largest size of a step before it is scaled down, 1 unless given. */
  readonly clipThreshold?: number | undefined;
  /** Whether the rate is at most 1/√step; true unless given. */
  readonly relativeStep?: boolean | undefined;
}

const factored = ({ shape }: Variable): boolean => shape.length >= 2;
const rms = (x: Tensor): Tensor => sqrt(mean(square(x)));

/**
 * Adam with the second moment of matrices kept as rows and columns only (N. Shazeer, M. Stern, 2018). The learning rate is
 * 0.001 unless given.
 *
 * @example new Adafactor(0.01).apply(grads, variables);
 */
export class Adafactor extends Optimizer {
  static override readonly className: string = 'Adafactor';
  static override readonly options: readonly string[] = [
    'beta2Decay',
    'epsilon1',
    'epsilon2',
    'clipThreshold',
    'relativeStep',
  ];
  readonly beta2Decay: number;
  readonly epsilon1: number;
  readonly epsilon2: number;
  readonly clipThreshold: number;
  readonly relativeStep: boolean;
  readonly #scheduled: boolean;

  constructor(learningRate: LearningRate = 0.001, options: AdafactorOptions = {}) {
    super(learningRate, options);
    this.beta2Decay = options.beta2Decay ?? -0.8;
    this.epsilon1 = options.epsilon1 ?? 1e-30;
    this.epsilon2 = options.epsilon2 ?? 1e-3;
    this.clipThreshold = options.clipThreshold ?? 1;
    this.relativeStep = options.relativeStep ?? true;
    this.#scheduled = typeof learningRate !== 'number';
  }

  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    const rows = (v: Variable): readonly number[] => (factored(v) ? v.shape.slice(0, -1) : []);
    const columns = (v: Variable): readonly number[] => (factored(v) ? [...v.shape.slice(0, -2), v.shape.at(-1)!] : []);
    return [[{ name: 'r', shape: rows }, { name: 'c', shape: columns }, { name: 'velocity' }]];
  }

  protected override update(weight: Tensor, gradient: Tensor, slots: Slots, context: UpdateContext): Updated {
    const { learningRate, step, variable } = context;
    const rate = this.relativeStep && !this.#scheduled ? minimum(learningRate, rsqrt(step)) : learningRate;
    const scale = mul(maximum(rms(weight), this.epsilon2), rate);
    const squares = add(square(gradient), this.epsilon1);
    const beta = sub(1, pow(step, this.beta2Decay));
    const decay = (old: Tensor, value: Tensor): Tensor => add(mul(beta, old), mul(sub(1, beta), value));
    let [r, c, velocity] = [slots['r']!, slots['c']!, slots['velocity']!];
    if (factored(variable)) {
      r = decay(r, squares.mean(-1));
      c = decay(c, squares.mean(-2));
      velocity = mul(div(r, r.mean(-1, true)).expandDims(-1), c.expandDims(-2));
    } else {
      velocity = decay(velocity, squares);
    }
    const move = div(gradient, sqrt(velocity));
    const limited = div(move, maximum(div(rms(move), this.clipThreshold), 1));
    return { weight: sub(weight, mul(limited, scale)), slots: { r, c, velocity } };
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      beta_2_decay: this.beta2Decay,
      epsilon_1: this.epsilon1,
      epsilon_2: this.epsilon2,
      clip_threshold: this.clipThreshold,
      relative_step: this.relativeStep,
    };
  }
}
