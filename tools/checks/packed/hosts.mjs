// Builds and runs the ten-line program with the packed packages in fresh applications of Vite, webpack and Next, in a Web
// Worker, and under Bun and Deno. Pages are opened in Chromium.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright';
import { pack, run } from './pack.mjs';

process.env['NEXT_TELEMETRY_DISABLED'] = '1';
const work = mkdtempSync(join(tmpdir(), 'dl-hosts-'));
const here = join(import.meta.dirname, 'hosts');
const bin = (name) => join(work, 'node_modules/.bin', name);

/** Throws unless the program ran on the compiled backend and the loss fell. */
function check(host, results) {
  if (results.error !== undefined) throw new Error(`${host}: ${results.error}`);
  for (const [place, { error, backend, first, last }] of Object.entries(results)) {
    if (error !== undefined) throw new Error(`${host}, ${place}: ${error}`);
    if (backend !== 'cpu') throw new Error(`${host}, ${place}: the backend is ${backend}`);
    if (!(last < first)) throw new Error(`${host}, ${place}: the loss went from ${first} to ${last}`);
  }
  console.log(`packed, ${host}: the program trains (${Object.keys(results).join(', ')})`);
}

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** Serves a folder on a free port of this machine. */
async function serve(folder) {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname);
    const file = join(folder, path === '/' ? 'index.html' : path);
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    response.end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** What a page shows when it is done. */
async function open(browser, address) {
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(address);
  await page
    .waitForFunction(() => document.body.dataset.result !== undefined, null, { timeout: 60_000 })
    .catch((error) => {
      throw new Error(`${address}: ${errors.join('; ') || error.message}`);
    });
  const result = await page.evaluate(() => document.body.dataset.result);
  await page.close();
  return JSON.parse(result);
}

async function openFolder(browser, folder) {
  const server = await serve(folder);
  try {
    return await open(browser, `http://127.0.0.1:${server.address().port}/`);
  } finally {
    server.close();
  }
}

async function withNext(browser, folder) {
  run(folder, bin('next'), 'build');
  const server = spawn(bin('next'), ['start', '-H', '127.0.0.1', '-p', '0'], { cwd: folder });
  try {
    const address = await new Promise((resolve, reject) => {
      let text = '';
      const read = (chunk) => {
        text += chunk;
        const found = /http:\/\/[\w.]+:\d+/.exec(text);
        if (found && /Ready/.test(text)) resolve(found[0]);
      };
      server.stdout.on('data', read);
      server.stderr.on('data', read);
      server.on('exit', () => reject(new Error(`Next did not start: ${text}`)));
    });
    return await open(browser, address);
  } finally {
    server.kill();
  }
}

try {
  const tarballs = pack(work);
  cpSync(here, work, { recursive: true });
  run(work, 'npm', 'install', '--no-save', '--no-audit', '--no-fund', '--prefer-offline', ...Object.values(tarballs));
  const apps = join(work, 'apps');
  for (const [host, ...command] of [
    ['Bun', 'bun', 'run', 'main.js'],
    ['Deno', 'deno', 'run', '--allow-read', '--allow-env', '--allow-sys', 'main.js'],
  ]) {
    const output = run(apps, bin(command[0]), ...command.slice(1));
    check(host, { script: JSON.parse(output.trim().split('\n').at(-1)) });
  }
  for (const name of ['vite', 'webpack', 'next']) {
    for (const file of ['program.js', 'worker.js', 'page.js']) cpSync(join(apps, file), join(apps, name, file));
  }
  const executablePath = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium'].find((path) => path && existsSync(path));
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    run(join(apps, 'vite'), bin('vite'), 'build', '--logLevel', 'warn');
    check('Vite', await openFolder(browser, join(apps, 'vite/dist')));
    const webpack = join(apps, 'webpack');
    run(webpack, bin('webpack'), '--mode', 'production', '--entry', './page.js', '--output-path', 'dist');
    cpSync(join(webpack, 'index.html'), join(webpack, 'dist/index.html'));
    check('webpack', await openFolder(browser, join(webpack, 'dist')));
    check('Next', await withNext(browser, join(apps, 'next')));
  } finally {
    await browser.close();
  }
} catch (error) {
  console.error(error.message, error.stdout ?? '', error.stderr ?? '');
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
