/**
 * The checks of each class: its cases in the tests of the layers, or a check of its own.
 */
import { grad, variableGrads } from '@dl/autograd';
import type { Tensors } from '@dl/layers';
import { checkLayer, type LayerCase } from '@dl/layers/testing';
import { setBackend } from '@dl/tensor';
import type { Backend } from '@dl/tensor/backend';
import { activationCases } from '../../../packages/layers/test/cases/activation.ts';
import { attentionCases } from '../../../packages/layers/test/cases/attention.ts';
import { convolutionCases } from '../../../packages/layers/test/cases/convolution.ts';
import { coreCases } from '../../../packages/layers/test/cases/core.ts';
import { mergingCases } from '../../../packages/layers/test/cases/merging.ts';
import { normalizationCases } from '../../../packages/layers/test/cases/normalization.ts';
import { poolingCases } from '../../../packages/layers/test/cases/pooling.ts';
import { preprocessingCases } from '../../../packages/layers/test/cases/preprocessing.ts';
import { regularizationCases } from '../../../packages/layers/test/cases/regularization.ts';
import { reshapingCases } from '../../../packages/layers/test/cases/reshaping.ts';
import { cellCases, listCases, recurrentCases, stepCases } from '../../../packages/layers/test/recurrent-cases.ts';
import { baseCases } from './base-cases.ts';
import { HOST_CHECKS } from './host-checks.ts';

/** One check: whose, what it is called, and how it runs on the backend that is set. */
export interface Check {
  readonly of: string;
  readonly name: string;
  /** Whether it is of {@link checkLayer}; otherwise the class works on strings or records. */
  readonly general: boolean;
  run(): void | Promise<void>;
}

const TABLES: readonly Readonly<Record<string, unknown>>[] = [
  activationCases,
  attentionCases,
  baseCases,
  cellCases,
  convolutionCases,
  coreCases,
  listCases,
  mergingCases,
  normalizationCases,
  poolingCases,
  preprocessingCases,
  recurrentCases,
  regularizationCases,
  reshapingCases,
  stepCases,
];

const general = ([name, what]: readonly [string, unknown]): Check => ({
  of: name.split(/[ ,]/)[0]!,
  name,
  general: true,
  run: () => checkLayer(what as LayerCase<Tensors, Tensors, object>, { grad, variableGrads }),
});

/** All checks. The name of a case begins with that of its class. */
export const CHECKS: readonly Check[] = [
  ...TABLES.flatMap((table) => Object.entries(table).map(general)),
  ...Object.entries(HOST_CHECKS).map(([of, run]) => ({ of, name: of, general: false, run })),
];

/** Runs a check on a backend. Returns how it failed, or null. */
export async function failureOf(check: Check, backend: Backend): Promise<string | null> {
  setBackend(backend);
  try {
    await check.run();
    return null;
  } catch (error) {
    return `${check.name} on ${backend.name}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
