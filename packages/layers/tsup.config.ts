import { defineConfig } from 'tsup';
import base from '../../tsup.base.ts';

export default defineConfig(
  base({
    // Every module is an entry, so bundlers can drop unused layers file by file.
    entry: ['src/**/*.ts'],
  }),
);
