/**
 * checkLayer: what every layer must get right, in one call.
 */
import { jit, tensor, Tensor, type DType, type TensorLike } from '@dl/tensor';
import { isFloating } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import type { CallOptions, Layer } from '../base/layer.ts';
import { maskOf, setMask } from '../base/masks.ts';
import { loaderOf, type LayerLoader } from '../base/nested.ts';
import { Input } from '../core/input-layer.ts';
import {
  asList,
  isShape,
  mapInputs,
  openShapes,
  type InputsLike,
  type ShapesOf,
  type Tensors,
} from '../base/tensors.ts';
import { checkGradients, type Differentiation } from './check-gradients.ts';
import { expectNear, expectSame, reportFor, type Report } from './report.ts';
import { wave } from './values.ts';

/** One layer to check, and what is known of it. */
export interface LayerCase<
  I extends Tensors = Tensor,
  O extends Tensors = Tensor,
  C extends object = Record<never, never>,
> {
  /** Makes the layer with the options it is given; called several times. */
  readonly make: (options: { readonly dtype: DType }) => Layer<I, O, C>;
  /** Shape of the input with the batch, or of each input. */
  readonly shape: readonly number[] | readonly (readonly number[])[];
  /** Expected shape of the output, or of each output. */
  readonly output: readonly number[] | readonly (readonly number[])[];
  /** Expected number of elements of all weights; 0 unless given. */
  readonly params?: number;
  /** Values of the inputs in place of generated ones, for layers that take ids. */
  readonly values?: readonly number[];
  /** Mask of the input, or of each; none unless given. */
  readonly mask?: TensorLike | readonly (TensorLike | null)[];
  /** Expected mask of the output, all its values in order; null for none. Not checked unless given. */
  readonly outputMask?: readonly boolean[] | null;
  /** Whether outputs are those of training; false unless given. */
  readonly training?: boolean;
  /** Whether training changes the output. Not checked unless given. */
  readonly trainingDiffers?: boolean;
  /** Arguments of the call beside the inputs. */
  readonly call?: C;
  /** Whether gradients exist; true unless given. */
  readonly gradients?: boolean;
  /** Whether axis 0 holds samples that do not influence each other in inference; true unless given. */
  readonly batched?: boolean;
}

/** Outputs of a layer compiled, in float32, or made again: how far they may differ from the eager float64 ones. */
const TOLERANCES = { same: 0, compiled: 1e-9, drawn: 1e-5, float32: 2e-4 };

const several = (shape: LayerCase['shape']): shape is readonly (readonly number[])[] => Array.isArray(shape[0]);

function inputsOf<I extends Tensors>(shape: LayerCase['shape'], values: readonly number[] | undefined): I {
  const make = (sizes: readonly number[], k: number): Tensor => {
    const size = sizes.reduce((a, b) => a * b, 1);
    return tensor(values === undefined ? wave(size, k) : Float64Array.from(values.slice(0, size)), 'float64', sizes);
  };
  return (several(shape) ? shape.map(make) : make(shape, 0)) as unknown as I;
}

/** The first samples of a batch. */
const firstOf = (x: Tensor, samples: number): Tensor =>
  x.slice(
    x.shape.map(() => 0),
    [samples, ...x.shape.slice(1)],
  );

/** Replaces every weight by values that are not special; variances stay positive. */
function disturb(layer: Layer<Tensors, Tensors>): void {
  layer.weights.forEach((weight, k) => {
    const size = weight.shape.reduce((a, b) => a * b, 1);
    const values = wave(size, 3 + k).map((v) => (weight.name.includes('variance') ? Math.abs(v) + 0.5 : 0.5 * v));
    weight.assign(tensor(values, weight.dtype, weight.shape));
  });
}

/** One layer under check. */
class Check<I extends Tensors, O extends Tensors, C extends object> {
  readonly what: LayerCase<I, O, C>;
  readonly layer: Layer<I, O, C>;
  readonly report: Report;
  readonly inputs: I;

  constructor(what: LayerCase<I, O, C>) {
    this.what = what;
    this.layer = what.make({ dtype: 'float64' });
    this.report = reportFor(this.layer.label);
    this.inputs = inputsOf<I>(what.shape, what.values);
  }

  /** Whether outputs are drawn. */
  get random(): boolean {
    return this.layer.variables.length > this.layer.weights.length && this.what.training === true;
  }

