/**
 * Layers that join several inputs: Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate and Dot.
 */
import {
  add,
  any,
  concat,
  ConfigError,
  expandDims,
  logicalOr,
  matmul,
  maximum,
  minimum,
  mul,
  normalize,
  onesLike,
  reshape,
  ShapeError,
  sub,
  Tensor,
  transpose,
  where,
} from '@dl/tensor';
import { broadcastShapes, describe, formatShape, normalizeAxis } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type CallContext, type LayerOptions } from '../base/layer.ts';
import type { Mask } from '../base/tensors.ts';

type Inputs = readonly Tensor[];
type Shapes = readonly LayerShape[];
type Masks = readonly (Tensor | null)[];

/** Size of two broadcast axes, with open ones. */
function mergeSizes(a: number | null, b: number | null, where: string): number | null {
  if (a === null || b === null) return a === 1 ? b : b === 1 ? a : a === null && b === null ? null : (a ?? b);
  return broadcastShapes([a], [b], where)[0]!;
}

/** A layer that joins inputs element by element; inputs of lower rank get axes of size 1 after the batch. */
abstract class MergeLayer extends Layer<Inputs> {
  static override readonly options: readonly string[] = [];

  constructor(options: LayerOptions = {}) {
    super(options);
    this.supportsMasking = true;
  }

  /** The joined value of inputs of one rank, with masks that broadcast to them. */
  protected abstract merge(inputs: Inputs, masks: Masks): Tensor;

  protected override build(inputShapes: Shapes): void {
    const several = Array.isArray(inputShapes) && Array.isArray(inputShapes[0]);
    if (!several) throw new ConfigError(`${this.label}: expected a list of inputs, got one`);
    this.computeOutputShape(inputShapes);
  }

  override call(inputs: Inputs, { mask }: CallContext): Tensor {
    checkList(this.label, inputs);
    const rank = Math.max(...inputs.map((x) => x.rank));
    const raise = (x: Tensor, by: number): Tensor =>
      by === 0
        ? x
        : expandDims(
            x,
            Array.from({ length: by }, (_, i) => i + 1),
          );
    const given = mask instanceof Tensor || mask === null ? [] : mask;
    const masks = inputs.map((x, i) => {
      const own = given[i] ?? null;
      if (own === null) return null;
      // A mask has the leading axes of its input.
      const trailing = Array.from({ length: x.rank - own.rank }, () => 1);
      return raise(own.cast('bool').reshape([...own.shape, ...trailing]), rank - x.rank);
    });
    return this.merge(
      inputs.map((x) => raise(x, rank - x.rank)),
      masks,
    );
  }

  override computeMask(_inputs: Inputs, mask: Mask): Tensor | null {
    if (!Array.isArray(mask) || (mask as readonly (Tensor | null)[]).some((m) => m === null)) return null;
    return (mask as readonly Tensor[]).reduce((a, b) => logicalOr(a, b));
  }

  override computeOutputShape(inputShapes: Shapes): LayerShape {
    const rank = Math.max(...inputShapes.map((shape) => shape.length));
    const full = inputShapes.map((shape) => [
      shape[0] ?? null,
      ...Array.from({ length: rank - shape.length }, () => 1),
      ...shape.slice(1),
    ]);
    return full.reduce((a, b) => a.map((n, axis) => mergeSizes(n, b[axis]!, this.label)));
  }
}

function checkList(where: string, inputs: unknown): void {
  if (Array.isArray(inputs) && inputs.length > 0) return;
  throw new ConfigError(
    `${where}: expected a list of inputs, got ${inputs instanceof Tensor ? 'one tensor' : describe(inputs)}`,
  );
}

/** The largest or smallest of what the masks let through; where they let nothing through, of the last. */
function extreme(inputs: Inputs, masks: Masks, pick: (a: Tensor, b: Tensor) => Tensor): Tensor {
  let [result, allowed] = [inputs[0]!, masks[0] ?? null];
  for (let i = 1; i < inputs.length; i++) {
    const mask = masks[i] ?? null;
    const next = mask === null ? inputs[i]! : where(mask, inputs[i]!, result);
    result = pick(allowed === null ? result : where(allowed, result, next), next);
    allowed = allowed === null || mask === null ? null : logicalOr(allowed, mask);
  }
  return result;
}

