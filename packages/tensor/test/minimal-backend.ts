import { legalize, type Backend } from '@dl/tensor/backend';
import { reference } from '@dl/tensor/testing';

/** The reference backend as the least a backend may be. */
export function minimal(): Backend {
  const base = reference();
  return {
    ...base,
    name: 'minimal',
    capabilities: {
      ...base.capabilities,
      kernels: new Set(['map', 'reduce']),
      legalize,
      dynamic: false,
      maxOperands: 8,
    },
  };
}
