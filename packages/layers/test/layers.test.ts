/**
 * Every layer: shapes, weights, configuration round trips, compilation and gradients.
 */
import { layerClasses } from '@dl/layers/registry';
import { describe, expect, test } from 'vitest';
import * as preprocessing from '../src/preprocessing/index.ts';
import { attentionCases } from './cases/attention.ts';
import { activationCases } from './cases/activation.ts';
import { convolutionCases } from './cases/convolution.ts';
import { coreCases } from './cases/core.ts';
import { mergingCases } from './cases/merging.ts';
import { normalizationCases } from './cases/normalization.ts';
import { poolingCases } from './cases/pooling.ts';
import { preprocessingCases } from './cases/preprocessing.ts';
import { regularizationCases } from './cases/regularization.ts';
import { reshapingCases } from './cases/reshaping.ts';
import { checkLayer } from './check-layer.ts';
import { cellCases, recurrentCases, stepCases } from './recurrent-cases.ts';

const cases = {
  ...activationCases,
  ...convolutionCases,
  ...coreCases,
  ...normalizationCases,
  ...poolingCases,
  ...preprocessingCases,
  ...regularizationCases,
  ...reshapingCases,
};

describe('every layer', () => {
  for (const [name, what] of Object.entries(cases)) test(name, () => checkLayer(what));
  for (const [name, what] of Object.entries(mergingCases)) test(name, () => checkLayer(what));
  for (const [name, what] of Object.entries(attentionCases)) test(name, () => checkLayer(what));

  test('the registry holds nothing that is not tested here', () => {
    const tables = [cases, mergingCases, attentionCases, recurrentCases, stepCases, cellCases];
    const tested = tables.flatMap((table) => Object.keys(table)).map((name) => name.split(/[ ,]/)[0]!);
    // Layers that prepare data have tests of their own, beside those for names.
    const own = [...tested, ...Object.keys(preprocessing)];
    expect(Object.keys(layerClasses).filter((name) => !own.includes(name))).toEqual([]);
  });
});
