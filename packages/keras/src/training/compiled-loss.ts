/**
 * The loss that `compile` was given: one, or one for each output.
 */
import { asList, type Tensors } from '@dl/layers';
import * as losses from '@dl/layers/losses';
import { Mean } from '@dl/layers/metrics';
import { add, ConfigError, mul, type Tensor } from '@dl/tensor';
import { describe, withLabel } from '@dl/tensor/interpreter';
import { arrange, type Form, type Several } from '../functional/structure.ts';
import type { NamedMetric } from './compiled-metrics.ts';
import { formOfTensors, isTensor } from '../functional/forms.ts';
import { perOutput, weightsPerOutput } from './per-output.ts';
import { isCrossentropy, resolveCrossentropy } from './resolve.ts';

/** A loss for all outputs, or for each by place or name; null leaves an output out. */
export type LossesLike = Several<losses.LossLike | null>;

/** Factors of the losses: one, or by place or name; 1 unless given. */
export type LossWeights = number | readonly number[] | Readonly<Record<string, number>>;

const isLoss = (value: unknown): boolean =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'function' ||
  value instanceof losses.Loss ||
  (typeof value === 'object' && 'class_name' in value);

interface Entry {
  readonly name: string;
  readonly weight: number;
  readonly identifier: losses.LossLike | null;
  loss: losses.Loss | null;
  readonly tracker: Mean | null;
}

/** The losses of a model and their weights. */
export class CompiledLoss {
  readonly #identifier: LossesLike;
  readonly #weights: LossWeights;
  #entries: readonly Entry[] | null = null;

  constructor(identifier: LossesLike, weights: LossWeights | null) {
    this.#identifier = identifier;
    this.#weights = weights ?? 1;
    if (!isLoss(identifier) && (typeof identifier !== 'object' || identifier === null)) {
      throw new ConfigError(
        `compile: loss must be a loss, its name or a function, or those by output, got ${describe(identifier)}`,
      );
    }
    // Names that are unknown are found at once.
    const given = isLoss(identifier) ? [identifier] : Object.values(identifier as object);
    for (const one of given as readonly (losses.LossLike | null)[]) {
      if (one !== null && !isCrossentropy(one)) losses.get(one);
    }
  }

  /** What `compile` was given. */
  get identifier(): LossesLike {
    return this.#identifier;
  }

  /** The losses by output, once the outputs are known; null where shapes decide it and no batch has come. */
  lossesFor(form: Form): readonly (losses.Loss | null)[] {
    return this.#build(form).map(({ loss }) => loss);
  }

  /** Mean losses of the outputs, where there are several. */
  get trackers(): readonly NamedMetric[] {
    return (this.#entries ?? []).flatMap(({ name, tracker }) =>
      tracker === null ? [] : [{ name: `${name}_loss`, metric: tracker }],
    );
  }

  #build(form: Form): readonly Entry[] {
    if (this.#entries !== null) return this.#entries;
    const several = form.names.length > 1;
    const identifiers = perOutput<losses.LossLike | null>(this.#identifier, isLoss, form, 'loss', null);
    const isNumber = (value: unknown): boolean => typeof value === 'number';
    const weights = perOutput<number>(this.#weights, isNumber, form, 'lossWeights', 1);
    const shared = isLoss(this.#identifier) && !isCrossentropy(this.#identifier);
    const common = shared && this.#identifier !== null ? losses.get(this.#identifier as losses.LossLike) : null;
    this.#entries = form.names.map((name, i) => ({
      name,
      weight: weights[i]!,
      identifier: identifiers[i]!,
      loss: common ?? (identifiers[i] === null || isCrossentropy(identifiers[i]) ? null : losses.get(identifiers[i]!)),
      tracker: several && identifiers[i] !== null ? new Mean({ name: `${name}_loss` }) : null,
    }));
    return this.#entries;
  }

  /** The weighted sum of the losses of a batch, a scalar; null where no output has one. */
  apply(
    yTrue: Tensors,
    yPred: Tensors,
    sampleWeight: Tensors | null,
    form: Form = formOfTensors(yPred),
  ): Tensor | null {
    const targets = asList(arrange<Tensor>(yTrue, isTensor, form, 'y'));
    const predictions = asList(yPred);
    const weights = weightsPerOutput(sampleWeight, form);
    const parts = this.#build(form).flatMap((entry, i) => {
      if (entry.identifier === null) return [];
      entry.loss ??= resolveCrossentropy(targets[i]!, predictions[i]!);
      const { loss } = entry;
      const value = withLabel(`loss of ${entry.name}`, () =>
        loss.apply(targets[i]!, predictions[i]!, { sampleWeight: weights[i]! }),
      );
      const scalar = value.rank === 0 ? value : value.mean();
      entry.tracker?.updateState(scalar, { sampleWeight: predictions[i]!.shape[0] ?? 1 });
      return [entry.weight === 1 ? scalar : mul(scalar, entry.weight)];
    });
    return parts.length === 0 ? null : parts.reduce((a, b) => add(a, b));
  }
}
