/**
 * Layers that change the edges: ZeroPadding1D to 3D and Cropping1D to 3D.
 */
import { ConfigError, pad, ShapeError, slice, type Tensor } from '@dl/tensor';
import { formatShape } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';
import { checkDataFormat, type DataFormat } from '../base/spatial.ts';
import type { DataFormatOptions } from './reshaping.ts';

/** Elements before and after along one axis. */
export type Edge = readonly [before: number, after: number];

/** Edges of one axis: one count for both, or [before, after]. */
export type Edges1D = number | Edge;

/** Edges of several axes: one count for all, a count per axis, or [before, after] per axis. */
export type EdgesND = number | readonly (number | Edge)[];

const isCount = (n: unknown): boolean => Number.isInteger(n) && Number(n) >= 0;

/** [before, after] per axis. */
function checkEdges(where: string, name: string, value: Edges1D | EdgesND, rank: number): readonly Edge[] {
  const perAxis: readonly unknown[] =
    typeof value === 'number' ? Array.from({ length: rank }, () => value) : rank === 1 ? [value] : value;
  const pairs = Array.isArray(perAxis)
    ? perAxis.map((edge) => (Array.isArray(edge) ? (edge as unknown[]) : [edge, edge]))
    : [];
  if (pairs.length === rank && pairs.every((pair) => pair.length === 2 && pair.every(isCount))) {
    return pairs as unknown as readonly Edge[];
  }
  const forms = rank === 1 ? 'a count or [before, after]' : `a count, ${rank} counts or ${rank} [before, after] pairs`;
  throw new ConfigError(`${where}: ${name} must be ${forms}, got ${JSON.stringify(value)}`);
}

/** Edges of the spatial axes. */
abstract class EdgeLayer extends Layer {
  readonly dataFormat: DataFormat;
  readonly #name: string;
  readonly #edges: readonly Edge[];

  constructor(name: string, value: Edges1D | EdgesND, rank: number, options: DataFormatOptions) {
    super(options);
    this.#name = name;
    this.#edges = checkEdges(this.label, name, value, rank);
    this.dataFormat = checkDataFormat(this.label, options.dataFormat);
    this.inputSpec = { rank: rank + 2 };
  }

  /** [before, after] of every axis of the input. */
  protected edges(): readonly Edge[] {
    const none: Edge = [0, 0];
    return this.dataFormat === 'channels_last' ? [none, ...this.#edges, none] : [none, none, ...this.#edges];
  }

  /** [before, after] of the one spatial axis, or of each of several. */
  protected own(): Edge | readonly Edge[] {
    return this.#edges.length === 1 ? this.#edges[0]! : this.#edges;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), [this.#name]: this.own(), data_format: this.dataFormat };
  }
}

/** Zeros around the spatial axes. */
abstract class ZeroPaddingLayer extends EdgeLayer {
  static override readonly positional: readonly string[] = ['padding'];

  constructor(padding: Edges1D | EdgesND, rank: number, options: DataFormatOptions) {
    super('padding', padding, rank, options);
  }

  /** [before, after], of each axis where there are several. */
  get padding(): Edge | readonly Edge[] {
    return this.own();
  }

  override call(inputs: Tensor): Tensor {
    return pad(inputs, this.edges());
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    const edges = this.edges();
    return inputShape.map((n, axis) => (n === null ? null : n + edges[axis]![0] + edges[axis]![1]));
  }
}

/** The inner part of the spatial axes. */
abstract class CroppingLayer extends EdgeLayer {
  static override readonly positional: readonly string[] = ['cropping'];

  constructor(cropping: Edges1D | EdgesND, rank: number, options: DataFormatOptions) {
    super('cropping', cropping, rank, options);
  }

  /** [before, after], of each axis where there are several. */
  get cropping(): Edge | readonly Edge[] {
    return this.own();
  }

