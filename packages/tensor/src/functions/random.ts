/**
 * Random tensors from a counter-based generator: the same integers on every backend.
 */
import { Tensor } from '../tensor.ts';
import { tensor } from '../create.ts';
import { isFloating, type DType } from '../dtype.ts';
import { ConfigError, DTypeError } from '../errors.ts';
import { apply, applyAll } from '../runtime/interpreter.ts';
import { checkShape, sizeOf, type Shape } from '../shape.ts';
import { Variable } from '../variable.ts';
import { compositeAll } from './composite.ts';
import { add, cast, clip, mul, sqrt, sub } from './elementwise.ts';
import { reshape, slice } from './movement.ts';

/** Uniform numbers in [0, 1) with 24 random bits, from 32-bit words. */
function unit(bits: Tensor): Tensor {
  const high = apply('shiftRight', [bits, Tensor.scalar(8, 'uint32')], {});
  return apply('cast', [high], { dtype: 'float32' }).mul(2 ** -24);
}

interface Draw {
  readonly shape: Shape;
}

/** From a state and parameters to numbers of a shape and the next state. */
type Drawing = (inputs: readonly Tensor[], attrs: Draw) => Tensor[];

function flatBits(state: Tensor, count: number): Tensor {
  return slice(apply('randomBits', [state], { count }), 0, count);
}

const drawBits = /* @__PURE__ */ compositeAll('randomBits', ([state], { shape }: Draw) => {
  const count = sizeOf(shape);
  return [reshape(flatBits(state!, count), shape), advance(state!, count)];
});

/** The state after drawing `words` words: the 64-bit block counter moves on, elementwise so that it fuses. */
function advance(state: Tensor, words: number): Tensor {
  const place = apply('iota', [], { shape: [4], axis: 0, dtype: 'uint32' });
  const blocks = Tensor.scalar(Math.ceil(words / 4), 'uint32');
  const low = slice(state, 2, 1);
  const next = low.add(blocks);
  const carry = cast(next.less(low), 'uint32');
  const step = apply(
    'select',
    [place.equal(2), apply('broadcastTo', [blocks], { shape: [4] }), Tensor.scalar(0, 'uint32')],
    {},
  );
  const carried = apply(
    'select',
    [place.equal(3), apply('broadcastTo', [carry], { shape: [4] }), Tensor.scalar(0, 'uint32')],
    {},
  );
  return state.add(step).add(carried);
}

/** Evenly distributed in [low, high): [state, low, high] gives the numbers and the next state. */
export const drawUniform: Drawing = /* @__PURE__ */ compositeAll(
  'randomUniform',
  ([state, low, high]: readonly Tensor[], { shape }: Draw) => {
    const count = sizeOf(shape);
    const u = reshape(unit(flatBits(state!, count)), shape);
    return [add(mul(u, sub(high!, low!)), low!), advance(state!, count)];
  },
);

/** By Box and Muller, both halves of each pair: [state, mean, deviation] gives the numbers and the next state. */
export const drawNormal: Drawing = /* @__PURE__ */ compositeAll(
  'randomNormal',
  ([state, mean, deviation]: readonly Tensor[], { shape }: Draw) => {
    const count = sizeOf(shape);
    const half = Math.ceil(count / 2);
    const bits = flatBits(state!, 2 * half);
    // 1 − u lies in (0, 1], so the logarithm is finite.
    const radius = sqrt(mul(apply('log', [sub(1, unit(slice(bits, 0, half)))], {}), -2));
    const angle = mul(unit(slice(bits, half, half)), 2 * Math.PI);
    const pairs = apply('concat', [mul(radius, apply('cos', [angle], {})), mul(radius, apply('sin', [angle], {}))], {
      axis: 0,
    });
    const z = reshape(slice(pairs, 0, count), shape);
    return [add(mul(z, deviation!), mean!), advance(state!, 2 * half)];
  },
);

/** erf(2/√2): the uniform range that maps into two standard deviations. */
const TWO_SIGMA = 0.9544997361036416;

/** By the inverse error function, limited to two standard deviations. */
const drawTruncated = /* @__PURE__ */ compositeAll(
  'randomTruncated',
  ([state, mean, deviation]: readonly Tensor[], { shape }: Draw) => {
    const count = sizeOf(shape);
    // Centred in its cell, so that ±1 is never reached.
    const u = unit(flatBits(state!, count)).add(2 ** -25);
    const z = mul(apply('erfInv', [mul(sub(mul(u, 2), 1), TWO_SIGMA)], {}), Math.SQRT2);
    return [add(mul(reshape(clip(z, -2, 2), shape), deviation!), mean!), advance(state!, count)];
  },
);

let entropy = 0;
let globalSeed: number | null = null;
let defaultGenerator: Generator | null = null;

/** A seed that differs from call to call, and from run to run unless {@link setSeed} was called. */
export function freshSeed(): number {
  if (globalSeed === null) globalSeed = Math.floor(Math.random() * 2 ** 32);
  return (globalSeed + Math.imul(++entropy, 0x9e3779b9)) >>> 0;
}

/** Makes everything random that has no seed of its own repeatable from here on. */
export function setSeed(seed: number): void {
  globalSeed = checkSeed(seed) >>> 0;
  entropy = 0;
  defaultGenerator = null;
}

