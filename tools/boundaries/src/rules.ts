// The table of allowed dependencies between packages: arrows point downwards only.

/** What a package may depend on. */
export interface Rule {
  /** Packages of this repository that its sources may import. */
  readonly internal: readonly string[];
  /** Whether it may have run-time dependencies from outside. */
  readonly external: boolean;
}

const onTensor: Rule = { internal: ['@dl/tensor'], external: false };

/** One row for every package under `packages/`. */
export const RULES: Readonly<Record<string, Rule>> = {
  '@dl/tensor': { internal: [], external: false },
  '@dl/data': { internal: [], external: true },
  '@dl/formats': { internal: [], external: true },
  '@dl/autograd': onTensor,
  '@dl/layers': onTensor,
  '@dl/optim': onTensor,
  '@dl/backend-cpu': onTensor,
  '@dl/backend-webgpu': onTensor,
  '@dl/keras': {
    internal: [
      '@dl/tensor',
      '@dl/autograd',
      '@dl/layers',
      '@dl/optim',
      '@dl/backend-cpu',
      '@dl/backend-webgpu',
      '@dl/data',
      '@dl/formats',
    ],
    external: true,
  },
};