  /** Outputs for inputs that carry the masks of the case; the first `samples` of them where the batch is cut. */
  run(layer: Layer<I, O, C>, inputs: I, training = this.what.training ?? false, samples: number | null = null): O {
    const { mask, call } = this.what;
    if (mask !== undefined) {
      const list = inputs instanceof Tensor ? [mask as TensorLike] : (mask as readonly (TensorLike | null)[]);
      asList(inputs).forEach((input, k) => {
        const own = list[k] ?? null;
        if (own === null) return;
        const whole = tensor(own, 'bool');
        setMask(input, samples === null ? whole : firstOf(whole, samples));
      });
    }
    return layer.apply(inputs as unknown as InputsLike<I>, { ...call, training } as CallOptions & C);
  }

  /** Runs `fn` and puts all state back as it was: statistics, and the streams of random layers. */
  unchanged<T>(layer: Layer<I, O, C>, fn: () => T): T {
    const { variables } = layer;
    const before = variables.map((v) => v.value);
    try {
      return fn();
    } finally {
      variables.forEach((v, i) => v.assign(before[i]!));
    }
  }

  shapes(): void {
    const { what, layer, report, inputs } = this;
    const wanted = several(what.output) ? what.output : [what.output];
    const outputs = asList(this.run(layer, inputs));
    expectSame(report, 'built', layer.built, true);
    expectSame(
      report,
      'output shape',
      outputs.map(({ shape }) => shape),
      wanted,
    );
    for (const { dtype } of outputs) expectSame(report, 'output dtype', dtype, 'float64');
    expectSame(report, 'number of parameters', layer.countParams(), what.params ?? 0);
    if (what.call === undefined) {
      const ahead = what.make({ dtype: 'float64' }).computeOutputShape(openShapes(inputs) as ShapesOf<I>);
      const open = wanted.map(([, ...rest]) => [null, ...rest]);
      const got = isShape(ahead) ? [ahead] : ahead;
      const free = (sizes: LayerShape): LayerShape => (what.batched === false ? sizes.slice(1) : sizes);
      expectSame(
        report,
        'computeOutputShape',
        (got as readonly LayerShape[]).map(free),
        (open as readonly LayerShape[]).map(free),
      );
    }
    const { outputMask } = what;
    if (outputMask === undefined) return;
    const mask = maskOf(outputs[0]!);
    expectSame(report, 'output mask', mask === null ? null : [...mask.dataSync()].map(Boolean), outputMask);
  }

  /** On symbolic tensors the layer gives the shapes and dtypes that it gives on data. */
  symbolic(): void {
    const { layer, inputs, what, report } = this;
    const batch = (x: Tensor): LayerShape => (what.batched === false ? x.shape : [null, ...x.shape.slice(1)]);
    const places = mapInputs(inputs, (x) => Input({ batchShape: batch(x as Tensor), dtype: (x as Tensor).dtype }));
    const symbols = asList(layer.apply(places as unknown as I, { ...what.call } as CallOptions & C));
    const wanted = asList(this.unchanged(layer, () => this.run(layer, inputs)));
    const facts = (t: Tensor): unknown => [batch(t), t.dtype];
    expectSame(report, 'symbolic equals eager', symbols.map(facts), wanted.map(facts));
    layer.inboundNodes.pop();
  }

  /** A layer made from the configuration, with the same weights and streams, computes the same. */
  roundTrip(): void {
    const { layer, report, inputs } = this;
    const config = JSON.parse(JSON.stringify(layer.getConfig())) as Config;
    type Class = { fromConfig(config: Config, load: LayerLoader): Layer<I, O, C> };
    const copy = (layer.constructor as unknown as Class).fromConfig(
      config,
      loaderOf(layer as unknown as Layer<Tensors, Tensors>),
    );
    expectSame(report, 'configuration round trip', copy.getConfig(), layer.getConfig());
    copy.ensureBuilt(openShapes(inputs) as ShapesOf<I>);
    const names = (l: Layer<I, O, C>): unknown => l.weights.map(({ name, shape }) => [name, shape]);
    expectSame(report, 'weights after a round trip', names(copy), names(layer));
    copy.setWeights(layer.getWeights());
    expectNear(report, 'weights in and out', copy.getWeights(), layer.getWeights(), TOLERANCES.same);
    copy.variables.forEach((v, i) => v.assign(layer.variables[i]!.value));
    this.compareWith('outputs after a round trip', copy, (x) => this.run(copy, x), TOLERANCES.same);
  }

