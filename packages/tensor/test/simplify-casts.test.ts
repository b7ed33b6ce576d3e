/**
 * Casts of casts, for all dtypes on values at their edges.
 */
import { setBackend } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { apply, DTYPES, PASSES, trace, type Graph } from '@dl/tensor/interpreter';
import { expect, test } from 'vitest';
import { opsOf, read, runGraph, specialTensor } from './graphs.ts';

setBackend(reference());

const run = (graph: Graph, pass: string): Graph => PASSES.find(({ name }) => name === pass)!.run(graph);
const simplify = (graph: Graph): Graph => run(run(graph, 'simplify'), 'dce');

test('a cast of a cast is one cast wherever that keeps every value, and only there', async () => {
  let merged = 0;
  for (const from of DTYPES) {
    for (const middle of DTYPES) {
      for (const to of DTYPES) {
        const graph = trace(
          ([x]) => [apply('cast', [apply('cast', [x!], { dtype: middle })], { dtype: to })],
          [{ shape: [12], dtype: from }],
        );
        const result = simplify(graph);
        const plain = trace(([x]) => [apply('cast', [x!], { dtype: to })], [{ shape: [12], dtype: from }]);
        if (opsOf(result) !== 'cast cast') merged++;
        const inputs = [specialTensor({ shape: [12], dtype: from })];
        expect(await read(runGraph(result, inputs)), `${from} ${middle} ${to}`).toEqual(
          await read(runGraph(graph, inputs)),
        );
        if (middle === from || middle === to) expect(opsOf(result)).toBe(opsOf(simplify(plain)));
      }
    }
  }
  expect(merged).toBeGreaterThan(300);
});
