/**
 * Random scatters, running reductions, sorts and loops.
 */
import {
  binary,
  computeDType,
  constant,
  index,
  load,
  type DType,
  type Operand,
  type ScalarExpr,
  type ScatterOp,
} from '@dl/tensor/backend';
import type { TestRandom } from '@dl/tensor/testing';
import { ProgramBuilder, randomShape, type RandomCase } from './random-program.ts';

const SIZES = [0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33];
const DTYPES: readonly DType[] = [
  'float32',
  'float32',
  'float32',
  'float64',
  'float16',
  'int32',
  'uint32',
  'uint8',
  'int16',
];

export function scatter(random: TestRandom): RandomCase {
  const b = new ProgramBuilder(random);
  const dtype = random.pick(DTYPES);
  const compute = computeDType(dtype);
  const op = random.pick<ScatterOp>(['add', 'add', 'set', 'set', 'max', 'min', 'mul']);
  const shape = randomShape(random, random.below(4), SIZES, 400);
  const operands: Operand[] = [b.input(dtype, shape, op === 'mul' ? 'powers' : 'eighths')];
  const free = shape.map((_, axis) => axis);
  const dims: number[] = [];
  const coords: ScalarExpr[] = Array.from({ length: random.below(4) }, () => {
    if (free.length > 0 && b.chance(0.5)) {
      // Mostly an axis of its own, as in the gradient of an embedding.
      const axis = b.chance(0.9) ? free.splice(random.below(free.length), 1)[0]! : random.pick(free);
      dims.push(b.chance(0.8) ? shape[axis]! : random.pick(SIZES));
      return index(axis);
    }
    const size = random.pick(SIZES);
    dims.push(size);
    const slot = operands.push(b.input('int32', shape, { below: size + 2 })) - 1;
    return binary('sub', load(slot, 'int32'), constant(1, 'int32'));
  });
  const target = b.output(dtype, dims, true);
  const value = b.chance(0.3) ? binary('max', load(0, compute), constant(1, compute)) : load(0, compute);
  return b.finish({ kind: 'scatter', op, shape: b.ints(shape), operands, target, dims: b.ints(dims), coords, value });
}

export function cumulative(random: TestRandom): RandomCase {
  const b = new ProgramBuilder(random);
  const dtype = random.pick(DTYPES);
  const op = random.pick(['sum', 'sum', 'prod', 'max', 'min'] as const);
  const shape = randomShape(random, random.below(4), SIZES, 300);
  const length = op === 'prod' ? random.below(18) : random.pick([...SIZES, 63, 64, 65, 300]);
  const fill = op === 'prod' ? 'powers' : op === 'sum' || !dtype.startsWith('float') ? 'eighths' : 'wild';
  return b.finish({
    kind: 'cumulative',
    op,
    shape: b.ints(shape),
    length: b.int(length),
    reverse: b.chance(0.5),
    exclusive: b.chance(0.5),
    input: b.input(dtype, [...shape, length], fill),
    output: b.output(dtype, [...shape, length]),
  });
}

export function sort(random: TestRandom): RandomCase {
  const b = new ProgramBuilder(random);
  const dtype = random.pick([...DTYPES, 'bool', 'int8', 'uint16'] as const);
  const shape = randomShape(random, random.below(3), SIZES, 60);
  const length = random.pick([...SIZES, 63, 64, 65, 127, 128, 129, 500]);
  const full = [...shape, length];
  const values = b.chance(0.7) ? b.output(dtype, full) : null;
  return b.finish({
    kind: 'sort',
    shape: b.ints(shape),
    length: b.int(length),
    descending: b.chance(0.5),
    input: b.input(dtype, full, dtype.startsWith('float') ? 'wild' : 'eighths'),
    values,
    indices: values === null || b.chance(0.6) ? b.output('int32', full) : null,
  });
}

/** A carried vector to which a row is added in every iteration, and which every iteration stores. */
export function loop(random: TestRandom): RandomCase {
  const b = new ProgramBuilder(random);
  const [trip, size] = [random.below(6), random.pick([1, 3, 4, 9, 33])];
  const natural = (buffer: number): Operand => ({ buffer, dtype: 'float32', offset: 0, strides: [1] });
  const rows = b.input('float32', [trip, size]);
  const row: Operand = { ...rows, strides: [rows.strides[1]!], iterationStride: rows.strides[0]! };
  const stacked = b.output('float32', [trip, size]);
  const place: Operand = { ...stacked, strides: [stacked.strides[1]!], iterationStride: stacked.strides[0]! };
  const result = b.output('float32', [size], false);
  const [current, next] = [b.temp('float32', size), b.temp('float32', size)];
  const float = load(0, 'float32');
  const step: ScalarExpr = { kind: 'cast', dtype: 'float32', x: { kind: 'iteration', dtype: 'int32' } };
  const sum = binary('add', binary('add', float, load(1, 'float32')), step);
  const shape = [b.int(size)];
  return b.finish(
    { kind: 'map', shape, operands: [], outputs: [{ operand: natural(current), expr: constant(0.5) }] },
    {
      kind: 'loop',
      trip: b.int(trip),
      reverse: b.chance(0.5),
      carries: [{ current, next }],
      body: [
        {
          kind: 'map',
          shape,
          operands: [natural(current), row],
          outputs: [
            { operand: natural(next), expr: sum },
            { operand: place, expr: sum },
          ],
        },
      ],
    },
    { kind: 'map', shape, operands: [natural(current)], outputs: [{ operand: result, expr: float }] },
  );
}
