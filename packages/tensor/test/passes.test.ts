/**
 * Folding, sharing, dead code, and all passes together: with any of them off, graphs give the same bits.
 */
import {
  concat,
  logSoftmax,
  matmul,
  mul,
  setBackend,
  softmax,
  sqrt,
  sum,
  Tensor,
  tensor,
  type DType,
} from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import {
  apply,
  composite,
  inlineCalls,
  layoutOf,
  lower,
  PASSES,
  runPasses,
  trace,
  type Graph,
  type OpName,
  type Pass,
  type PassName,
} from '@dl/tensor/interpreter';
import { fuzzProgram, interpret } from '@dl/tensor/testing';
import { describe, expect, test } from 'vitest';
import { opsOf, read, runGraph } from './graphs.ts';

setBackend(reference());

const pass = (wanted: PassName): Pass => PASSES.find(({ name }) => name === wanted)!.run;
const NAMES: readonly PassName[] = PASSES.map(({ name }) => name);
const ALL: ReadonlySet<PassName> = new Set(NAMES);
const f32 = (...shape: number[]): { shape: number[]; dtype: DType } => ({ shape, dtype: 'float32' });
const traced = (f: (inputs: readonly Tensor[]) => readonly Tensor[], ...avals: ReturnType<typeof f32>[]): Graph =>
  inlineCalls(trace(f, avals), new Set());
const scalar = (value: number, dtype: DType = 'float32'): Tensor => Tensor.scalar(value, dtype);

describe('fold', () => {
  /** What an op on literals becomes: its number, or null when it stays. */
  const folded = (op: OpName, args: readonly Tensor[], attrs: object = {}): number | null => {
    const graph = pass('fold')(trace(() => [apply(op, args, attrs as never)], []));
    return graph.nodes.length === 0 ? graph.outputs[0]!.literal! : null;
  };

  test.each<[string, OpName, readonly number[], DType, number]>([
    ['1 − 0.9 in float32', 'sub', [1, 0.9], 'float32', 1 - Math.fround(0.9)],
    ['1 − 0.9 in float64', 'sub', [1, 0.9], 'float64', 1 - 0.9],
    ['√(2/π)', 'sqrt', [2 / Math.PI], 'float32', Math.fround(Math.sqrt(Math.fround(2 / Math.PI)))],
    ['1/3 rounded', 'div', [1, 3], 'float32', Math.fround(1 / 3)],
    ['1/3 as half', 'div', [1, 3], 'float16', 0.333251953125],
    ['0.999⁵', 'pow', [0.999, 5], 'float32', Math.fround(Math.fround(0.999) ** 5)],
    ['a sum that wraps', 'add', [2 ** 31 - 1, 1], 'int32', -(2 ** 31)],
    ['a product that wraps in 8 bits', 'mul', [100, 3], 'int8', 44],
    ['1/0', 'div', [1, 0], 'float32', Infinity],
    ['−0', 'neg', [0], 'float32', -0],
    ['∞ − ∞', 'sub', [Infinity, Infinity], 'float32', NaN],
    ['NaN = NaN', 'equal', [NaN, NaN], 'float32', 0],
    ['σ(0)', 'logistic', [0], 'float32', 0.5],
  ])('%s', (_, op, numbers, dtype, expected) => {
    expect(
      folded(
        op,
        numbers.map((x) => scalar(x, dtype)),
      ),
    ).toBe(expected);
  });

  test('casts saturate, and test for ≠ 0', () => {
    expect(folded('cast', [scalar(1e20)], { dtype: 'int32' })).toBe(2 ** 31 - 1);
    expect(folded('cast', [scalar(NaN)], { dtype: 'bool' })).toBe(1);
  });

  test('broadcast numbers fold to a broadcast number, and nothing becomes an array', () => {
    const graph = pass('fold')(
      traced(() => [
        mul(tensorOf(2, [4, 5]), tensorOf(3, [5])),
        apply('iota', [], { shape: [3], axis: 0, dtype: 'int32' }),
      ]),
    );
    const result = pass('dce')(graph);
    expect(opsOf(result)).toBe('broadcastTo iota');
    expect(result.outputs[0]!.node!.inputs[0]!.literal).toBe(6);
  });

  test('one element of a small iota is a number', async () => {
    const build = (): Tensor[] => {
      const rows = apply('iota', [], { shape: [4, 3], axis: 0, dtype: 'int32' });
      const moved = apply('add', [apply('transpose', [rows], { permutation: [1, 0] }), scalar(10, 'int32')], {});
      return [moved.slice([1, 2], [1, 1]), apply('less', [rows, scalar(4, 'int32')], {}), rows.slice([1, 0], [2, 1])];
    };
    const graph = traced(build);
    const result = pass('dce')(pass('fold')(graph));
    expect(opsOf(result)).toBe('iota broadcastTo broadcastTo slice');
    expect(await read(runGraph(result, []))).toEqual(await read(runGraph(graph, [])));
    expect((await read(runGraph(result, [])))[0]).toEqual([12]);
  });

  test('what depends on an input stays', () => {
    const graph = traced(([x]) => [x!.add(1), sqrt(x!)], f32(3));
    expect(pass('fold')(graph)).toBe(graph);
  });
});

