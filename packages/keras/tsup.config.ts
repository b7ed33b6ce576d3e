import { defineConfig } from 'tsup';
import base from '../../tsup.base.ts';

export default defineConfig(
  base({
    entry: [
      'src/index.ts',
      'src/applications.ts',
      'src/debug.ts',
      'src/reports.ts',
      'src/worker.ts',
      'src/fit-worker.ts',
      'src/setup.ts',
    ],
    esbuildPlugins: [
      {
        // Keeps the set-up module a file of its own: `sideEffects` in package.json names it.
        name: 'separate-setup',
        setup(build) {
          build.onResolve({ filter: /\/setup\.ts$/ }, (args) =>
            args.kind === 'entry-point' ? undefined : { path: './setup.js', external: true, sideEffects: true },
          );
        },
      },
    ],
  }),
);