  /** Compares another way to compute the outputs, and the state it leaves, with the layer's own. */
  compareWith(check: string, other: Layer<I, O, C>, compute: (x: I) => O, tolerance: number): void {
    const { layer, report, inputs } = this;
    const both = (owner: Layer<I, O, C>, fn: () => O): readonly Tensor[] =>
      this.unchanged(owner, () => [...asList(fn()), ...owner.weights.map((w) => w.value)]);
    expectNear(
      report,
      check,
      both(other, () => compute(inputs)),
      both(layer, () => this.run(layer, inputs)),
      tolerance,
    );
  }

  compiled(): void {
    const compiled = jit((x: I) => asList(this.run(this.layer, x)));
    const compute = (x: I): O => compiled(x) as unknown as O;
    // Random numbers are float32 in every dtype.
    this.compareWith(
      'compiled equals eager',
      this.layer,
      compute,
      this.random ? TOLERANCES.drawn : TOLERANCES.compiled,
    );
  }

  /** The layer in float32 gives the same outputs, but for random ones. */
  single(): void {
    const { what, layer, report, inputs } = this;
    const single = what.make({ dtype: 'float32' });
    const rounded = mapInputs(inputs, (x) => (x as Tensor).cast('float32')) as unknown as I;
    this.run(single, rounded);
    // Counters and such are integers in any case.
    const floats = single.weights.filter(({ dtype }) => isFloating(dtype));
    for (const { dtype } of floats) expectSame(report, 'float32 weights', dtype, 'float32');
    single.setWeights(layer.getWeights());
    const outputs = asList(this.unchanged(single, () => this.run(single, inputs)));
    for (const { dtype } of outputs) expectSame(report, 'float32 output dtype', dtype, 'float32');
    const wanted = asList(this.unchanged(layer, () => this.run(layer, inputs)));
    if (!this.random) expectNear(report, 'float32 outputs', outputs, wanted, TOLERANCES.float32);
  }

  /** In inference one sample alone gives what it gives in a batch, and a batch may be empty. */
  batches(): void {
    const { layer, report, inputs } = this;
    const whole = asList(this.unchanged(layer, () => this.run(layer, inputs, false)));
    for (const samples of [1, 0]) {
      const cut = (x: Tensor): Tensor => firstOf(x, samples);
      const part = inputs instanceof Tensor ? cut(inputs) : (inputs as readonly Tensor[]).map(cut);
      const outputs = asList(this.unchanged(layer, () => this.run(layer, part as I, false, samples)));
      expectNear(report, `batch of ${samples}`, outputs, whole.map(cut), TOLERANCES.compiled);
    }
  }

  trainingMode(): void {
    const { layer, report, inputs, what } = this;
    const values = (training: boolean): unknown =>
      this.unchanged(layer, () => asList(this.run(layer, inputs, training)).map((y) => [...y.dataSync()]));
    const differs = JSON.stringify(values(true)) !== JSON.stringify(values(false));
    expectSame(report, 'training changes the output', differs, what.trainingDiffers);
  }
}

/**
 * Checks a layer in float64: that it builds, the shape of its output, real and computed ahead, the number of its weights, that its
 * configuration makes an equal layer, weights in and out, that it gives the same shapes on symbolic
 * tensors, that the compiled layer computes the same, that float32 does within rounding,
 * batches of one sample and of none, and, where the case says what to expect, masks and the difference that training makes.
 * With the functions of `@dl/autograd` also the gradients by inputs and weights, against central differences.
 *
 * It needs a backend that is read at once (reference, CPU).
 *
 * @throws Error that names the layer, the check, and what came in place of what.
 * @example
 * import { grad, variableGrads } from '@dl/autograd';
 * test('Scale', () =>
 *   checkLayer({ make: (o) => new Scale(o), shape: [2, 3], output: [2, 3], params: 1 }, { grad, variableGrads }));
 */
export function checkLayer<I extends Tensors, O extends Tensors, C extends object>(
  what: LayerCase<I, O, C>,
  differentiation?: Differentiation,
): void {
  const check = new Check(what);
  check.shapes();
  disturb(check.layer as unknown as Layer<Tensors, Tensors>);
  check.roundTrip();
  check.symbolic();
  check.compiled();
  check.single();
  if (what.batched !== false) check.batches();
  if (what.trainingDiffers !== undefined) check.trainingMode();
  if (differentiation === undefined || what.gradients === false) return;
  const { layer, inputs, report } = check;
  checkGradients(
    layer as unknown as Layer<Tensors, Tensors>,
    inputs,
    (x) => check.run(layer, x),
    differentiation,
    report,
  );
}
