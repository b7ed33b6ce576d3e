/**
 * Systems: each job runs in a process of its own, with so many threads, and writes rows as JSON lines.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Job } from './plan.ts';
import { OURS, parseRow, type Row } from './row.ts';

const folder = join(import.meta.dirname, 'peers');
const modules = join(import.meta.dirname, '../peers/node_modules');
/** A system that says nothing for so long is given up. */
const SILENCE_MS = 180_000;

interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

let python: string | null | undefined;

/** A Python that has PyTorch, or null. */
function findPython(): string | null {
  if (python !== undefined) return python;
  const candidates = [process.env['PYTHON'], '/usr/bin/python3', 'python3'].filter((name) => name !== undefined);
  const works = (name: string): boolean =>
    spawnSync(name, ['-c', 'import torch, numpy'], { stdio: 'ignore' }).status === 0;
  python = candidates.find(works) ?? null;
  return python;
}

/** The program that runs a system, or why there is none. */
function commandOf(system: Job['system']): Command | string {
  const node = process.execPath;
  if (system === OURS) {
    const entry = join(import.meta.dirname, 'ours.ts');
    return { program: node, args: ['--conditions=@dl/source', '--import', 'tsx', entry] };
  }
  if (system !== 'torch') {
    if (!existsSync(modules)) return 'not installed; run `npm ci` in tools/bench/peers';
    return { program: node, args: ['--import', 'tsx', join(folder, `${system}.mjs`)] };
  }
  const program = findPython();
  if (program === null) return 'PyTorch is not installed (Debian: python3-torch); PYTHON names another interpreter';
  return { program, args: [join(folder, 'torch.py')] };
}

/** Runs a job once. A system that is missing or fails is reported on standard error; its rows so far are kept. */
export async function runJob(job: Job, add: (row: Row) => void): Promise<void> {
  const { system, workload } = job;
  const command = commandOf(system);
  if (typeof command === 'string') {
    console.error(`${system}: skipped: ${command}`);
    return;
  }
  const threads = String(job.threads);
  const interpreter = system === 'onnxruntime' ? findPython() : null;
  const child = spawn(command.program, [...command.args, workload, job.case, threads, job.relaxed], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      OPENBLAS_NUM_THREADS: threads,
      OMP_NUM_THREADS: threads,
      PYTHONDONTWRITEBYTECODE: '1',
      ...(interpreter !== null && { PYTHON: interpreter }),
    },
  });
  const giveUp = (): void => {
    console.error(`${system}: ${workload}: stopped after ${SILENCE_MS / 1000} s without a figure`);
    child.kill('SIGKILL');
  };
  let timer = setTimeout(giveUp, SILENCE_MS);
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const row = parseRow(line);
    if (row === null) continue;
    clearTimeout(timer);
    timer = setTimeout(giveUp, SILENCE_MS);
    add(row);
  }
  const code = await closed;
  clearTimeout(timer);
  if (code !== 0 && code !== null) console.error(`${system}: ${workload}: exited with code ${code}`);
}
