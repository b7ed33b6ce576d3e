/**
 * The conformance suite on the reference backend, as it is and with everything lowered to map and reduce.
 */
import { conformanceCases, reference } from '@dl/tensor/testing';
import { describe, test } from 'vitest';
import { minimal } from './minimal-backend.ts';

for (const [name, backend] of [
  ['reference', reference()],
  ['map and reduce only', minimal()],
] as const) {
  describe(name, () => {
    for (const { name: title, run } of conformanceCases()) test(title, () => run(backend));
  });
}
