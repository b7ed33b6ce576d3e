// Shared tsup options: ESM only, one shared chunk per common module, bundled declarations.
import type { Options } from 'tsup';

/** Build options of a package; pass what differs, usually only `entry`. */
export default (options: Options = {}): Options => ({
  entry: ['src/index.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  splitting: true,
  sourcemap: true,
  clean: true,
  tsconfig: 'tsconfig.src.json',
  // tsup injects baseUrl, which TypeScript 6 reports as deprecated.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  ...options,
});
