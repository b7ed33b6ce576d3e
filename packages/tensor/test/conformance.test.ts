/**
 * The conformance suite on the reference backend, as it is and with everything lowered to map and reduce.
 */
import type { Backend } from '@dl/tensor/backend';
import { conformanceCases, reference } from '@dl/tensor/testing';
import { describe, test } from 'vitest';

/** The reference backend as the least a backend may be. */
function minimal(): Backend {
  const base = reference();
  return {
    ...base,
    name: 'minimal',
    capabilities: { ...base.capabilities, kernels: new Set(['map', 'reduce']), dynamic: false, maxOperands: 8 },
  };
}

for (const [name, backend] of [
  ['reference', reference()],
  ['map and reduce only', minimal()],
] as const) {
  describe(name, () => {
    for (const { name: title, run } of conformanceCases()) test(title, () => run(backend));
  });
}
