/**
 * Every preprocessing layer that works on tensors: shapes, configuration, compilation, float32, batches, gradients.
 */
import { grad, variableGrads } from '@dl/autograd';
import { checkLayer, type LayerCase } from '@dl/layers/testing';
import { setBackend } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, test } from 'vitest';
import { tensorCases } from './cases.ts';

setBackend(reference());

describe('checks of every layer', () => {
  test.each(Object.entries(tensorCases))('%s', (_name, what) => {
    checkLayer(what as LayerCase, { grad, variableGrads });
  });
});
