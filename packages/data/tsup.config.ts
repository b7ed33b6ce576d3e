import { defineConfig } from 'tsup';
import base from '../../tsup.base.ts';

export default defineConfig(
  base({
    // Resolved by the user's bundler or runtime: package.json maps it to the build for Node or for browsers.
    external: ['#csv-parse'],
  }),
);
