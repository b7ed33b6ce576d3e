/**
 * The checks of one case on one backend.
 */
import { gradcheck, jvp, vjp, vmap } from '@dl/autograd';
import { concat, jit, setBackend, stack, tensor, type DType, type Tensor } from '@dl/tensor';
import { reference, type Backend } from '@dl/tensor/backend';
import { isFloating, leavesOf } from '@dl/tensor/interpreter';
import { tensorsOf, type Case } from './case.ts';

/** What is checked, in the order of the columns. */
export const CHECKS = ['value', 'jit', 'vjp', 'jvp', 'vmap'] as const;
export type Check = (typeof CHECKS)[number];

/** Passed; does not apply, and why; or failed, and how. */
export type Outcome = 'passed' | { readonly inapplicable: string } | { readonly failure: string };

/** A backend under test. Without `wide` it has no float64: values and compiled functions are checked alone. */
export interface Target {
  readonly backend: Backend;
  readonly wide: boolean;
}

const EXAMPLES = 3;
class Mismatch extends Error {}

/** All numbers of all tensors of a result. */
async function numbersOf(result: unknown): Promise<number[]> {
  const leaves = leavesOf(result);
  if (leaves.length === 0) throw new Mismatch('the case returns no tensor');
  const lists = await Promise.all(leaves.map(async (leaf) => [...(await leaf.data())].map(Number)));
  return lists.flat();
}

/** Compares numbers relative to the largest around; NaN and infinities must agree. */
function compare(actual: readonly number[], wanted: readonly number[], tolerance: number, what: string): void {
  if (actual.length !== wanted.length)
    throw new Mismatch(`${what}: ${actual.length} numbers instead of ${wanted.length}`);
  const scale = wanted.reduce((top, x) => (Number.isFinite(x) ? Math.max(top, Math.abs(x)) : top), 0);
  actual.forEach((x, i) => {
    const y = wanted[i]!;
    if (Object.is(x, y) || x === y) return;
    if (!(Math.abs(x - y) <= tolerance * (Math.abs(y) + 0.1 * scale))) {
      throw new Mismatch(`${what}: element ${i} is ${x} instead of ${y}`);
    }
  });
}

const shapesOf = (result: unknown): string =>
  JSON.stringify(leavesOf(result).map(({ shape, dtype }) => [shape, dtype]));

async function checkValue(item: Case, { backend, wide }: Target, oracle: Backend): Promise<void> {
  const run = async (on: Backend, dtype: DType): Promise<{ numbers: number[]; shapes: string }> => {
    setBackend(on);
    const result = await item.run(tensorsOf(item, dtype, 0));
    return { numbers: await numbersOf(result), shapes: shapesOf(result) };
  };
  const single = await run(backend, 'float32');
  const { tolerance = 2e-4 } = item;
  if (backend.name === oracle.name) {
    // The oracle itself: rounding to float32 must be all that differs.
    compare(single.numbers, (await run(backend, 'float64')).numbers, tolerance, 'float32 against float64');
    return;
  }
  const wanted = await run(oracle, 'float32');
  if (single.shapes !== wanted.shapes)
    throw new Mismatch(`shapes and dtypes are ${single.shapes}, not ${wanted.shapes}`);
  compare(single.numbers, wanted.numbers, tolerance, 'float32');
  if (wide)
    compare(
      (await run(backend, 'float64')).numbers,
      (await run(oracle, 'float64')).numbers,
      item.random ? 1e-6 : 1e-9,
      'float64',
    );
}

async function checkJit(item: Case): Promise<void> {
  const inputs = tensorsOf(item, 'float32', 0);
  const compiled = jit((list: readonly Tensor[]) => item.run(list) as never);
  if (item.jit !== undefined) return refused(() => compiled(inputs), 'jit');
  const [actual, wanted] = [compiled(inputs) as unknown, item.run(inputs)];
  if (shapesOf(actual) !== shapesOf(wanted))
    throw new Mismatch(`shapes and dtypes are ${shapesOf(actual)}, not ${shapesOf(wanted)}`);
  compare(await numbersOf(actual), await numbersOf(wanted), item.tolerance ?? 1e-5, 'jit');
}

/** Checks that a function throws, or that its promise is rejected. */
async function refused(run: () => unknown, what: string): Promise<void> {
  try {
    await run();
  } catch {
    return;
  }
  throw new Mismatch(`${what} works, but the case says that it is refused`);
}

/** The float arguments, the function of them alone, and whether its result has floats. */
function smooth(item: Case): { points: Tensor[]; f: (...floats: Tensor[]) => Tensor; hasFloats: boolean } {
  const inputs = tensorsOf(item, 'float64', 0);
  const isPoint = item.inputs.map(({ dtype }) => dtype === 'float');
  const floatsOf = (result: unknown): Tensor[] => leavesOf(result).filter(({ dtype }) => isFloating(dtype));
  const f = (...floats: Tensor[]): Tensor => {
    let next = 0;
    const all = inputs.map((input, k) => (isPoint[k] ? floats[next++]! : input));
    return concat(floatsOf(item.run(all)).map((leaf) => leaf.reshape([-1])));
  };
  const hasFloats = floatsOf(item.run(inputs)).length > 0;
  return { points: inputs.filter((_, k) => isPoint[k]), f, hasFloats };
}

