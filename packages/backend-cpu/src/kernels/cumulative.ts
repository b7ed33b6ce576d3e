/**
 * Running reductions: one accumulator per line, or four where lines lie side by side.
 */
import { computeDType, load, type CumulativeKernel } from '@dl/tensor/backend';
import { loadVec, storeVec } from '../codegen/memory.ts';
import { constantVector, toDoubles, toFloats, vecLocals, type Vec } from '../codegen/vec.ts';
import type { Code } from '../wasm/code.ts';
import { combine, identityValue } from './accumulate.ts';
import { Space, type Spot } from './space.ts';
import type { KernelWriter } from './writer.ts';

export function writeCumulative(w: KernelWriter, kernel: CumulativeKernel): void {
  const { shape, length, input, output } = kernel;
  const rank = shape.length;
  const laneAxis = laneAxisOf(kernel);
  const kept = shape.map((_, axis) => axis).filter((axis) => axis !== laneAxis);
  const space = new Space(w, {
    shape: [...shape, length],
    operands: [input],
    outputs: [output],
    exprs: [load(0, computeDType(input.dtype))],
    laneAxis,
    divisible: laneAxis === null ? kept : [...kept, laneAxis],
  });
  // In place, the elements of an overlapping vector would be taken twice.
  const plan = { unroll: 1, overlap: input.buffer !== output.buffer };
  space.each(kept, space.start(), (spot) =>
    space.along(spot, plan, (at, lanes) => writeLine(space, kernel, at, lanes, rank)),
  );
}

/** A kept axis whose lines lie side by side in both operands. */
function laneAxisOf({ shape, input, output }: CumulativeKernel): number | null {
  const axis = shape.findLastIndex((_, d) => input.strides[d] === 1 && output.strides[d] === 1);
  return axis < 0 ? null : axis;
}

function writeLine(space: Space, kernel: CumulativeKernel, spot: Spot, lanes: 1 | 4, axis: number): void {
  const { f } = space.w;
  const { input, output, reverse, exclusive, length } = kernel;
  f.scope(() => {
    const running = accumulator(f, kernel);
    const left = f.keep(space.w.int(length));
    const at = space.branch(spot, axis);
    const step = reverse ? -1 : 1;
    f.if(f.i32_gt_s(f.get(left), f.i32(0)), () => {
      if (reverse) {
        const last = f.keep(f.i32_sub(f.get(left), f.i32(1)));
        space.moveBy(at, axis, last);
      }
      f.repeat(() => {
        f.scope(() => {
          const value = loadVec(f, input.dtype, space.cell(at, lanes, 0).place(0), lanes);
          const store = (): void => storeVec(f, output.dtype, space.outputPlace(0, at, 0), lanes, running.value());
          if (exclusive) store();
          running.take(value);
          if (!exclusive) store();
        });
        space.move(at, axis, step);
        return f.tee(left, f.i32_sub(f.get(left), f.i32(1)));
      });
    });
  });
}

/** A running value. Float sums and products run in float64, so that long lines stay accurate. */
function accumulator(f: Code, { op, input }: CumulativeKernel): { take(value: Vec): void; value(): Vec } {
  const dtype = computeDType(input.dtype);
  const wide = dtype === 'float32' && (op === 'sum' || op === 'prod');
  const held = wide ? 'float64' : dtype;
  const acc = vecLocals(f, held);
  for (const part of acc) f.set(part, constantVector(f, identityValue(op, dtype), held));
  return {
    take: (value) =>
      combine(f, op, held, acc, wide ? toDoubles(f, value[0]!, (v) => f.f64x2_promote_low_f32x4(v)) : value),
    value: () => (wide ? [f.keepVector(toFloats(f, acc))] : acc),
  };
}
