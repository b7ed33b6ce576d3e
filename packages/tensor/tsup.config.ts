import { defineConfig } from 'tsup';
import base from '../../tsup.base.ts';

const entries = ['index', 'linalg', 'signal', 'image', 'ops', 'backend', 'interpreter', 'testing'];

export default defineConfig(base({ entry: entries.map((name) => `src/${name}.ts`) }));
