import { defineConfig } from 'tsup';
import base from '../../tsup.base.ts';

export default defineConfig(
  base({ entry: ['src/index.ts', 'src/backend.ts', 'src/interpreter.ts', 'src/ops.ts', 'src/testing.ts'] }),
);