/**
 * The sum of its inputs.
 *
 * @example new Add().apply([tensor([[1, 2]]), tensor([[3, 4]])]); // [[4, 6]]
 */
export class Add extends MergeLayer {
  static override readonly className: string = 'Add';

  protected override merge(inputs: Inputs): Tensor {
    return inputs.reduce((a, b) => add(a, b));
  }
}

/**
 * The first of two inputs minus the second.
 *
 * @example new Subtract().apply([tensor([[3, 4]]), tensor([[1, 2]])]); // [[2, 2]]
 */
export class Subtract extends MergeLayer {
  static override readonly className: string = 'Subtract';

  protected override merge(inputs: Inputs): Tensor {
    if (inputs.length !== 2) throw new ConfigError(`${this.label}: expected two inputs, got ${inputs.length}`);
    return sub(inputs[0]!, inputs[1]!);
  }
}

/**
 * The product of its inputs, element by element.
 *
 * @example new Multiply().apply([tensor([[1, 2]]), tensor([[3, 4]])]); // [[3, 8]]
 */
export class Multiply extends MergeLayer {
  static override readonly className: string = 'Multiply';

  protected override merge(inputs: Inputs, masks: Masks): Tensor {
    const counted = inputs.map((x, i) => (masks[i] === null ? x : where(masks[i]!, x, 1)));
    const product = counted.reduce((a, b) => mul(a, b));
    if (masks.some((mask) => mask === null)) return product;
    return where((masks as readonly Tensor[]).reduce(logicalOr), product, 0);
  }
}

/**
 * The mean of its inputs.
 *
 * @example new Average().apply([tensor([[1, 2]]), tensor([[3, 4]])]); // [[2, 3]]
 */
export class Average extends MergeLayer {
  static override readonly className: string = 'Average';

  protected override merge(inputs: Inputs): Tensor {
    return inputs.reduce((a, b) => add(a, b)).div(inputs.length);
  }
}

/**
 * The largest of its inputs, element by element. Entries that a mask hides have no part.
 *
 * @example new Maximum().apply([tensor([[1, 5]]), tensor([[3, 4]])]); // [[3, 5]]
 */
export class Maximum extends MergeLayer {
  static override readonly className: string = 'Maximum';

  protected override merge(inputs: Inputs, masks: Masks): Tensor {
    return extreme(inputs, masks, maximum);
  }
}

/**
 * The smallest of its inputs, element by element. Entries that a mask hides have no part.
 *
 * @example new Minimum().apply([tensor([[1, 5]]), tensor([[3, 4]])]); // [[1, 4]]
 */
export class Minimum extends MergeLayer {
  static override readonly className: string = 'Minimum';

  protected override merge(inputs: Inputs, masks: Masks): Tensor {
    return extreme(inputs, masks, minimum);
  }
}

/** Options of {@link Concatenate}. */
export interface ConcatenateOptions extends LayerOptions {
  /** The last unless given. */
  readonly axis?: number | undefined;
}

/**
 * Its inputs side by side along an axis, the last unless given. All other sizes must agree.
 *
 * @example new Concatenate().apply([tensor([[1, 2]]), tensor([[3]])]); // [[1, 2, 3]]
 */
export class Concatenate extends Layer<Inputs> {
  static override readonly className: string = 'Concatenate';
  static override readonly options: readonly string[] = ['axis'];
  readonly axis: number;

  constructor(options: ConcatenateOptions = {}) {
    super(options);
    this.axis = options.axis ?? -1;
    this.supportsMasking = true;
  }

  override call(inputs: Inputs): Tensor {
    checkList(this.label, inputs);
    return concat(inputs, this.axis);
  }

  override computeMask(inputs: Inputs, mask: Mask): Tensor | null {
    if (!Array.isArray(mask) || (mask as readonly (Tensor | null)[]).every((m) => m === null)) return null;
    const full = (mask as readonly (Tensor | null)[]).map((m, i) => {
      const x = inputs[i]!;
      // A missing mask lets everything through.
      const own = m ?? onesLike(x).cast('bool');
      return own.rank === x.rank ? own : expandDims(own, -1).broadcastTo(x.shape);
    });
    return any(concat(full, this.axis), -1);
  }

