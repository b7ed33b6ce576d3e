/**
 * StorableModel: how models go to files and take weights from them. The code that knows formats is imported when it is
 * first needed.
 */
import type { Tensors } from '@dl/layers';
import type { Tensor } from '@dl/tensor';
import { GraphLayer } from '../functional/graph-layer.ts';
import type { AnyModel } from '../model.ts';
import type { CompileOptions } from '../training/options.ts';
import type { LoadWeightsOptions } from './load.ts';
import type { SaveOptions, SaveWeightsOptions } from './save.ts';
import type { ModelSource, ModelTarget } from './places.ts';

/** Saving and loading, under what `Model` adds. */
export class StorableModel<
  I extends Tensors = Tensor,
  O extends Tensors = Tensor,
  C extends object = object,
> extends GraphLayer<I, O, C> {
  /** @internal What `compile` was last given; null before. */
  compileOptions: CompileOptions | null = null;

  /**
   * Saves the model: layers, weights, and what it was compiled with and the state of its optimizer.
   *
   * The target is a path, a file URL, or a handle or stream of the browser. Its name decides the format: `.keras` as Keras
   * 3 writes it; a name that ends in `model.json`, or a folder (a path with `/` at its end), as TensorFlow.js does.
   * Without a target the bytes of a `.keras` file are returned. A file is replaced only when the new one is complete.
   *
   * @throws ConfigError for a model or target that cannot be stored.
   * @example await model.save('model.keras');
   */
  save(target: ModelTarget, options?: SaveOptions): Promise<undefined>;
  save(target?: undefined, options?: SaveOptions): Promise<Uint8Array<ArrayBuffer>>;
  async save(target?: ModelTarget, options: SaveOptions = {}): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { saveModel } = await import('./save.ts');
    return saveModel(this as unknown as AnyModel, target, options);
  }

  /**
   * Saves the weights alone: `.weights.h5` as Keras 3 does, with the state of the optimizer; `.weights.json` the same in
   * several files; `.safetensors` and `.npz` by the paths of weights. Without a target the bytes of a `.weights.h5` file are
   * returned.
   *
   * @throws ConfigError for a model that is not built, and for another name.
   * @example await model.saveWeights('model.weights.h5');
   */
  saveWeights(target: ModelTarget, options?: SaveWeightsOptions): Promise<undefined>;
  saveWeights(target?: undefined, options?: SaveWeightsOptions): Promise<Uint8Array<ArrayBuffer>>;
  async saveWeights(
    target?: ModelTarget,
    options: SaveWeightsOptions = {},
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { saveModelWeights } = await import('./save.ts');
    return saveModelWeights(this as unknown as AnyModel, target, options);
  }

  /**
   * Loads weights of any format into the model, which must be built. All are checked before the first is set.
   *
   * @throws FormatError for damaged files; ConfigError or ShapeError naming what is missing or does not fit.
   * @example await model.loadWeights('model.weights.h5');
   */
  async loadWeights(source: ModelSource, options: LoadWeightsOptions = {}): Promise<void> {
    const { loadModelWeights } = await import('./load.ts');
    await loadModelWeights(this as unknown as AnyModel, source, options);
  }

  /**
   * The layers of the model as JSON, without weights; `models.modelFromJson` makes a model of it.
   *
   * @example const text = await model.toJson();
   */
  async toJson(options: { readonly indent?: number | undefined } = {}): Promise<string> {
    const [{ modelRecord }, { writeJson }] = await Promise.all([
      import('./model-record.ts'),
      import('./python-json.ts'),
    ]);
    return writeJson(modelRecord(this as unknown as AnyModel, true), options.indent);
  }
}
