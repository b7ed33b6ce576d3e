/**
 * Runs in a browser's worker: random kernels on one thread and on three, and what the team says of itself.
 */
import { cpu, features, setThreads } from '@dl/backend-cpu';
import { testRandom } from '@dl/tensor/testing';
import { runtime } from '../src/runtime.ts';
import { KERNELS } from './random-kernels.ts';
import { runProgram } from './run-program.ts';
import { differentBits, gathered, jobs, whenWorth } from './together.ts';

/** What the worker reports. */
export interface BrowserReport {
  readonly offered: number;
  readonly workers: number;
  readonly jobs: number;
  readonly differences: readonly string[];
  readonly left: number;
}

async function report(): Promise<BrowserReport> {
  const offered = features().threads;
  const backend = cpu();
  await gathered(3);
  const differences: string[] = [];
  for (const [kind, make] of Object.entries(KERNELS))
    for (let seed = 0; seed < 5; seed++) {
      const { program, args, params } = make(testRandom(seed));
      const run = (worth: boolean) => whenWorth(worth, () => runProgram(backend, program, args, params));
      const [together, alone] = [run(true), run(false)];
      alone.forEach((array, i) => {
        const { dtype } = program.buffers[program.args[i]!]!;
        const difference = differentBits(together[i]!.buffer as ArrayBuffer, array.buffer as ArrayBuffer, dtype);
        if (difference) differences.push(`${kind} ${seed}: ${difference}`);
      });
    }
  const { team } = runtime();
  const result = { offered, workers: team.workers, jobs: jobs(), differences };
  setThreads(1);
  return { ...result, left: team.workers };
}

postMessage(await report());
