/**
 * Loading: models from files, and weights into models.
 */
import type { Tensors } from '@dl/layers';
import type { Optimizer } from '@dl/optim';
import { ConfigError, type Tensor } from '@dl/tensor';
import type { AnyModel, Model } from '../model.ts';
import { compileOptions } from './compile-config.ts';
import type { CustomObjects } from './custom-objects.ts';
import { upgradeModel } from './keras-2.ts';
import { ModelMaker } from './make-model.ts';
import type { MatchOptions, ModelFile } from './model-file.ts';
import { openModelFile } from './open.ts';
import type { ModelSource } from './places.ts';
import { parseJson } from './python-json.ts';
import { refusing } from './refusal.ts';
import { checkWeights, type ModelLimits } from './sizes.ts';
import { applyPlan } from './weight-plan.ts';

/** Options of `loadModel`. */
export interface LoadModelOptions {
  /** Classes and functions of your own by the names they have in the file; they win over registered and built-in ones. */
  readonly customObjects?: CustomObjects | undefined;
  /** Whether the model is compiled as it was when it was saved; true unless given. */
  readonly compile?: boolean | undefined;
  /** Whether weights that do not fit are left as they are, with a warning; false unless given. */
  readonly skipMismatch?: boolean | undefined;
  /** What is read at most, and how large a model may be. */
  readonly limits?: ModelLimits | undefined;
}

/** Options of `loadWeights`. */
export interface LoadWeightsOptions extends MatchOptions {
  /** Whether weights that do not fit, or are not in the file, stay as they are, with a warning; false unless given. */
  readonly skipMismatch?: boolean | undefined;
  /** What is read at most. */
  readonly limits?: ModelLimits | undefined;
}

/** Makes the model of a file, without its weights. */
export function makeModel(
  file: ModelFile,
  { customObjects, compile = true, limits = {} }: LoadModelOptions = {},
): AnyModel {
  if (file.model === undefined) {
    throw new ConfigError(
      `${file.where}: the file has weights only; make the model and use model.loadWeights(source), or load a .keras file`,
    );
  }
  const maker = new ModelMaker(file.where, customObjects, limits);
  return refusing(
    file.where,
    () => 'the model',
    () => {
      const model = maker.model(file.model);
      maker.build(model, file.model);
      checkWeights(file.where, model, limits);
      const options = compile ? compileOptions(file.compile, maker) : null;
      if (options !== null) model.compile(options);
      return model;
    },
  );
}

/** The optimizer of a model with its state made, or null. */
export function builtOptimizer(model: AnyModel): Optimizer | null {
  if (!model.compiled || !model.built) return null;
  const { optimizer } = model;
  const weights = model.trainableWeights;
  if (!optimizer.built && weights.length > 0) optimizer.build(weights);
  return optimizer.built ? optimizer : null;
}

/** See `models.loadModel`. */
export async function loadModel<I extends Tensors = Tensor, O extends Tensors = Tensor>(
  source: ModelSource,
  { customObjects, compile = true, skipMismatch, limits }: LoadModelOptions = {},
): Promise<Model<I, O>> {
  const file = await openModelFile(source, limits);
  try {
    const model = makeModel(file, { customObjects, compile, limits });
    if (file.weights !== null) {
      if (!model.built && file.weights.list().length > 0) throw notBuilt(model, file.where);
      applyPlan(file.weights.plan(model, builtOptimizer(model), {}), file.where, { skipMismatch });
    }
    return model as unknown as Model<I, O>;
  } finally {
    file.close();
  }
}

/** See `Model.loadWeights`. */
export async function loadModelWeights(
  model: AnyModel,
  source: ModelSource,
  { skipMismatch, limits, ...match }: LoadWeightsOptions = {},
): Promise<void> {
  if (!model.built) throw notBuilt(model, model.label);
  const file = await openModelFile(source, limits);
  try {
    if (file.weights === null) throw new ConfigError(`${file.where}: the file has no weights`);
    const where = `${model.label} from ${file.where}`;
    applyPlan(file.weights.plan(model, builtOptimizer(model), match), where, { skipMismatch });
  } finally {
    file.close();
  }
}

const notBuilt = (model: AnyModel, where: string): ConfigError =>
  new ConfigError(
    `${where}: build the model before loading weights into it: call ${model.name} on data, or give it an input shape`,
  );

/** See `models.modelFromJson`. */
export function modelOfJson(
  text: string,
  { customObjects, limits }: Pick<LoadModelOptions, 'customObjects' | 'limits'>,
): AnyModel {
  const where = 'models.modelFromJson';
  const model = upgradeModel(parseJson(text, { file: where, limits }), { where, oldHardSigmoid: false });
  const { compile_config: compile } = model as { readonly compile_config?: unknown };
  return makeModel(
    { format: 'JSON', where, model, compile, weights: null, close: () => undefined },
    { customObjects, limits },
  );
}