/** A broadcast literal, as full() makes it. */
function tensorOf(value: number, shape: readonly number[]): Tensor {
  return apply('broadcastTo', [scalar(value)], { shape });
}

describe('cse', () => {
  const shared = (f: (inputs: readonly Tensor[]) => readonly Tensor[], ...avals: ReturnType<typeof f32>[]): string =>
    opsOf(pass('dce')(pass('cse')(traced(f, ...avals))));

  test('equal nodes are one, also with arguments exchanged', () => {
    expect(shared(([x, y]) => [x!.add(y!).mul(y!.add(x!))], f32(3), f32(3))).toBe('add mul');
    expect(shared(([x, y]) => [x!.sub(y!).mul(y!.sub(x!))], f32(3), f32(3))).toBe('sub sub mul');
    expect(shared(([x]) => [x!.mul(2).add(x!.mul(2)), x!.mul(2)], f32(3))).toBe('mul add');
  });

  test('attributes, dtypes and the sign of zero tell nodes apart', () => {
    expect(shared(([x]) => [concat([x!.reshape([2, 3]), x!.reshape([3, 2]).reshape([2, 3])], 0)], f32(6))).toBe(
      'reshape reshape reshape concat',
    );
    expect(shared(([x]) => [x!.mul(0).add(x!.mul(-0))], f32(3))).toBe('mul mul add');
    expect(shared(() => [scalar(1).cast('int32'), scalar(1, 'float64').cast('int32')])).toBe('cast cast');
  });

  test('a reduction with kept axes is a reshape of the one without', async () => {
    const graph = traced(([x]) => [sum(x!, 1), sum(x!, 1, true), sum(x!, 0)], f32(3, 4));
    const result = pass('cse')(graph);
    expect(opsOf(result)).toBe('sum reshape sum');
    const inputs = [
      tensor(
        Float32Array.from({ length: 12 }, (_, i) => i / 3),
        'float32',
        [3, 4],
      ),
    ];
    expect(await read(runGraph(result, inputs))).toEqual(await read(runGraph(graph, inputs)));
  });

  test('random bits of one state are drawn once', () => {
    const bits = (x: Tensor, count: number): Tensor => apply('randomBits', [x], { count });
    const state = { shape: [4], dtype: 'uint32' as const };
    const result = pass('cse')(trace(([x]) => [bits(x!, 8), bits(x!, 8), bits(x!, 12)], [state]));
    expect(opsOf(result)).toBe('randomBits randomBits');
    expect(result.outputs[0]).toBe(result.outputs[1]);
  });

  test('claimed calls with the same callee and attributes are one', () => {
    const twice = composite<{ k: number }>('twice', ([x], { k }) => mul(x!, k));
    const graph = trace(([x]) => [twice([x!], { k: 2 }), twice([x!], { k: 2 }), twice([x!], { k: 3 })], [f32(3)]);
    expect(opsOf(pass('cse')(graph))).toBe('call call');
  });

  test('all results of a node with several are shared', () => {
    const sorted = (x: Tensor): Tensor[] => [apply('sort', [x], { axis: 0, descending: false })];
    const graph = trace(([x]) => [...sorted(x!), ...sorted(x!)], [f32(3)]);
    const result = pass('cse')(graph);
    expect(result.nodes).toHaveLength(1);
    expect(result.outputs[0]).toBe(result.outputs[1]);
  });
});

describe('dce', () => {
  test('drops what no output needs; inputs stay', () => {
    const graph = traced(
      ([x, y]) => {
        matmul(x!, y!).add(1);
        return [x!.mul(2)];
      },
      f32(3, 3),
      f32(3, 3),
    );
    const result = pass('dce')(graph);
    expect(opsOf(result)).toBe('mul');
    expect(result.inputs).toHaveLength(2);
    expect(pass('dce')(result)).toBe(result);
  });
});

