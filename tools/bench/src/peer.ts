/**
 * Peers: each runs in a process of its own, restricted to one thread, and writes rows as JSON lines.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PeerName, WorkloadName } from './options.ts';
import { parseRow, type Row } from './row.ts';

const folder = join(import.meta.dirname, 'peers');
const modules = join(import.meta.dirname, '../peers/node_modules');
/** A peer that says nothing for so long is given up. */
const SILENCE_MS = 180_000;

interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** The program that runs a peer, or why there is none. */
function commandOf(peer: PeerName): Command | string {
  if (peer !== 'torch') {
    if (!existsSync(modules)) return 'not installed; run `npm ci` in tools/bench/peers';
    return { program: process.execPath, args: ['--import', 'tsx', join(folder, `${peer}.mjs`)] };
  }
  const candidates = [process.env['PYTHON'], '/usr/bin/python3', 'python3'].filter((name) => name !== undefined);
  const python = candidates.find(
    (name) => spawnSync(name, ['-c', 'import torch, numpy'], { stdio: 'ignore' }).status === 0,
  );
  if (python === undefined) return 'PyTorch is not installed (Debian: python3-torch); PYTHON names another interpreter';
  return { program: python, args: [join(folder, 'torch.py')] };
}

/** Runs a workload on a peer. A peer that is missing or fails is reported on standard error and left out. */
export async function runPeer(peer: PeerName, workload: WorkloadName, add: (row: Row) => void): Promise<void> {
  const command = commandOf(peer);
  if (typeof command === 'string') {
    console.error(`${peer}: skipped: ${command}`);
    return;
  }
  const child = spawn(command.program, [...command.args, workload], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' },
  });
  const giveUp = (): void => {
    console.error(`${peer}: ${workload}: stopped after ${SILENCE_MS / 1000} s without a figure`);
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
  if (code !== 0 && code !== null) console.error(`${peer}: ${workload}: exited with code ${code}`);
}
