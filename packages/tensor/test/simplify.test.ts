/**
 * Each simplification rule on values that would show a wrong one: NaN, infinities, both zeros, integers that wrap, no elements.
 */
import { setBackend, Tensor, type DType } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { apply, PASSES, trace, type Graph, type OpAttrs, type OpName, type Pass } from '@dl/tensor/interpreter';
import { expect, test } from 'vitest';
import { opsOf, read, runGraph, specialTensor } from './graphs.ts';

setBackend(reference());

const pass = (wanted: string): Pass => PASSES.find(({ name }) => name === wanted)!.run;
const simplify = (graph: Graph): Graph => pass('dce')(pass('simplify')(graph));

type Build = (x: Tensor, y: Tensor) => Tensor;

interface Rule {
  readonly name: string;
  readonly build: Build;
  /** Ops that remain. */
  readonly leaves: string;
  readonly dtypes?: readonly DType[];
  readonly shape?: readonly number[];
}

const FLOATS: readonly DType[] = ['float32', 'float64', 'float16'];
const INTEGERS: readonly DType[] = ['int32', 'uint32', 'int8', 'uint8', 'int16', 'uint16'];
const NUMBERS: readonly DType[] = [...FLOATS, ...INTEGERS];

/** Applies an op without attributes; numbers take the dtype of the tensors beside them. */
function on(op: OpName, ...args: readonly (Tensor | number)[]): Tensor {
  const like = args.findLast((arg) => arg instanceof Tensor)!;
  const tensors = args.map((arg) => (typeof arg === 'number' ? Tensor.scalar(arg, like.dtype) : arg));
  return apply(op as 'add', tensors, {});
}
const shaped = <K extends OpName>(op: K, x: Tensor, attrs: OpAttrs[K]): Tensor => apply(op, [x], attrs);
const yes = (literal: number): Tensor => Tensor.scalar(literal, 'bool');
const spread = (literal: number, like: Tensor): Tensor =>
  shaped('broadcastTo', Tensor.scalar(literal, like.dtype), { shape: like.shape });
const reduced = (op: 'sum' | 'prod' | 'max' | 'min', x: Tensor, axes: readonly number[], keepDims = false): Tensor =>
  shaped(op, x, { axes, keepDims });

/** Rows with zeros above and below. */
const part = (x: Tensor, low: number, high: number): Tensor =>
  apply('pad', [x, Tensor.scalar(0, x.dtype)], { low: [low, 0], high: [high, 0], interior: [0, 0] });

