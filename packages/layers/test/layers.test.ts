/**
 * Every layer: shapes, weights, configuration round trips, compilation and gradients.
 */
import { layerClasses } from '@dl/layers/registry';
import { describe, expect, test } from 'vitest';
import { attentionCases } from './cases/attention.ts';
import { activationCases } from './cases/activation.ts';
import { convolutionCases } from './cases/convolution.ts';
import { coreCases } from './cases/core.ts';
import { mergingCases } from './cases/merging.ts';
import { normalizationCases } from './cases/normalization.ts';
import { poolingCases } from './cases/pooling.ts';
import { HOST_LAYERS, preprocessingCases } from './cases/preprocessing.ts';
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
    const names = tables.flatMap((table) => Object.keys(table)).map((name) => name.split(/[ ,]/)[0]!);
    const tested = [...names, ...HOST_LAYERS];
    expect(Object.keys(layerClasses).filter((name) => !tested.includes(name))).toEqual([]);
  });
});
