/**
 * The conformance suite: what every backend must do, generated from the op table.
 */
import type { Backend } from '../backend/backend.ts';
import { reference } from '../backend/reference/reference.ts';
import { byteWidth, DTYPES, isFloating, viewBytes, type DType, type TypedArray } from '../dtype.ts';
import { DlError, DTypeError } from '../errors.ts';
import type { OpAttrs, OpName } from '../ops/attrs.ts';
import { foriLoop } from '../functions/loop.ts';
import { OP_NAMES, rowOf } from '../ops/table.ts';
import { withBackend } from '../runtime/context.ts';
import { applyAll } from '../runtime/interpreter.ts';
import { sizeOf } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { expectClose } from './compare.ts';
import { COMPOSITE_CASES } from './composites.ts';
import { laidOut, LAYOUTS, type LayoutName } from './layouts.ts';
import { testRandom } from './random.ts';
import { SAMPLES, type Sample } from './samples.ts';

/** One test. `run` throws (or rejects) with a message that says what differs. */
export interface ConformanceCase {
  readonly name: string;
  run(backend: Backend): Promise<void>;
}

/** Ops whose results may differ from exact rounding by more than a few units in the last place, in float32. */
const LOOSE: { readonly [K in OpName]?: number } = {
  pow: 2e-5,
  erfInv: 2e-5,
  tan: 1e-5,
  sum: 2e-5,
  prod: 1e-5,
  cumulative: 1e-5,
  matmul: 2e-5,
  conv: 2e-5,
  reduceWindow: 5e-6,
};

/** The largest accepted error of an op in a dtype, relative to max(1, |value|). */
export function toleranceOf(op: OpName, dtype: DType): number {
  if (!isFloating(dtype)) return 0;
  const scale = (LOOSE[op] ?? 2e-6) / 1e-6;
  if (dtype === 'float64') return 1e-12 * scale;
  return dtype === 'float16' ? 1e-3 * Math.min(scale, 5) : 1e-6 * scale;
}

const SPECIALS = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 2.5, -2.5, 1e30, -1e30];

function draw(sample: Sample['inputs'][number], dtype: DType, seed: number): Float64Array {
  const random = testRandom(seed);
  const domain = sample.domain ?? { low: -3, high: 3 };
  return Float64Array.from({ length: sizeOf(sample.shape) }, () => {
    const value = domain.low + (domain.high - domain.low) * random.next();
    const whole = domain.integer || !isFloating(dtype) ? Math.round(value) : value;
    if (dtype === 'bool') return Number(random.next() < 0.5);
    return dtype.startsWith('uint') ? Math.abs(whole) : whole;
  });
}

/** Results of an op on a backend, with inputs in a layout. */
async function evaluate(
  backend: Backend,
  op: OpName,
  attrs: OpAttrs[OpName],
  values: readonly Float64Array[],
  dtypes: readonly DType[],
  sample: Sample,
  layout: LayoutName,
): Promise<{ data: TypedArray; dtype: DType; shape: string }[]> {
  const results = withBackend(backend, () => {
    const inputs = sample.inputs.map(({ shape }, i) => laidOut(values[i]!, shape, dtypes[i]!, layout, backend));
    return applyAll(op, inputs, attrs);
  });
  return Promise.all(results.map(async (t) => ({ data: await t.data(), dtype: t.dtype, shape: t.shape.join() })));
}

function accepts(op: OpName, sample: Sample, dtypes: readonly DType[]): boolean {
  try {
    rowOf(op).infer(
      sample.inputs.map(({ shape }, i) => ({ shape, dtype: dtypes[i]! })),
      sample.attrs,
    );
    return true;
  } catch (error) {
    if (error instanceof DTypeError) return false;
    throw error;
  }
}

