/**
 * Muon.
 */
import {
  add,
  ConfigError,
  div,
  matmul,
  mul,
  pow,
  sqrt,
  square,
  sub,
  swapAxes,
  type Tensor,
  type Variable,
} from '@dl/tensor';
import type { Config } from './config.ts';
import {
  Optimizer,
  type LearningRate,
  type OptimizerOptions,
  type Slots,
  type SlotSpec,
  type UpdateContext,
  type Updated,
} from './optimizer.ts';

/** Options of {@link Muon}. */
export interface MuonOptions extends OptimizerOptions {
  /** Part of Adam's first moment that stays, 0.9 unless given. */
  readonly adamBeta1?: number | undefined;
  /** Part of Adam's second moment that stays, 0.999 unless given. */
  readonly adamBeta2?: number | undefined;
  /** Weight decay of the variables that Adam updates, 0.004 unless given. */
  readonly adamWeightDecay?: number | null | undefined;
  /** Adam's ε, 1e-7 unless given. */
  readonly epsilon?: number | undefined;
  /** Regular expressions; variables with such a path or name are updated by Adam. */
  readonly excludeLayers?: readonly string[] | undefined;
  /** Whether variables with 'embedding' in their path are updated by Adam; true unless given. */
  readonly excludeEmbeddings?: boolean | undefined;
  /** Coefficients of the polynomial that is iterated: 3.4445, −4.775 and 2.0315 unless given. */
  readonly muonA?: number | undefined;
  readonly muonB?: number | undefined;
  readonly muonC?: number | undefined;
  /** Adam's learning rate as a part of Muon's, 1 unless given. */
  readonly adamLrRatio?: number | undefined;
  /** Part of the momentum that stays, 0.95 unless given. */
  readonly momentum?: number | undefined;
  /** Iterations of Newton and Schulz, 5 unless given. */
  readonly nsSteps?: number | undefined;
  /** Whether the step looks ahead along the momentum; true unless given. */
  readonly nesterov?: boolean | undefined;
  /** Size of the entries of a step, beside Adam's; 0.2 unless given. */
  readonly rmsRate?: number | undefined;
}

/**
 * Momentum whose step is made orthogonal (K. Jordan et al., 2024; J. Liu et al., 2025): matrices move by
 * lr · rmsRate · √max(rows, columns) along the nearest orthogonal matrix; everything else, and embeddings, is updated by
 * Adam with decoupled decay. The output layer belongs to `excludeLayers`. Weight decay is 0.004 unless given.
 *
 * @example new Muon(0.001, { excludeLayers: ['output'] }).apply(grads, variables);
 */
export class Muon extends Optimizer {
  static override readonly className: string = 'Muon';
  static override readonly options: readonly string[] = [
    'adamBeta1',
    'adamBeta2',
    'adamWeightDecay',
    'epsilon',
    'excludeLayers',
    'excludeEmbeddings',
    'muonA',
    'muonB',
    'muonC',
    'adamLrRatio',
    'momentum',
    'nsSteps',
    'nesterov',
    'rmsRate',
  ];
  readonly adamBeta1: number;
  readonly adamBeta2: number;
  readonly adamWeightDecay: number | null;
  readonly epsilon: number;
  readonly excludeLayers: readonly string[];
  readonly excludeEmbeddings: boolean;
  readonly muonA: number;
  readonly muonB: number;
  readonly muonC: number;
  readonly adamLrRatio: number;
  readonly momentum: number;
  readonly nsSteps: number;
  readonly nesterov: boolean;
  readonly rmsRate: number;

