/**
 * quantizeModel: the layers of a model with weights in eight bits.
 */
import type { Layer, Tensors } from '@dl/layers';
import * as optimizers from '@dl/optim';
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { AnyModel } from '../model.ts';

/** Options of `model.quantize`. */
export interface QuantizeOptions {
  /** Which layers: true keeps one for quantization. All that can be, unless given. */
  readonly filter?: ((layer: Layer) => boolean) | undefined;
  /**
   * Whether kernels of convolutions are kept as int8, too, and made floats for each call; false unless given, since Keras
   * does not do that and cannot load such files.
   */
  readonly convolutions?: boolean | undefined;
}

type Quantizable = Layer & { quantize(mode: 'int8'): void };

/** What Keras quantizes; convolutions have more axes of space. */
const isQuantizable = (layer: Layer<Tensors, Tensors>): layer is Quantizable & Layer<Tensors, Tensors> =>
  typeof (layer as Partial<Quantizable>).quantize === 'function' && !('outputForm' in layer);

const isConvolution = (layer: object): boolean => 'kernelSize' in layer;

/** Quantizes the layers of a built model, all or none. Returns those that were. */
export function quantizeModel(model: AnyModel, mode: 'int8', options: QuantizeOptions = {}): readonly Layer[] {
  const { filter = () => true, convolutions = false } = options;
  if (mode !== 'int8') throw new ConfigError(`${model.label}: quantize knows the mode 'int8', got ${describe(mode)}`);
  if (!model.built) throw new ConfigError(`${model.label}: quantize needs a built model; call it on data first`);
  const layers = [...new Set(model.flattenLayers())]
    .filter(isQuantizable)
    .filter((layer) => convolutions || !isConvolution(layer))
    .filter((layer) => layer.dtypePolicy.quantizationMode === null && layer.built && filter(layer));
  if (layers.length === 0) {
    throw new ConfigError(
      `${model.label}: there is no layer to quantize; Dense, EinsumDense, Embedding and, with convolutions: true, Conv1D to Conv3D can be, once`,
    );
  }
  for (const layer of layers) layer.quantize(mode);
  const compiled = model.compileOptions;
  if (compiled !== null) {
    // The optimizer knows weights that are gone; an equal one without state takes its place.
    const { optimizer = 'rmsprop' } = compiled;
    const fresh = typeof optimizer === 'object' && 'apply' in optimizer ? optimizers.serialize(optimizer) : optimizer;
    model.compile({ ...compiled, optimizer: fresh });
  }
  return layers;
}
