// Shared tsup options: ESM only, one shared chunk per common module, declarations file by file.
import type { Options } from 'tsup';
import { emitDeclarations } from './tools/declarations/emit.ts';

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
  dts: false,
  onSuccess: async (): Promise<void> => emitDeclarations(process.cwd()),
  ...options,
});
