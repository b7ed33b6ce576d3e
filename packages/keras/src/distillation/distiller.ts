/**
 * Distiller: trains a student on targets and on what a teacher says.
 */
import { asList, type CallContext, type Layer, type Tensors } from '@dl/layers';
import { Mean } from '@dl/layers/metrics';
import { add, ConfigError, mul, stopGradient, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { isTensor } from '../functional/forms.ts';
import { mapSeveral } from '../functional/structure.ts';
import { Model, type AnyModel, type LossData } from '../model.ts';
import { DistillationLoss } from './distillation-loss.ts';

/** Options of {@link Distiller}. */
export interface DistillerOptions {
  /** A factor for each distillation loss; 1 unless given. */
  readonly distillationLossWeights?: readonly number[] | null | undefined;
  /** Share of the student's own loss, from 0 to 1; the distillation losses have the rest. 0.5 unless given. */
  readonly studentLossWeight?: number | undefined;
  /** 'distiller' unless given. */
  readonly name?: string | undefined;
}

/** A model that gives its output and those of some of its layers. */
class Features {
  readonly #model: AnyModel;
  readonly #names: readonly string[];

  constructor(model: AnyModel, names: readonly (string | null)[], who: string) {
    const wanted = [...new Set(names.filter((name) => name !== null))];
    this.#names = wanted;
    if (wanted.length === 0) {
      this.#model = model;
      return;
    }
    const layers = wanted.map((name) => model.getLayer(name));
    try {
      this.#model = new Model(model.input, [
        ...asList(model.output),
        ...layers.map(({ output }) => output),
      ]) as AnyModel;
    } catch (cause) {
      throw new ConfigError(
        `Distiller: the ${who} ${model.label} must be a Sequential or functional model, so that layers inside have outputs`,
        { cause },
      );
    }
  }

  /** The output of the model, and those of layers by name. */
  apply(inputs: Tensors, training: boolean, form: Tensors | null): Values {
    const result = this.#model.apply(inputs, { training });
    if (this.#names.length === 0) return { output: result, layers: new Map() };
    const all = asList(result);
    const own = all.slice(0, all.length - this.#names.length);
    const layers = new Map(this.#names.map((name, i) => [name, all[own.length + i]!]));
    let next = 0;
    const output = form === null ? own[0]! : mapSeveral<Tensor, Tensor>(form, isTensor, () => own[next++]!);
    return { output, layers };
  }
}

interface Values {
  readonly output: Tensors;
  readonly layers: ReadonlyMap<string, Tensor>;
}

const pick = ({ output, layers }: Values, name: string | null): Tensors => (name === null ? output : layers.get(name)!);

/** The form of a model's outputs, where it has symbolic ones. */
function outputsOf(model: AnyModel): Tensors | null {
  try {
    return model.output;
  } catch {
    return null;
  }
}

/**
 * Trains a student to give the targets and to be like a teacher: loss = studentLossWeight · loss of `compile` +
 * (1 − studentLossWeight) · Σ weights · distillation losses. The teacher is frozen. Logs have `student_loss` and
 * `distillation_loss` as well. Predictions are those of the student; save that one. Follows `keras.distillation.Distiller`.
 *
 * @throws ConfigError for models that are not built, and for factors that do not fit.
 * @example
 * const distiller = new Distiller(teacher, student, new LogitsDistillation({ temperature: 2 }), { studentLossWeight: 0.3 });
 * distiller.compile({ optimizer: 'adam', loss: 'sparse_categorical_crossentropy' });
 */
export class Distiller<I extends Tensors = Tensor, O extends Tensors = Tensor> extends Model<I, O> {
  static override readonly className: string = 'Distiller';
  static override readonly options: readonly string[] = [];
  readonly teacher: Model<I, O>;
  readonly student: Model<I, O>;
  readonly studentLossWeight: number;
  readonly studentLossTracker: Mean = new Mean({ name: 'student_loss' });
  readonly distillationLossTracker: Mean = new Mean({ name: 'distillation_loss' });
  readonly #losses: readonly DistillationLoss[];
  readonly #factors: readonly number[];
  readonly #taught: Features;
  readonly #learning: Features;
  /** What the student gave in the call before the loss of the same step. */
  #last: Values | null = null;

  constructor(
    teacher: Model<I, O>,
    student: Model<I, O>,
    distillationLosses: DistillationLoss | readonly DistillationLoss[],
    options: DistillerOptions = {},
  ) {
    super({ name: options.name ?? 'distiller' });
    const { studentLossWeight = 0.5, distillationLossWeights } = options;
    this.teacher = checkModel(teacher, 'teacher');
    this.student = checkModel(student, 'student');
    this.#losses = checkLosses(distillationLosses);
    this.#factors = checkFactors(distillationLossWeights ?? this.#losses.map(() => 1), this.#losses.length);
    if (!(studentLossWeight >= 0 && studentLossWeight <= 1)) {
      throw new ConfigError(`Distiller: studentLossWeight must be from 0 to 1, got ${describe(studentLossWeight)}`);
    }
    this.studentLossWeight = studentLossWeight;
    teacher.trainable = false;
    const names = (key: 'teacherLayerName' | 'studentLayerName'): (string | null)[] =>
      this.#losses.map((loss) => loss[key]);
    this.#taught = new Features(teacher as unknown as AnyModel, names('teacherLayerName'), 'teacher');
    this.#learning = new Features(student as unknown as AnyModel, names('studentLayerName'), 'student');
  }

  override call(inputs: I, { training }: CallContext): O {
    this.#last = this.#learning.apply(inputs, training, outputsOf(this.student as unknown as AnyModel));
    return this.#last.output as O;
  }

  override computeLoss(data: LossData<I, O>): Tensor {
    const share = this.studentLossWeight;
    const parts: Tensor[] = [];
    const batch = asList(data.x)[0]?.shape[0] ?? 1;
    if (share > 0 && data.y !== null) {
      const own = super.computeLoss(data);
      this.studentLossTracker.updateState(own, { sampleWeight: batch });
      parts.push(mul(own, share));
    }
    if (share < 1) {
      const learnt = this.#compare(data.x);
      this.distillationLossTracker.updateState(learnt, { sampleWeight: batch });
      parts.push(mul(learnt, 1 - share));
    }
    if (parts.length === 0) throw new ConfigError(`${this.label}: studentLossWeight 1 needs targets`);
    return parts.reduce((a, b) => add(a, b));
  }

  #compare(x: I): Tensor {
    const taught = this.#taught.apply(x, false, outputsOf(this.teacher as unknown as AnyModel));
    const student = this.#last!;
    const values = this.#losses.map((loss, i) => {
      const teacher = mapSeveral<Tensor, Tensor>(pick(taught, loss.teacherLayerName), isTensor, stopGradient);
      return mul(loss.computeLoss({ teacher, student: pick(student, loss.studentLayerName) }), this.#factors[i]!);
    });
    return values.reduce((a, b) => add(a, b));
  }

  /** The layers of the student. */
  override get layers(): readonly Layer[] {
    return this.student.layers;
  }
}

function checkModel<M>(model: M, who: string): M {
  if (!(model instanceof Model)) throw new ConfigError(`Distiller: the ${who} must be a model, got ${describe(model)}`);
  if (model.built) return model;
  throw new ConfigError(
    `Distiller: the ${who} ${model.label} is not built; give it an inputShape, or call it on data first`,
  );
}

function checkLosses(given: DistillationLoss | readonly DistillationLoss[]): readonly DistillationLoss[] {
  const list = given instanceof DistillationLoss ? [given] : given;
  if (Array.isArray(list) && list.length > 0 && list.every((loss) => loss instanceof DistillationLoss)) return list;
  throw new ConfigError(`Distiller: expected distillation losses, got ${describe(given)}`);
}

function checkFactors(factors: readonly number[], count: number): readonly number[] {
  if (factors.length === count && factors.every((factor) => Number.isFinite(factor) && factor >= 0)) return factors;
  throw new ConfigError(`Distiller: expected ${count} distillationLossWeights of at least 0, got ${describe(factors)}`);
}