/** All samples of an op in one dtype, in every layout, against the reference backend. */
async function checkOp(backend: Backend, op: OpName, dtype: DType): Promise<void> {
  const oracle = reference();
  const jobs: Promise<void>[] = [];
  let seed = 1;
  for (const sample of SAMPLES[op]) {
    const dtypes = sample.inputs.map((input) => input.dtype ?? dtype);
    if (!accepts(op, sample, dtypes)) continue;
    const outputs = rowOf(op).infer(
      sample.inputs.map(({ shape }, i) => ({ shape, dtype: dtypes[i]! })),
      sample.attrs,
    );
    if (![...dtypes, ...outputs.map((o) => o.dtype)].every((type) => backend.capabilities.dtypes.has(type))) continue;
    const values = sample.inputs.map((input, i) => draw(input, dtypes[i]!, seed++));
    jobs.push(checkSample(backend, oracle, op, dtype, dtypes, values, sample));
  }
  // All work is under way before the first result is awaited, so that devices can overlap it.
  await Promise.all(jobs);
}

/** One sample in every layout. */
async function checkSample(
  backend: Backend,
  oracle: Backend,
  op: OpName,
  dtype: DType,
  dtypes: readonly DType[],
  values: readonly Float64Array[],
  sample: Sample,
): Promise<void> {
  const layouts = sample.inputs.length === 0 ? LAYOUTS.slice(0, 1) : LAYOUTS;
  const wanted = evaluate(oracle, op, sample.attrs, values, dtypes, sample, 'contiguous');
  const found = layouts.map((layout) => evaluate(backend, op, sample.attrs, values, dtypes, sample, layout));
  const [expected, ...results] = await Promise.all([wanted, ...found]);
  results.forEach((actual, k) =>
    actual.forEach((result, i) => {
      const shapes = sample.inputs.map(({ shape }) => `[${shape.join()}]`).join(' ');
      const where = `${op} ${dtype} ${shapes} ${JSON.stringify(sample.attrs)} ${layouts[k]!}`;
      if (result.shape !== expected[i]!.shape)
        throw new DlError(`${where}: shape ${result.shape}, expected ${expected[i]!.shape}`);
      expectClose(result.data, expected[i]!.data, toleranceOf(op, result.dtype), where);
    }),
  );
}

/** NaN, infinities and signed zeros through an elementwise op. */
async function checkSpecials(backend: Backend, op: OpName): Promise<void> {
  const arity = SAMPLES[op][0]!.inputs.length;
  const grid = arity === 1 ? SPECIALS.map((x) => [x]) : SPECIALS.flatMap((x) => SPECIALS.map((y) => [x, y]));
  const columns = Array.from({ length: arity }, (_, k) => grid.map((row) => row[k]!));
  const run = async (on: Backend): Promise<TypedArray> => {
    const t = withBackend(
      on,
      () =>
        applyAll(
          op,
          columns.map((c) => Tensor.fromValues(c, [c.length], 'float32', on)),
          {},
        )[0]!,
    );
    return t.data();
  };
  const [actual, expected] = [await run(backend), await run(reference())];
  for (let i = 0; i < grid.length; i++) {
    expectClose([actual[i]!], [expected[i]!], 2e-5, `${op}(${grid[i]!.join(', ')})`);
  }
}

function opCases(): ConformanceCase[] {
  const cases: ConformanceCase[] = [];
  for (const op of OP_NAMES) {
    if (SAMPLES[op].length === 0) continue;
    const free = SAMPLES[op].some((sample) => sample.inputs.some((input) => input.dtype === undefined));
    for (const dtype of free ? DTYPES : (['float32'] as const)) {
      const fixed = SAMPLES[op][0]!;
      if (
        !accepts(
          op,
          fixed,
          fixed.inputs.map((input) => input.dtype ?? dtype),
        )
      )
        continue;
      cases.push({ name: free ? `${op} ${dtype}` : op, run: (backend) => checkOp(backend, op, dtype) });
    }
  }
  for (const op of OP_NAMES) {
    if (SAMPLES[op].length === 0) continue;
    if (rowOf(op).kind !== 'elementwise' || op === 'cast' || op === 'bitcast' || op === 'select') continue;
    const inputs = SAMPLES[op][0]!.inputs;
    if (
      !accepts(
        op,
        SAMPLES[op][0]!,
        inputs.map(() => 'float32'),
      )
    )
      continue;
    cases.push({ name: `${op} of NaN, infinities and zeros`, run: (backend) => checkSpecials(backend, op) });
  }
  return cases;
}