  constructor(learningRate: LearningRate = 0.001, options: MuonOptions = {}) {
    super(learningRate, { ...options, weightDecay: options.weightDecay === undefined ? 0.004 : options.weightDecay });
    this.adamBeta1 = options.adamBeta1 ?? 0.9;
    this.adamBeta2 = options.adamBeta2 ?? 0.999;
    this.adamWeightDecay = options.adamWeightDecay === undefined ? 0.004 : options.adamWeightDecay;
    this.epsilon = options.epsilon ?? 1e-7;
    this.excludeLayers = options.excludeLayers ?? [];
    this.excludeEmbeddings = options.excludeEmbeddings ?? true;
    this.muonA = options.muonA ?? 3.4445;
    this.muonB = options.muonB ?? -4.775;
    this.muonC = options.muonC ?? 2.0315;
    this.adamLrRatio = options.adamLrRatio ?? 1;
    this.momentum = options.momentum ?? 0.95;
    this.nsSteps = options.nsSteps ?? 5;
    this.nesterov = options.nesterov ?? true;
    this.rmsRate = options.rmsRate ?? 0.2;
    if (!Number.isInteger(this.nsSteps) || this.nsSteps < 1) {
      throw new ConfigError(`Muon: nsSteps must be a positive integer, got ${String(options.nsSteps)}`);
    }
  }

  /** Whether Adam updates a variable. */
  #usesAdam(variable: Variable): boolean {
    const { path = variable.name } = variable as { readonly path?: string };
    if (variable.shape.length !== 2) return true;
    if (this.excludeEmbeddings && path.toLowerCase().includes('embedding')) return true;
    return this.excludeLayers.some((pattern) => new RegExp(pattern).test(path));
  }

  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'momentum' }, { name: 'velocity', when: (variable) => this.#usesAdam(variable) }]];
  }

  protected override decayOf(variable: Variable): number | null {
    return this.#usesAdam(variable) ? this.adamWeightDecay : this.weightDecay;
  }

  protected override update(weight: Tensor, gradient: Tensor, slots: Slots, context: UpdateContext): Updated {
    if (this.#usesAdam(context.variable)) return this.#adam(weight, gradient, slots, context);
    const momentum = add(gradient, mul(slots['momentum']!, this.momentum));
    const direction = this.nesterov ? add(gradient, mul(momentum, this.momentum)) : momentum;
    const [rows, columns] = context.variable.shape;
    const size = this.rmsRate * Math.sqrt(Math.max(rows!, columns!));
    return {
      weight: sub(weight, mul(mul(this.#orthogonal(direction), size), context.learningRate)),
      slots: { momentum },
    };
  }

  #adam(weight: Tensor, gradient: Tensor, slots: Slots, { learningRate, step }: UpdateContext): Updated {
    const { adamBeta1, adamBeta2 } = this;
    const momentum = add(slots['momentum']!, mul(sub(gradient, slots['momentum']!), 1 - adamBeta1));
    const velocity = add(slots['velocity']!, mul(sub(square(gradient), slots['velocity']!), 1 - adamBeta2));
    const correction = div(sqrt(sub(1, pow(adamBeta2, step))), sub(1, pow(adamBeta1, step)));
    const rate = mul(mul(learningRate, this.adamLrRatio), correction);
    return {
      weight: sub(weight, div(mul(momentum, rate), add(sqrt(velocity), this.epsilon))),
      slots: { momentum, velocity },
    };
  }

  /** Brings all singular values near 1 by an odd polynomial, repeated. */
  #orthogonal(x: Tensor): Tensor {
    const [rows, columns] = x.shape;
    const tall = rows! > columns!;
    let wide = tall ? swapAxes(x, 0, 1) : x;
    wide = wide.div(add(sqrt(square(wide).sum()), 1e-7));
    for (let i = 0; i < this.nsSteps; i++) {
      const gram = matmul(wide, swapAxes(wide, 0, 1));
      const mixed = add(mul(gram, this.muonB), mul(matmul(gram, gram), this.muonC));
      wide = add(mul(wide, this.muonA), matmul(mixed, wide));
    }
    return tall ? swapAxes(wide, 0, 1) : wide;
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      adam_beta_1: this.adamBeta1,
      adam_beta_2: this.adamBeta2,
      adam_weight_decay: this.adamWeightDecay,
      epsilon: this.epsilon,
      exclude_layers: this.excludeLayers,
      exclude_embeddings: this.excludeEmbeddings,
      muon_a: this.muonA,
      muon_b: this.muonB,
      muon_c: this.muonC,
      adam_lr_ratio: this.adamLrRatio,
      momentum: this.momentum,
      ns_steps: this.nsSteps,
      nesterov: this.nesterov,
      rms_rate: this.rmsRate,
    };
  }
}