function checkSeed(seed: number): number {
  if (!Number.isInteger(seed)) throw new ConfigError(`a seed must be an integer, got ${String(seed)}`);
  return seed;
}

/** The state of a stream that nothing has been drawn from. */
const stateOf = (seed: number): Tensor =>
  tensor([checkSeed(seed) >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 0, 0], 'uint32');

/** Something random numbers are drawn from. */
export abstract class RandomStream {
  /**
   * @internal Draws by a function of the state (uint32[4]: key low, key high, block counter low, block counter high), which
   * gives the numbers and the state after them.
   */
  abstract draw(run: (state: Tensor) => readonly Tensor[]): Tensor;

  /** Random 32-bit words, uint32. */
  bits(shape: Shape): Tensor {
    return this.draw((state) => drawBits([state], { shape: checkShape(shape, 'Generator.bits') }));
  }

  /** Evenly distributed in [low, high). */
  uniform(shape: Shape, low = 0, high = 1, dtype: DType = 'float32'): Tensor {
    checkShape(shape, 'uniform');
    return float(
      'uniform',
      this.draw((state) => drawUniform([state, scalar(low), scalar(high)], { shape })),
      dtype,
    );
  }

  /** Normally distributed. */
  normal(shape: Shape, mean = 0, deviation = 1, dtype: DType = 'float32'): Tensor {
    checkShape(shape, 'normal');
    return float(
      'normal',
      this.draw((state) => drawNormal([state, scalar(mean), scalar(deviation)], { shape })),
      dtype,
    );
  }

  /** Normally distributed, limited to two standard deviations from the mean. */
  truncatedNormal(shape: Shape, mean = 0, deviation = 1, dtype: DType = 'float32'): Tensor {
    checkShape(shape, 'truncatedNormal');
    return float(
      'truncatedNormal',
      this.draw((state) => drawTruncated([state, scalar(mean), scalar(deviation)], { shape })),
      dtype,
    );
  }

  /** Integers in [low, high), int32. */
  randint(shape: Shape, low: number, high: number): Tensor {
    if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low) {
      throw new ConfigError(`randint: expected integers low < high, got ${low}, ${high}`);
    }
    const word = this.bits(shape);
    return cast(apply('rem', [word, Tensor.scalar(high - low, 'uint32')], {}), 'int32').add(low);
  }

  /** True with the given probability, bool. */
  bernoulli(shape: Shape, probability: number): Tensor {
    return this.uniform(shape).less(probability);
  }

  /** The integers 0 … n − 1 in random order, int32. */
  permutation(n: number): Tensor {
    const keys = apply('bitcast', [this.bits([n])], { dtype: 'int32' });
    return applyAll('sort', [keys], { axis: 0, descending: false })[1]!;
  }
}

/**
 * A stream of random numbers. Its state is a Variable, so that it moves on inside compiled functions too.
 *
 * @example
 * const g = new Generator(42);
 * g.normal([2, 3]);
 */
export class Generator extends RandomStream {
  /** uint32[4]: key low, key high, block counter low, block counter high. */
  readonly state: Variable;
  readonly seed: number;

  constructor(seed: number = freshSeed()) {
    super();
    this.seed = checkSeed(seed);
    this.state = new Variable(() => stateOf(seed), {
      name: 'seedGeneratorState',
      kind: 'state',
      shape: [4],
      dtype: 'uint32',
    });
  }

  /** @internal */
  override draw(run: (state: Tensor) => readonly Tensor[]): Tensor {
    const [result, next] = run(this.state.value);
    this.state.assign(next!);
    return result!;
  }
}

/** The numbers that belong to a seed, from their beginning; nothing outside moves on. */
export class SeededStream extends RandomStream {
  #state: Tensor;

  constructor(seed: number) {
    super();
    this.#state = stateOf(seed);
  }

  /** @internal */
  override draw(run: (state: Tensor) => readonly Tensor[]): Tensor {
    const [result, next] = run(this.#state);
    this.#state = next!;
    return result!;
  }
}

const scalar = (value: number): Tensor => Tensor.scalar(value, 'float32');

function float(where: string, x: Tensor, dtype: DType): Tensor {
  if (!isFloating(dtype)) throw new DTypeError(`${where}: expected a floating dtype, got ${dtype}`);
  return cast(x, dtype);
}

/** The generator used where none is given. */
export function defaultRandom(): Generator {
  defaultGenerator ??= new Generator();
  return defaultGenerator;
}

/** Whether anything has been drawn from the default generator; asking does not make it. */
export const hasDefaultRandom = (): boolean => defaultGenerator !== null;

/** Evenly distributed in [low, high), from the default generator. */
export function uniform(shape: Shape, low = 0, high = 1, dtype: DType = 'float32'): Tensor {
  return defaultRandom().uniform(shape, low, high, dtype);
}

/** Normally distributed, from the default generator. */
export function normal(shape: Shape, mean = 0, deviation = 1, dtype: DType = 'float32'): Tensor {
  return defaultRandom().normal(shape, mean, deviation, dtype);
}

/** Normally distributed within two standard deviations, from the default generator. */
export function truncatedNormal(shape: Shape, mean = 0, deviation = 1, dtype: DType = 'float32'): Tensor {
  return defaultRandom().truncatedNormal(shape, mean, deviation, dtype);
}