/** Bytes go in and come out again, for every dtype and awkward lengths. */
async function checkBuffers(backend: Backend): Promise<void> {
  for (const dtype of DTYPES) {
    if (!backend.capabilities.dtypes.has(dtype)) continue;
    for (const length of [0, 1, 3, 17, 1000]) {
      const bytes = new ArrayBuffer(length * byteWidth(dtype));
      const data = viewBytes(dtype, bytes);
      for (let i = 0; i < length; i++) data[i] = dtype === 'bool' ? i % 2 : i % 100;
      const buffer = backend.allocate(length * backend.capabilities.bytesPerElement(dtype));
      backend.write(buffer, data, dtype);
      const back = viewBytes(dtype, await backend.read(buffer, dtype, 0, length));
      expectClose(back, data, 0, `write and read ${length} × ${dtype}`);
      if (length > 3) {
        const part = viewBytes(dtype, await backend.read(buffer, dtype, 2, length - 3));
        expectClose(part, data.slice(2, length - 1), 0, `read a part of ${length} × ${dtype}`);
      }
      backend.free(buffer);
    }
  }
}

/** Work happens in call order, and buffers may be freed while it is pending. */
async function checkOrder(backend: Backend): Promise<void> {
  const results = withBackend(backend, () => {
    let x = Tensor.fromValues([1, 2, 3], [3], 'float32', backend);
    const kept: Tensor[] = [];
    for (let i = 0; i < 20; i++) {
      const next = x.mul(2).sub(1);
      if (i % 5 === 4) kept.push(next);
      if (!kept.includes(x)) x.dispose();
      x = next;
    }
    return kept;
  });
  for (const [i, t] of results.entries()) {
    const doublings = 2 ** (5 * (i + 1));
    expectClose(await t.data(), [1, doublings + 1, 2 * doublings + 1], 0, `after ${5 * (i + 1)} steps`);
  }
}

/** Carries that change places, in a loop within a loop, both of which use their numbers. */
async function checkLoops(backend: Backend): Promise<void> {
  for (const trip of [0, 1, 2, 5]) {
    const [a, b] = withBackend(backend, () => {
      const start = [1, 2].map((first) => Tensor.fromValues([first, first + 2], [2], 'float32', backend));
      return foriLoop(
        0,
        trip,
        (i, [x, y]) => [y!, foriLoop(1, 3, (j, z) => z.mul(j).add(i), x!).sub(y!.mean())],
        start,
      );
    });
    let [x, y] = [
      [1, 3],
      [2, 4],
    ];
    for (let i = 0; i < trip; i++) {
      const mean = (y![0]! + y![1]!) / 2;
      [x, y] = [y, x!.map((z) => (z + i) * 2 + i - mean)];
    }
    expectClose(await a!.data(), x!, 0, `first carry after ${trip} trips`);
    expectClose(await b!.data(), y!, 0, `second carry after ${trip} trips`);
  }
}

/**
 * Every case of the suite. Run each with a fresh or a shared backend.
 *
 * @example
 * for (const { name, run } of conformanceCases()) test(name, () => run(myBackend()));
 */
export function conformanceCases(): readonly ConformanceCase[] {
  return [
    { name: 'buffers keep their bytes', run: checkBuffers },
    { name: 'work happens in call order', run: checkOrder },
    { name: 'loops', run: checkLoops },
    ...opCases(),
    ...COMPOSITE_CASES,
  ];
}