  override computeOutputShape(inputShapes: Shapes): LayerShape {
    const first = inputShapes[0]!;
    const axis = normalizeAxis(this.axis, first.length, this.label);
    for (const shape of inputShapes) {
      const fits =
        shape.length === first.length &&
        shape.every((n, d) => d === axis || n === null || first[d] === null || n === first[d]);
      if (!fits) {
        throw new ShapeError(
          `${this.label}: inputs ${inputShapes.map((s) => formatShape(s)).join(' and ')} must agree except along axis ${axis}`,
        );
      }
    }
    return first.map((n, d) =>
      d === axis
        ? inputShapes.reduce<number | null>((sum, s) => (sum === null || s[d] === null ? null : sum + s[d]!), 0)
        : n,
    );
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/** Options of {@link Dot}. */
export interface DotOptions extends LayerOptions {
  /** Whether both inputs are scaled to length 1 first, which gives cosines; false unless given. */
  readonly normalize?: boolean | undefined;
}

/**
 * The product of two inputs, sample by sample, summed over one axis of each. Two matrices [batch, n] give [batch, 1].
 *
 * @example new Dot(1).apply([tensor([[1, 2]]), tensor([[3, 4]])]); // [[11]]
 */
export class Dot extends Layer<Inputs> {
  static override readonly className: string = 'Dot';
  static override readonly positional: readonly string[] = ['axes'];
  static override readonly options: readonly string[] = ['normalize'];
  readonly axes: number | readonly [number, number];
  readonly normalize: boolean;

  /** @param axes The axis of both inputs, or one for each; 0 is the batch and cannot be summed over. */
  constructor(axes: number | readonly [number, number], options: DotOptions = {}) {
    super(options);
    const list: readonly unknown[] = Array.isArray(axes) ? (axes as readonly unknown[]) : [axes];
    if (list.length > 2 || !list.every((axis) => Number.isInteger(axis) && axis !== 0)) {
      throw new ConfigError(`Dot: axes must be an axis or two of them, and not 0, got ${describe(axes)}`);
    }
    this.axes = axes;
    this.normalize = options.normalize ?? false;
  }

  #axesFor(a: LayerShape, b: LayerShape): readonly [number, number] {
    const [first, second] = typeof this.axes === 'number' ? [this.axes, this.axes] : this.axes;
    const pair = [normalizeAxis(first, a.length, this.label), normalizeAxis(second, b.length, this.label)] as const;
    const [n, m] = [a[pair[0]], b[pair[1]]];
    if (n !== m && n !== null && m !== null) {
      throw new ShapeError(
        `${this.label}: axis ${pair[0]} of ${formatShape(a)} and axis ${pair[1]} of ${formatShape(b)} have different sizes`,
      );
    }
    return pair;
  }

  override call(inputs: Inputs): Tensor {
    checkList(this.label, inputs);
    if (inputs.length !== 2) throw new ConfigError(`${this.label}: expected two inputs, got ${inputs.length}`);
    let [a, b] = inputs as readonly [Tensor, Tensor] as [Tensor, Tensor];
    const [i, j] = this.#axesFor(a.shape, b.shape);
    if (this.normalize) [a, b] = [normalize(a, i), normalize(b, j)];
    const restA = a.shape.map((_, d) => d).filter((d) => d !== 0 && d !== i);
    const restB = b.shape.map((_, d) => d).filter((d) => d !== 0 && d !== j);
    const [batch, n] = [a.shape[0]!, a.shape[i]!];
    const left = reshape(transpose(a, [0, ...restA, i]), [batch, -1, n]);
    const right = reshape(transpose(b, [0, j, ...restB]), [batch, n, -1]);
    const sizes = [...restA.map((d) => a.shape[d]!), ...restB.map((d) => b.shape[d]!)];
    return reshape(matmul(left, right), [batch, ...(sizes.length === 0 ? [1] : sizes)]);
  }

  override computeOutputShape(inputShapes: Shapes): LayerShape {
    const [a, b] = inputShapes as readonly [LayerShape, LayerShape];
    const [i, j] = this.#axesFor(a, b);
    const rest = [...a.filter((_, d) => d !== 0 && d !== i), ...b.filter((_, d) => d !== 0 && d !== j)];
    return [a[0] ?? null, ...(rest.length === 0 ? [1] : rest)];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axes: this.axes, normalize: this.normalize };
  }
}