  override call(inputs: Tensor): Tensor {
    const edges = this.edges();
    return slice(
      inputs,
      edges.map(([before]) => before),
      this.computeOutputShape(inputs.shape) as readonly number[],
    );
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    const edges = this.edges();
    return inputShape.map((n, axis) => {
      const [before, after] = edges[axis]!;
      if (n === null || before + after === 0) return n;
      if (before + after < n) return n - before - after;
      throw new ShapeError(
        `${this.label}: cannot cut ${before} and ${after} elements off axis ${axis} of ${formatShape(inputShape)}; nothing would be left`,
      );
    });
  }
}

/**
 * Zeros around sequences: [batch, steps, channels] grows by `padding` (1 unless given).
 *
 * @example new ZeroPadding1D([1, 0]).apply(zeros([1, 4, 3])); // [1, 5, 3]
 */
export class ZeroPadding1D extends ZeroPaddingLayer {
  static override readonly className: string = 'ZeroPadding1D';
  static override readonly options: readonly string[] = ['dataFormat'];

  constructor(padding: Edges1D = 1, options: DataFormatOptions = {}) {
    super(padding, 1, options);
  }
}

/**
 * Zeros around images: [batch, rows, columns, channels] grows by `padding` (1 unless given).
 *
 * @example new ZeroPadding2D([[1, 0], [2, 2]]).apply(zeros([1, 4, 4, 3])); // [1, 5, 8, 3]
 */
export class ZeroPadding2D extends ZeroPaddingLayer {
  static override readonly className: string = 'ZeroPadding2D';
  static override readonly options: readonly string[] = ['dataFormat'];

  constructor(padding: EdgesND = 1, options: DataFormatOptions = {}) {
    super(padding, 2, options);
  }
}

/**
 * Zeros around volumes: [batch, depth, rows, columns, channels] grows by `padding` (1 unless given).
 *
 * @example new ZeroPadding3D(1).apply(zeros([1, 2, 3, 4, 1])); // [1, 4, 5, 6, 1]
 */
export class ZeroPadding3D extends ZeroPaddingLayer {
  static override readonly className: string = 'ZeroPadding3D';
  static override readonly options: readonly string[] = ['dataFormat'];

  constructor(padding: EdgesND = 1, options: DataFormatOptions = {}) {
    super(padding, 3, options);
  }
}

/**
 * Cuts the edges off sequences: [batch, steps, channels] shrinks by `cropping` (1 unless given).
 *
 * @throws ShapeError where nothing would be left.
 * @example new Cropping1D(1).apply(zeros([1, 5, 3])); // [1, 3, 3]
 */
export class Cropping1D extends CroppingLayer {
  static override readonly className: string = 'Cropping1D';
  static override readonly options: readonly string[] = [];

  constructor(cropping: Edges1D = 1, options: LayerOptions = {}) {
    super(cropping, 1, options);
  }

  override getConfig(): Config {
    const { data_format: _, ...config } = super.getConfig();
    return config;
  }
}

/**
 * Cuts the edges off images: [batch, rows, columns, channels] shrinks by `cropping` (0 unless given).
 *
 * @throws ShapeError where nothing would be left.
 * @example new Cropping2D([[1, 0], [2, 2]]).apply(zeros([1, 5, 8, 3])); // [1, 4, 4, 3]
 */
export class Cropping2D extends CroppingLayer {
  static override readonly className: string = 'Cropping2D';
  static override readonly options: readonly string[] = ['dataFormat'];

  constructor(cropping: EdgesND = 0, options: DataFormatOptions = {}) {
    super(cropping, 2, options);
  }
}

/**
 * Cuts the edges off volumes: [batch, depth, rows, columns, channels] shrinks by `cropping` (1 unless given).
 *
 * @throws ShapeError where nothing would be left.
 * @example new Cropping3D([1, 0, 1]).apply(zeros([1, 4, 5, 6, 1])); // [1, 2, 5, 4, 1]
 */
export class Cropping3D extends CroppingLayer {
  static override readonly className: string = 'Cropping3D';
  static override readonly options: readonly string[] = ['dataFormat'];

  constructor(cropping: EdgesND = 1, options: DataFormatOptions = {}) {
    super(cropping, 3, options);
  }
}