/** Numbers like none of which another is. */
const direction = ({ shape, size }: Tensor, phase: number): Tensor =>
  tensor(
    Float64Array.from({ length: size }, (_, i) => Math.cos(1.7 * i + phase) + 0.1),
    'float64',
    shape,
  );

function checkVjp(item: Case): void {
  const { points, f } = smooth(item);
  const size = points.reduce((sum, point) => sum + point.size, 0);
  gradcheck(f, points, {
    order: item.order ?? (size <= 6 ? 2 : 1),
    forward: false,
    tolerance: 1e-5,
    ...item.differences,
  });
}

/** ⟨J·v, u⟩ = ⟨v, Jᵀ·u⟩. */
function checkJvp(item: Case): void {
  const { points, f } = smooth(item);
  const along = points.map((point, k) => direction(point, k));
  const { tangent } = jvp(f, [...points], along);
  const u = direction(tangent, 0.5);
  const pulled = vjp(f, ...points).pullback(u) as readonly Tensor[];
  const terms = pulled.flatMap((part, k) => [...part.mul(along[k]!).dataSync()].map(Number));
  const size = terms.reduce((sum, x) => sum + Math.abs(x), 1);
  const [forward, backward] = [tangent.mul(u).sum().itemSync(), terms.reduce((sum, x) => sum + x, 0)];
  if (!(Math.abs(forward - backward) <= (item.differences?.tolerance ?? 1e-8) * size)) {
    throw new Mismatch(`jvp gives ${forward} where vjp gives ${backward}`);
  }
}

async function checkVmap(item: Case): Promise<void> {
  const examples = Array.from({ length: EXAMPLES }, (_, example) => tensorsOf(item, 'float64', example));
  const all = item.inputs.map((_, k) => stack(examples.map((inputs) => inputs[k]!)));
  const mapped = (): unknown => vmap((...inputs: Tensor[]) => item.run(inputs))(...all);
  if (item.vmap !== undefined) return refused(mapped, 'vmap');
  const actual = leavesOf(mapped());
  const results = examples.map((inputs) => leavesOf(item.run(inputs)));
  for (const [k, leaf] of actual.entries()) {
    const wanted = stack(results.map((leaves) => leaves[k]!));
    if (shapesOf(leaf) !== shapesOf(wanted))
      throw new Mismatch(`shape and dtype are ${shapesOf(leaf)}, not ${shapesOf(wanted)}`);
    if (!item.random)
      compare(
        await numbersOf(leaf),
        await numbersOf(wanted),
        Math.min(item.tolerance ?? 1e-8, 1e-6),
        `vmap, result ${k}`,
      );
  }
}

/** Why a check does not apply to a case; null where it does. `refused` says that the op must throw then. */
function inapplicable(item: Case, name: Check, { wide }: Target): { why: string; refused?: boolean } | null {
  if (name === 'value') {
    return item.reads && !wide ? { why: 'reads values at once, which this backend cannot', refused: true } : null;
  }
  if (name === 'jit') return item.jit === undefined ? null : { why: item.jit, refused: true };
  if (!wide) return { why: 'is checked in float64, on the other backends' };
  if (name === 'vmap') {
    if (item.inputs.length === 0) return { why: 'takes no tensor' };
    return item.vmap === undefined ? null : { why: item.vmap, refused: true };
  }
  if (item.derivative !== undefined) return { why: item.derivative };
  if (!item.inputs.some(({ dtype }) => dtype === 'float')) return { why: 'takes no floats' };
  return smooth(item).hasFloats ? null : { why: 'returns no floats' };
}

const message = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

/** Runs the checks of a case. */
export async function check(
  item: Case,
  target: Target,
  oracle: Backend = reference(),
): Promise<Record<Check, Outcome>> {
  const value = (): Promise<void> => checkValue(item, target, oracle);
  const runs: Readonly<Record<Check, () => void | Promise<void>>> = {
    value: () => (item.reads && !target.wide ? refused(value, 'value') : value()),
    jit: () => checkJit(item),
    vjp: () => checkVjp(item),
    jvp: () => checkJvp(item),
    vmap: () => checkVmap(item),
  };
  const outcomeOf = async (name: Check): Promise<Outcome> => {
    try {
      setBackend(target.backend);
      const not = inapplicable(item, name, target);
      if (not === null || not.refused) await runs[name]();
      return not === null ? 'passed' : { inapplicable: not.why };
    } catch (error) {
      return { failure: `${item.name}, ${name} on ${target.backend.name}: ${message(error)}` };
    }
  };
  const outcomes = {} as Record<Check, Outcome>;
  for (const name of CHECKS) outcomes[name] = await outcomeOf(name);
  return outcomes;
}
