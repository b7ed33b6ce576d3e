/**
 * The conformance suite.
 */
import { cpu } from '@dl/backend-cpu';
import { conformanceCases } from '@dl/tensor/testing';
import { describe, test } from 'vitest';

const backend = cpu();

describe('cpu conformance', () => {
  for (const { name, run } of conformanceCases()) test(name, () => run(backend));
});
