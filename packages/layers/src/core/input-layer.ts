/**
 * InputLayer: says what a model takes.
 */
import { ConfigError, type Tensor } from '@dl/tensor';
import { castTo } from '@dl/tensor/interpreter';
import { showList } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import { TensorSpec } from '../base/infer-outputs.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { makeNode, type KerasTensor } from '../base/keras-tensor.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';

/** Options of {@link InputLayer}. */
export interface InputLayerOptions extends LayerOptions {
  /** Shape of one sample; null for open sizes. */
  readonly shape?: LayerShape | undefined;
  /** Fixed batch size, open unless given. */
  readonly batchSize?: number | null | undefined;
  /** The shape with the batch, in place of `shape` and `batchSize`. */
  readonly batchShape?: LayerShape | undefined;
}

/**
 * The first layer of a model, which passes its input on. `Input({ shape: [32] })` makes one and gives its output.
 *
 * @throws ConfigError unless a shape is given.
 * @example new Sequential([new InputLayer({ shape: [32] }), new Dense(1)]);
 */
export class InputLayer extends Layer {
  static override readonly className: string = 'InputLayer';
  static override readonly options: readonly string[] = ['shape', 'batchSize', 'batchShape'];
  readonly batchShape: LayerShape;

  constructor(options: InputLayerOptions = {}) {
    const { shape, batchSize = null, batchShape, inputShape, batchInputShape, ...rest } = options;
    const sample = shape ?? inputShape;
    const whole = batchShape ?? batchInputShape ?? (Array.isArray(sample) ? [batchSize, ...sample] : undefined);
    const valid = Array.isArray(whole) && whole.every((n) => n === null || (Number.isInteger(n) && n >= 0));
    if (!valid) {
      throw new ConfigError(
        `InputLayer: expected { shape: [32] } or { batchShape: [null, 32] }, with sizes ≥ 0 or null; got ${showList(batchShape ?? batchInputShape ?? sample)}`,
      );
    }
    super({ ...rest, batchInputShape: whole });
    this.batchShape = whole;
    this.supportsMasking = true;
    this.inputSpec = { rank: whole.length, axes: knownAxes(whole) };
    this.inboundNodes.push(makeNode(this, [], [], new TensorSpec(whole, this.computeDtype)));
    this.ensureBuilt(whole);
  }

  override call(inputs: Tensor): Tensor {
    return castTo(inputs, this.dtype);
  }

  override computeOutputShape(): LayerShape {
    return this.batchShape;
  }

  override getConfig(): Config {
    const { name, dtype } = this;
    return { batch_shape: this.batchShape, dtype, sparse: false, ragged: false, name, optional: false };
  }
}

function knownAxes(shape: LayerShape): Readonly<Record<number, number>> {
  return Object.fromEntries(shape.flatMap((n, axis) => (n === null ? [] : [[axis, n]])));
}

/**
 * What a model takes: a symbolic tensor for functional models, or the head of a Sequential model.
 *
 * @throws ConfigError unless a shape is given.
 * @example
 * const x = Input({ shape: [28, 28] });
 * const model = new Model(x, new Dense(10).apply(new Flatten().apply(x)));
 */
export function Input(options: InputLayerOptions): KerasTensor {
  return new InputLayer(options).output as KerasTensor;
}