describe('all passes', () => {
  test('a graph of one node, and one with nothing to do, come back as they are', () => {
    const one = traced(([x]) => [x!.mul(1)], f32(3));
    expect(runPasses(one)).toBe(one);
    const plain = traced(([x, y]) => [matmul(x!, y!).add(y!)], f32(3, 3), f32(3, 3));
    expect(runPasses(plain)).toBe(plain);
  });

  test('one pass makes room for another', () => {
    // Sharing shows that both branches are equal; then the condition is dead.
    const graph = traced(
      ([x, y]) => [apply('select', [x!.less(y!), x!.mul(y!), y!.mul(x!)], {}).add(scalar(1).mul(0).neg())],
      f32(3),
      f32(3),
    );
    expect(opsOf(runPasses(graph))).toBe('mul');
    expect(opsOf(runPasses(graph, { off: new Set<PassName>(['simplify']) }))).toBe('less mul select add');
    expect(opsOf(runPasses(graph, { off: ALL }))).toBe(opsOf(graph));
  });

  test('passes are pure', () => {
    const graph = traced(([x]) => [softmax(x!).mul(1), logSoftmax(x!)], f32(3, 4));
    const before = opsOf(graph);
    expect(opsOf(runPasses(graph))).not.toBe(before);
    expect(opsOf(graph)).toBe(before);
  });

  test('outputs that become inputs, numbers or one another are still written', async () => {
    const f = composite<object>('outputs', ([x]) =>
      concat([x!.mul(1), tensorOf(2, [3]).add(1), x!.neg().neg(), x!.mul(2).mul(1)], 0),
    );
    expect(Array.from(await f([tensor([1, 2, 3])], {}).data())).toEqual([1, 2, 3, 3, 3, 3, 1, 2, 3, 2, 4, 6]);
    const graph = trace(
      ([x]) => [x!.mul(1), tensorOf(2, [2]).add(1), x!.neg().neg(), scalar(1).add(1), x!.add(0)],
      [f32(2)],
    );
    expect(await compiled(graph, [[5, -0]])).toEqual([[5, -0], [3, 3], [5, -0], [2], [5, 0]]);
  });
});

/** Runs a graph as one program of the reference backend. */
async function compiled(
  graph: Graph,
  inputs: readonly ArrayLike<number>[],
  off?: ReadonlySet<PassName>,
): Promise<readonly (readonly number[])[]> {
  const bindings = graph.inputs.map(({ dtype, shape }) => ({ layout: layoutOf(dtype, shape), offset: 0 }));
  const { program, inputArgs, outputs } = lower(
    runPasses(inlineCalls(graph, new Set()), { off }),
    bindings,
    reference().capabilities,
    'test',
  );
  const arrays = program.args.map((buffer) => {
    const { dtype, size } = program.buffers[buffer]!;
    return new (dtype === 'float64' ? Float64Array : dtype === 'int32' ? Int32Array : Float32Array)(size as number);
  });
  inputArgs.forEach((arg, i) => arg >= 0 && arrays[arg]!.set(inputs[i]!));
  interpret(program, arrays, []);
  return outputs.map(({ arg, view }) => {
    const result: number[] = [];
    const visit = (axis: number, at: number): void => {
      if (axis === view.layout.shape.length) result.push(arrays[arg]![at]!);
      else for (let i = 0; i < view.layout.shape[axis]!; i++) visit(axis + 1, at + i * view.layout.strides[axis]!);
    };
    visit(0, view.offset);
    return result;
  });
}

/** Random programs. In float64 nothing is rounded between kernels, so that fusing differently changes no bit. */
describe('random programs', () => {
  const seed = Number(process.env['DL_TEST_SEED'] ?? 1) % 1e6;
  const count = process.env['FULL'] ? 1000 : 60;
  test.each(Array.from({ length: count }, (_, i) => seed + i))('seed %i', async (of) => {
    const { inputs, run, text } = fuzzProgram(of, 16);
    for (const dtype of ['float32', 'float64'] as const) {
      const whole = trace(
        run,
        inputs.map(({ shape }) => ({ shape, dtype })),
      );
      const graph = inlineCalls(whole, new Set());
      const own = inputs.map(({ shape, values }) => Tensor.fromValues(values, shape, dtype));
      const tensors = [...own, ...whole.captures];
      const expected = await read(runGraph(graph, tensors));
      const ways: readonly ReadonlySet<PassName>[] = [new Set(), ...NAMES.map((name) => new Set([name]))];
      for (const off of ways) {
        const result = runPasses(graph, { off });
        expect(await read(runGraph(result, tensors)), `${[...off].join()} off\n${text}`).toEqual(expected);
      }
      if (dtype === 'float32') continue;
      const values = await read(tensors);
      const unchanged = await compiled(graph, values, ALL);
      for (const off of ways)
        expect(await compiled(graph, values, off), `${[...off].join()} off\n${text}`).toEqual(unchanged);
    }
  });
});
