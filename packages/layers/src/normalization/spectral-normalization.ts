/**
 * SpectralNormalization: a layer whose kernel has a largest singular value of about 1.
 */
import {
  ConfigError,
  div,
  matmul,
  normalize,
  reshape,
  stopGradient,
  transpose,
  Variable,
  type Tensor,
} from '@dl/tensor';
import { classNameOf, type Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import type { CallContext, Layer, LayerOptions } from '../base/layer.ts';
import { withAutocast } from '../base/call-context.ts';
import { checkCount } from '../base/checks.ts';
import { TruncatedNormal } from '../initializers/random.ts';
import { Wrapper } from '../core/wrapper.ts';

/** Options of {@link SpectralNormalization}. */
export interface SpectralNormalizationOptions extends LayerOptions {
  /** Steps of the power iteration in each training call, 1 unless given. */
  readonly powerIterations?: number | undefined;
}

/**
 * Divides the kernel (or the embeddings) of a layer by an estimate of its largest singular value in every training call, and
 * writes it back (T. Miyato et al., 2018). In inference the layer is used as it is. Gradients are those by the kernel that was
 * written. Weights: those of the layer, and vector_u [1, last size of the kernel], the state of the estimate.
 *
 * @throws ConfigError for a layer that has neither kernel nor embeddings.
 * @example new SpectralNormalization(new Dense(8)).apply(zeros([2, 4]), { training: true });
 */
export class SpectralNormalization extends Wrapper {
  static override readonly className: string = 'SpectralNormalization';
  static override readonly options: readonly string[] = ['powerIterations'];
  readonly powerIterations: number;
  #vector: Variable | null = null;

  /** @param layer A layer with a kernel, such as Dense or Conv2D, or an Embedding. */
  constructor(layer: Layer, options: SpectralNormalizationOptions = {}) {
    super(layer, options);
    this.powerIterations = checkCount(this.label, 'powerIterations', options.powerIterations ?? 1);
    this.supportsMasking = this.layer.supportsMasking;
  }

  protected override build(inputShape: LayerShape): void {
    super.build(inputShape);
    const shape = [1, this.#kernel().shape.at(-1)!];
    const initializer = new TruncatedNormal({ stddev: 0.02 });
    this.#vector = this.addWeight({ name: 'vector_u', shape, initializer, trainable: false });
  }

  #kernel(): Variable {
    const { kernel, embeddings } = this.layer as { readonly kernel?: unknown; readonly embeddings?: unknown };
    const found = kernel ?? embeddings;
    if (found instanceof Variable) return found;
    throw new ConfigError(
      `${this.label}: the layer inside, ${classNameOf(this.layer)}, has neither a kernel nor embeddings`,
    );
  }

  override call(inputs: Tensor, { training, mask }: CallContext): Tensor {
    if (training && this.trainable) this.#normalize();
    return this.layer.apply(inputs, { training, mask });
  }

  #normalize(): void {
    const kernel = this.#kernel();
    // The kernel as it is kept, not in the dtype of the call.
    const value = withAutocast(null, () => stopGradient(kernel.read()));
    const vector = this.#vector!;
    const matrix = reshape(value, [-1, kernel.shape.at(-1)!]);
    const length = (v: Tensor): Tensor => normalize(v);
    let u = vector.read();
    let v = u;
    for (let i = 0; i < this.powerIterations; i++) {
      v = length(matmul(u, transpose(matrix)));
      u = length(matmul(v, matrix));
    }
    const largest = matmul(matmul(v, matrix), transpose(u));
    vector.assign(u);
    kernel.assign(stopGradient(reshape(div(matrix, largest), kernel.shape)));
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    this.ensureBuilt(inputShape);
    return this.layer.computeOutputShape(inputShape);
  }

  override computeMask(inputs: Tensor, mask: Tensor | null): Tensor | null {
    return this.layer.computeMask(inputs, mask) as Tensor | null;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), power_iterations: this.powerIterations };
  }
}
