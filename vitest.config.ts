// One test configuration for all packages: a node project, and a browser project where Chromium is installed.
import { existsSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

const conditions = ['@dl/source'];
const chromium = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium'].find((path) => path && existsSync(path));
const folders = ['packages/*/test', 'apps/*/test', 'tools/*/test'];

const node: TestProjectConfiguration = {
  extends: true,
  test: {
    name: 'node',
    environment: 'node',
    include: folders.map((folder) => `${folder}/**/*.test.ts`),
    exclude: ['**/*.browser.test.ts', '**/node_modules/**'],
  },
};

const browser = (executablePath: string): TestProjectConfiguration => ({
  extends: true,
  test: {
    name: 'browser',
    include: folders.map((folder) => `${folder}/**/*.browser.test.ts`),
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath,
          args: [
            '--no-sandbox',
            '--enable-unsafe-webgpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ],
        },
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
});

export default defineConfig({
  resolve: { conditions: [...conditions, 'module', 'browser', 'development|production'] },
  ssr: { resolve: { conditions: [...conditions, 'module', 'node', 'development|production'] } },
  server: {
    // Makes pages crossOriginIsolated, so SharedArrayBuffer exists in browser tests.
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // Ends what hangs; a busy machine must not fail a test.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: chromium === undefined ? [node] : [node, browser(chromium)],
  },
});
