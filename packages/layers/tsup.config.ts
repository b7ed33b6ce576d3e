import { defineConfig } from 'tsup';
import base from '../../tsup.base.ts';

export default defineConfig(
  base({
    // Every module is an entry, so bundlers can drop unused layers file by file.
    entry: ['src/**/*.ts'],
    dts: {
      entry: [
        'src/index.ts',
        'src/activations.ts',
        'src/initializers.ts',
        'src/losses.ts',
        'src/metrics.ts',
        'src/regularizers.ts',
        'src/constraints.ts',
        'src/registry.ts',
        'src/testing.ts',
      ],
      compilerOptions: { ignoreDeprecations: '6.0' },
    },
  }),
);
