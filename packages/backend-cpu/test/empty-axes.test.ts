/**
 * Maps with an empty axis read nothing: of their inputs nothing is copied to the heap, which may end right there.
 */
import { cpu } from '@dl/backend-cpu';
import type { Int, Program } from '@dl/tensor/backend';
import { expect, test } from 'vitest';
import { runtime } from '../src/runtime.ts';
import { runProgram } from './run-program.ts';

const ROWS = 65_000;

/** Spreads a column over rows that are empty: what is read does not change along a row. */
function spread(columns: Int): Program {
  return {
    name: 'spread',
    buffers: [
      { role: 'input', dtype: 'float32', size: ROWS },
      { role: 'output', dtype: 'float32', size: 0 },
    ],
    args: [0, 1],
    params: typeof columns === 'number' ? [] : [{ name: 'columns', dtype: 'int32' }],
    kernels: [
      {
        kind: 'map',
        shape: [ROWS, columns],
        operands: [{ buffer: 0, dtype: 'float32', offset: 0, strides: [1, 0] }],
        outputs: [
          {
            operand: { buffer: 1, dtype: 'float32', offset: 0, strides: [0, 1] },
            expr: { kind: 'load', dtype: 'float32', operand: 0 },
          },
        ],
      },
    ],
  } as unknown as Program;
}

test.each([
  ['fixed', 0, []],
  ['of a parameter', { param: 0 }, [0]],
] as const)('a size that is %s', (_, columns, params) => {
  const { heap } = runtime();
  // Less than the input is left between the last block and the end of the memory.
  const block = heap.allocate(heap.memory.buffer.byteLength - heap.top - 32 * 1024);
  try {
    const [, out] = runProgram(cpu(), spread(columns), [new Float32Array(ROWS), new Float32Array(0)], params);
    expect(out).toEqual(new Float32Array(0));
  } finally {
    heap.release(block);
  }
});