/** Every rule with what it leaves. The result is used by an op of its own, so that an empty list means "x itself". */
const RULES: readonly Rule[] = [
  { name: 'x + −0', build: (x) => on('add', x, -0), leaves: '', dtypes: FLOATS },
  { name: '−0 + x', build: (x) => on('add', -0, x), leaves: '', dtypes: FLOATS },
  { name: 'x + 0 of integers', build: (x) => on('add', x, 0), leaves: '', dtypes: INTEGERS },
  { name: 'x + 0 of floats stays', build: (x) => on('add', x, 0), leaves: 'add', dtypes: FLOATS },
  {
    name: 'parts of a sum side by side',
    build: (x, y) => on('add', on('add', part(y, 3, 3), part(x, 0, 6)), part(x, 6, 0)),
    leaves: 'add add add concat',
    dtypes: FLOATS,
    shape: [3, 4],
  },
  {
    name: 'parts of a sum with a gap stay',
    build: (x, y) => on('add', part(y, 3, 7), part(x, 0, 10)),
    leaves: 'pad pad add',
    dtypes: FLOATS,
    shape: [3, 4],
  },
  { name: 'x − 0', build: (x) => on('sub', x, 0), leaves: '' },
  { name: 'x − −0 stays', build: (x) => on('sub', x, -0), leaves: 'sub', dtypes: FLOATS },
  { name: '0 − x stays', build: (x) => on('sub', 0, x), leaves: 'sub' },
  { name: 'x − x of integers', build: (x) => on('sub', x, x), leaves: 'broadcastTo', dtypes: INTEGERS },
  { name: 'x − x of floats stays', build: (x) => on('sub', x, x), leaves: 'sub', dtypes: FLOATS },
  { name: 'x·1', build: (x) => on('mul', x, 1), leaves: '' },
  { name: '1·x', build: (x) => on('mul', 1, x), leaves: '' },
  { name: 'x·ones', build: (x) => on('mul', x, spread(1, x)), leaves: '' },
  { name: 'x·−1', build: (x) => on('mul', x, -1), leaves: 'neg', dtypes: [...FLOATS, 'int32', 'int8', 'int16'] },
  { name: 'x·0 of integers', build: (x) => on('mul', x, 0), leaves: 'broadcastTo', dtypes: INTEGERS },
  { name: 'x·0 of floats stays', build: (x) => on('mul', x, 0), leaves: 'mul', dtypes: FLOATS },
  { name: '(−x)(−y)', build: (x, y) => on('mul', on('neg', x), on('neg', y)), leaves: 'mul' },
  { name: 'x/1', build: (x) => on('div', x, 1), leaves: '' },
  { name: 'x/−1', build: (x) => on('div', x, -1), leaves: 'neg', dtypes: [...FLOATS, 'int32', 'int8', 'int16'] },
  { name: 'x/32', build: (x) => on('div', x, 32), leaves: 'mul', dtypes: FLOATS },
  { name: 'x/−0.25', build: (x) => on('div', x, -0.25), leaves: 'mul', dtypes: FLOATS },
  { name: 'x/32 of integers stays', build: (x) => on('div', x, 32), leaves: 'div', dtypes: INTEGERS },
  { name: 'x/3 stays', build: (x) => on('div', x, 3), leaves: 'div' },
  { name: 'x/0 stays', build: (x) => on('div', x, 0), leaves: 'div' },
  {
    name: '(−x)/(−y) of floats',
    build: (x, y) => on('div', on('neg', x), on('neg', y)),
    leaves: 'div',
    dtypes: FLOATS,
  },
  { name: 'x + −y', build: (x, y) => on('add', x, on('neg', y)), leaves: 'sub' },
  { name: '−x + y', build: (x, y) => on('add', on('neg', x), y), leaves: 'sub' },
  { name: 'x − −y', build: (x, y) => on('sub', x, on('neg', y)), leaves: 'add' },
  { name: '−−x', build: (x) => on('neg', on('neg', x)), leaves: '' },
  { name: '−(x − y) stays', build: (x, y) => on('neg', on('sub', x, y)), leaves: 'sub neg' },
  { name: '|−x|', build: (x) => on('abs', on('neg', x)), leaves: 'abs', dtypes: [...FLOATS, 'int32', 'int8', 'int16'] },
  {
    name: '|−x| of unsigned stays',
    build: (x) => on('abs', on('neg', x)),
    leaves: 'neg abs',
    dtypes: ['uint32', 'uint8'],
  },
  { name: '||x||', build: (x) => on('abs', on('abs', x)), leaves: 'abs' },
  { name: 'sign of a sign', build: (x) => on('sign', on('sign', x)), leaves: 'sign' },
  { name: 'relu of a relu', build: (x) => on('relu', on('relu', x)), leaves: 'relu' },
  { name: 'floor of a round', build: (x) => on('floor', on('round', x)), leaves: 'round', dtypes: FLOATS },
  { name: 'trunc of a ceil', build: (x) => on('trunc', on('ceil', x)), leaves: 'ceil', dtypes: FLOATS },
  { name: 'not of a not', build: (x) => on('not', on('not', x)), leaves: '', dtypes: ['bool', ...INTEGERS] },
  { name: 'stopGradient', build: (x) => on('stopGradient', x), leaves: '', dtypes: ['bool', ...NUMBERS] },
  { name: 'x^0', build: (x) => on('pow', x, 0), leaves: 'broadcastTo' },
  { name: 'x^1', build: (x) => on('pow', x, 1), leaves: '' },
  { name: 'x^2', build: (x) => on('pow', x, 2), leaves: 'mul' },
  { name: 'x^−1', build: (x) => on('pow', x, -1), leaves: 'div', dtypes: FLOATS },
  { name: 'x^½ stays', build: (x) => on('pow', x, 0.5), leaves: 'pow', dtypes: FLOATS },
  { name: '1^x', build: (x) => on('pow', 1, x), leaves: 'broadcastTo' },
  { name: 'max(x, x)', build: (x) => on('maximum', x, x), leaves: '', dtypes: ['bool', ...NUMBERS] },
  { name: 'min(x, x)', build: (x) => on('minimum', x, x), leaves: '' },
  { name: 'max(x, −∞)', build: (x) => on('maximum', x, -Infinity), leaves: '', dtypes: FLOATS },
  { name: 'min(∞, x)', build: (x) => on('minimum', Infinity, x), leaves: '', dtypes: FLOATS },
  { name: 'x and x', build: (x) => on('and', x, x), leaves: '', dtypes: ['bool', ...INTEGERS] },
  { name: 'x and 0', build: (x) => on('and', x, 0), leaves: 'broadcastTo', dtypes: ['bool', ...INTEGERS] },
  { name: 'x and true', build: (x) => on('and', x, 1), leaves: '', dtypes: ['bool'] },
  { name: 'x and 1 stays', build: (x) => on('and', x, 1), leaves: 'and', dtypes: INTEGERS },
  { name: 'x or 0', build: (x) => on('or', 0, x), leaves: '', dtypes: ['bool', ...INTEGERS] },
  { name: 'x or true', build: (x) => on('or', x, 1), leaves: 'broadcastTo', dtypes: ['bool'] },
  { name: 'x or 1 stays', build: (x) => on('or', x, 1), leaves: 'or', dtypes: INTEGERS },
  { name: 'x xor x', build: (x) => on('xor', x, x), leaves: 'broadcastTo', dtypes: ['bool', ...INTEGERS] },
  { name: 'x xor 0', build: (x) => on('xor', x, 0), leaves: '', dtypes: ['bool', ...INTEGERS] },
  { name: 'x << 0', build: (x) => on('shiftLeft', x, 0), leaves: '', dtypes: INTEGERS },
  { name: 'x >> 0', build: (x) => on('shiftRight', x, 0), leaves: '', dtypes: INTEGERS },
  { name: 'x = x', build: (x) => on('equal', x, x), leaves: 'broadcastTo', dtypes: ['bool', ...INTEGERS] },
  { name: 'x = x of floats stays', build: (x) => on('equal', x, x), leaves: 'equal', dtypes: FLOATS },
  { name: 'x < x', build: (x) => on('less', x, x), leaves: 'broadcastTo', dtypes: INTEGERS },
  { name: 'x ≥ x of floats stays', build: (x) => on('greaterEqual', x, x), leaves: 'greaterEqual', dtypes: FLOATS },
  { name: 'select by true', build: (x, y) => apply('select', [yes(1), x, y], {}), leaves: '' },
  { name: 'select by false', build: (x, y) => apply('select', [yes(0), y, x], {}), leaves: '' },
  { name: 'select of equals', build: (x, y) => apply('select', [on('less', x, y), x, x], {}), leaves: '' },
  {
    name: 'select of 0 and −0 stays',
    build: (x, y) => apply('select', [on('less', x, y), Tensor.scalar(0, x.dtype), Tensor.scalar(-0, x.dtype)], {}),
    leaves: 'less select',
    dtypes: FLOATS,
  },
  {
    name: 'select by a negation',
    build: (x, y) => apply('select', [on('not', on('less', x, y)), x, y], {}),
    leaves: 'less select',
  },
  {
    name: 'select by true of a smaller branch',
    build: (x, y) =>
      apply('select', [yes(1), shaped('slice', x, { start: [0, 0], size: [1, 4], step: [1, 1] }), y], {}),
    leaves: 'slice broadcastTo',
  },
  { name: 'reshape of a reshape', build: (x) => x.reshape([12]).reshape([2, 6]), leaves: 'reshape' },
  { name: 'reshape to the own shape', build: (x) => x.reshape([12]).reshape([3, 4]), leaves: '' },
  {
    name: 'transpose of a transpose',
    build: (x) => {
      const first = shaped('transpose', x, { permutation: [2, 0, 1] });
      return shaped('transpose', first, { permutation: [0, 2, 1] });
    },
    leaves: 'transpose',
    shape: [2, 3, 2],
  },
  {
    name: 'transpose and back',
    build: (x) => x.transpose([1, 2, 0]).transpose([2, 0, 1]),
    leaves: '',
    shape: [2, 3, 2],
  },
  {
    name: 'broadcast of a broadcast',
    build: (x) => shaped('broadcastTo', shaped('broadcastTo', x, { shape: [2, 3, 4] }), { shape: [2, 2, 3, 4] }),
    leaves: 'broadcastTo',
  },
  { name: 'broadcast to the own shape', build: (x) => shaped('broadcastTo', x, { shape: x.shape }), leaves: '' },
  {
    name: 'broadcast of leading ones',
    build: (x) => shaped('broadcastTo', x.reshape([1, 3, 4]), { shape: [2, 3, 4] }),
    leaves: 'broadcastTo',
  },
  {
    name: 'broadcast of trailing ones stays',
    build: (x) => shaped('broadcastTo', x.reshape([3, 4, 1]), { shape: [3, 4, 2] }),
    leaves: 'reshape broadcastTo',
  },
  {
    name: 'slice of a slice',
    build: (x) =>
      shaped('slice', shaped('slice', x, { start: [2, 1], size: [3, 3], step: [-1, 1] }), {
        start: [1, 2],
        size: [2, 2],
        step: [1, -2],
      }),
    leaves: 'slice',
  },
  {
    name: 'slice of all',
    build: (x) => shaped('slice', x, { start: [0, 0], size: [3, 4], step: [1, 1] }),
    leaves: '',
  },
  {
    name: 'slice backwards stays',
    build: (x) => shaped('slice', x, { start: [2, 0], size: [3, 4], step: [-1, 1] }),
    leaves: 'slice',
  },
  { name: 'flip of a flip', build: (x) => x.flip([0, 1]).flip([1]), leaves: 'flip' },
  { name: 'flip and back', build: (x) => x.flip([1]).flip([1]), leaves: '' },
  { name: 'flip of one', build: (x) => x.flip([0]), leaves: '', shape: [1, 12] },
  {
    name: 'pad by nothing',
    build: (x) => apply('pad', [x, Tensor.scalar(1, x.dtype)], { low: [0, 0], high: [0, 0], interior: [7, 0] }),
    leaves: '',
    shape: [1, 12],
  },
  {
    name: 'pad between elements stays',
    build: (x) => apply('pad', [x, Tensor.scalar(1, x.dtype)], { low: [0, 0], high: [0, 0], interior: [1, 0] }),
    leaves: 'pad',
  },
  {
    name: 'pad of its own number',
    build: (x) =>
      apply('pad', [spread(1, x), Tensor.scalar(1, x.dtype)], { low: [1, 0], high: [0, 2], interior: [0, 0] }),
    leaves: 'broadcastTo',
  },
  {
    name: 'pad of zeros by −0 stays',
    build: (x) =>
      apply('pad', [spread(0, x), Tensor.scalar(-0, x.dtype)], { low: [1, 0], high: [0, 2], interior: [0, 0] }),
    leaves: 'broadcastTo pad',
    dtypes: FLOATS,
  },
  { name: 'concat of one', build: (x) => apply('concat', [x], { axis: 0 }), leaves: '' },
  {
    name: 'concat with nothing',
    build: (x) => {
      const none = shaped('slice', x, { start: [0, 0], size: [3, 0], step: [1, 1] });
      return apply('concat', [x, none, x], { axis: 1 });
    },
    leaves: 'concat',
  },
  {
    name: 'concat of one number',
    build: (x) => apply('concat', [spread(1, x), spread(1, x)], { axis: 1 }),
    leaves: 'broadcastTo',
  },
  {
    name: 'sum over an axis of 1',
    build: (x) => reduced('sum', x, [0]),
    leaves: 'add reshape',
    dtypes: FLOATS,
    shape: [1, 12],
  },
  {
    name: 'integer sum over an axis of 1',
    build: (x) => reduced('sum', x, [0]),
    leaves: 'reshape',
    dtypes: INTEGERS,
    shape: [1, 12],
  },
  {
    name: 'max over an axis of 1',
    build: (x) => reduced('max', x, [1]),
    leaves: 'reshape',
    shape: [12, 1],
    dtypes: ['bool', ...NUMBERS],
  },
  { name: 'prod over no axes', build: (x) => reduced('prod', x, []), leaves: '' },
  { name: 'min over an axis of 1, kept', build: (x) => reduced('min', x, [0], true), leaves: '', shape: [1, 12] },
  { name: 'max over an axis of 2 stays', build: (x) => reduced('max', x, [0]), leaves: 'max', shape: [2, 6] },
  {
    name: 'sum of one number',
    build: (x) => reduced('sum', spread(1, x), [0, 1]),
    leaves: '',
    dtypes: ['float32', 'float64', 'int32', 'uint32'],
  },
  {
    name: 'sum of many −0',
    build: (x) => reduced('sum', spread(-0, x), [0]),
    leaves: 'broadcastTo',
    dtypes: ['float32', 'float64'],
  },
  {
    name: 'sum of many 1/8',
    build: (x) => reduced('sum', spread(0.125, x), [0], true),
    leaves: 'broadcastTo',
    dtypes: ['float32', 'float64'],
  },
  {
    name: 'sum of many 0.1 that rounds stays',
    build: (x) => reduced('sum', spread(0.1, x), [0]),
    leaves: 'broadcastTo sum',
    dtypes: ['float64'],
  },
  {
    name: 'sum of many ∞',
    build: (x) => reduced('sum', spread(Infinity, x), [0]),
    leaves: 'broadcastTo',
    dtypes: ['float32', 'float64'],
  },
  {
    name: 'sum that wraps',
    build: (x) => reduced('sum', spread(2 ** 30, x), [1]),
    leaves: 'broadcastTo',
    dtypes: ['int32', 'uint32'],
  },
  {
    name: 'sum of none',
    build: (x) => reduced('sum', x, [0]),
    leaves: 'broadcastTo',
    dtypes: ['float32', 'float64', 'int32', 'uint32'],
    shape: [0, 3],
  },
  {
    name: 'prod of none',
    build: (x) => reduced('prod', x, [0]),
    leaves: 'broadcastTo',
    dtypes: ['float32', 'float64', 'int32', 'uint32'],
    shape: [0, 3],
  },
  {
    name: 'max of one number',
    build: (x) => reduced('max', spread(-0, x), [1]),
    leaves: 'broadcastTo',
    dtypes: ['float32', 'float64'],
  },
  {
    name: 'argMax of one',
    build: (x) => shaped('argMax', x, { axis: 0, keepDims: false }),
    leaves: 'broadcastTo',
    shape: [1, 12],
  },
  { name: 'argMin of more stays', build: (x) => shaped('argMin', x, { axis: 0, keepDims: false }), leaves: 'argMin' },
  {
    name: 'x + a broadcast row',
    build: (x, y) =>
      on(
        'add',
        x,
        shaped('broadcastTo', shaped('slice', y, { start: [0, 0], size: [1, 4], step: [1, 1] }), { shape: x.shape }),
      ),
    leaves: 'slice add',
  },
  {
    name: 'the only operand of its shape keeps its broadcast',
    build: (x) => on('mul', shaped('broadcastTo', x, { shape: [2, 3, 4] }), 3),
    leaves: 'broadcastTo mul',
  },
  {
    name: 'views of one number',
    build: (x) => on('mul', x, spread(3, x).reshape([4, 3]).transpose([1, 0])),
    leaves: 'mul',
  },
  {
    name: 'cast to the own dtype',
    build: (x) => shaped('cast', x, { dtype: x.dtype }),
    leaves: '',
    dtypes: ['bool', ...NUMBERS],
  },
  {
    name: 'bitcast to the own dtype',
    build: (x) => shaped('bitcast', x, { dtype: x.dtype }),
    leaves: '',
    dtypes: ['float32', 'int32', 'uint32'],
  },
];

for (const { name, build, leaves, dtypes = NUMBERS, shape = [3, 4] } of RULES) {
  test.each(dtypes)(`${name}: %s`, async (dtype) => {
    const avals = [
      { shape, dtype },
      { shape, dtype },
    ];
    const graph = trace(([x, y]) => [build(x!, y!)], avals);
    const result = simplify(graph);
    expect(opsOf(result)).toBe(leaves);
    expect(result.inputs).toBe(graph.inputs);
    expect(result.outputs.map(({ dtype: d, shape: s }) => [d, s])).toEqual(
      graph.outputs.map(({ dtype: d, shape: s }) => [d, s]),
    );
    const x = specialTensor(avals[0]!);
    const inputs = [x, rolled(x)];
    expect(await read(runGraph(result, inputs))).toEqual(await read(runGraph(graph, inputs)));
  });
}

/** The same values in another order, so that pairs of operands differ. */
function rolled(x: Tensor): Tensor {
  return x.flip(x.shape.map((_, axis) => axis));
}
