/**
 * What a student is compared with its teacher by.
 */
import { asList, type Tensors } from '@dl/layers';
import * as losses from '@dl/layers/losses';
import { add, ConfigError, div, mul, ShapeError, softmax, type Tensor } from '@dl/tensor';
import { describe, formatShape, sameShape } from '@dl/tensor/interpreter';

/** What two models gave for the same inputs. */
export interface DistillationContext {
  readonly teacher: Tensors;
  readonly student: Tensors;
}

/** Base class of distillation losses; a subclass of your own compares outputs in `computeLoss`. */
export abstract class DistillationLoss {
  /** The layer of the teacher whose output is compared; null for the output of the model. */
  readonly teacherLayerName: string | null = null;
  /** The layer of the student whose output is compared; null for the output of the model. */
  readonly studentLayerName: string | null = null;

  /** A scalar, in ops. */
  abstract computeLoss(context: DistillationContext): Tensor;
}

/** The mean of a loss over pairs of tensors of one shape. */
function compare(
  { teacher, student }: DistillationContext,
  where: string,
  one: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  const [wanted, got] = [asList(teacher), asList(student)];
  if (wanted.length !== got.length) {
    throw new ShapeError(`${where}: the teacher gives ${wanted.length} outputs and the student ${got.length}`);
  }
  const parts = wanted.map((target, i) => {
    const value = got[i]!;
    if (!sameShape(target.shape, value.shape)) {
      throw new ShapeError(
        `${where}: the teacher gives shape ${formatShape(target.shape)} and the student ${formatShape(value.shape)}; they must be equal`,
      );
    }
    const loss = one(target, value);
    return loss.rank === 0 ? loss : loss.mean();
  });
  return div(
    parts.reduce((a, b) => add(a, b)),
    parts.length,
  );
}

/** Options of {@link LogitsDistillation}. */
export interface LogitsDistillationOptions {
  /** Logits are divided by it, so that small probabilities count more; 3 unless given. */
  readonly temperature?: number | undefined;
  /** 'kl_divergence' unless given, of probabilities; other losses compare the divided logits. */
  readonly loss?: losses.LossLike | undefined;
}

/**
 * Compares the outputs of the models, which must be logits, at a temperature (G. Hinton et al., 2015). The Kullback–Leibler
 * divergence is multiplied by temperature², so that gradients keep their size. Follows
 * `keras.distillation.LogitsDistillation`.
 *
 * @example new LogitsDistillation({ temperature: 2 });
 */
export class LogitsDistillation extends DistillationLoss {
  readonly temperature: number;
  readonly loss: losses.Loss;

  constructor({ temperature = 3, loss = 'kl_divergence' }: LogitsDistillationOptions = {}) {
    super();
    if (!(temperature > 0 && temperature < Infinity)) {
      throw new ConfigError(`LogitsDistillation: temperature must be above 0, got ${describe(temperature)}`);
    }
    this.temperature = temperature;
    this.loss = losses.get(loss);
  }

  override computeLoss(context: DistillationContext): Tensor {
    const { temperature, loss } = this;
    const divergence = loss instanceof losses.KLDivergence;
    return compare(context, 'LogitsDistillation', (teacher, student) => {
      const [wanted, got] = [div(teacher, temperature), div(student, temperature)];
      if (!divergence) return loss.apply(wanted, got);
      return mul(loss.apply(softmax(wanted, -1), softmax(got, -1)), temperature ** 2);
    });
  }
}

/** Options of {@link FeatureDistillation}. */
export interface FeatureDistillationOptions {
  /** 'mse' unless given. */
  readonly loss?: losses.LossLike | undefined;
  /** A layer of the teacher; its output unless given. */
  readonly teacherLayerName?: string | null | undefined;
  /** A layer of the student; its output unless given. */
  readonly studentLayerName?: string | null | undefined;
}

/**
 * Compares what two layers give, which must be of one shape. Follows `keras.distillation.FeatureDistillation`.
 *
 * @example new FeatureDistillation({ teacherLayerName: 'features', studentLayerName: 'small_features' });
 */
export class FeatureDistillation extends DistillationLoss {
  override readonly teacherLayerName: string | null;
  override readonly studentLayerName: string | null;
  readonly loss: losses.Loss;

  constructor({ loss = 'mse', teacherLayerName = null, studentLayerName = null }: FeatureDistillationOptions = {}) {
    super();
    this.loss = losses.get(loss);
    this.teacherLayerName = teacherLayerName;
    this.studentLayerName = studentLayerName;
  }

  override computeLoss(context: DistillationContext): Tensor {
    return compare(context, 'FeatureDistillation', (teacher, student) => this.loss.apply(teacher, student));
  }
}
