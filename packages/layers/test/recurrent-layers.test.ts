/**
 * Every recurrent layer and cell: shapes, weights, configuration round trips, compilation, masks and gradients.
 */
import { describe, test } from 'vitest';
import { checkLayer } from './check-layer.ts';
import { cellCases, listCases, recurrentCases, stepCases } from './recurrent-cases.ts';

describe('every recurrent layer', () => {
  for (const [name, what] of Object.entries(recurrentCases)) test(name, () => checkLayer(what));
  for (const [name, what] of Object.entries(stepCases)) test(name, () => checkLayer(what));
  for (const [name, what] of Object.entries(listCases)) test(name, () => checkLayer(what));
  for (const [name, what] of Object.entries(cellCases)) test(name, () => checkLayer(what));
});
