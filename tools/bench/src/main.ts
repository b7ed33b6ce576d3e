/**
 * Command line: runs workloads on this framework and on the peers asked for, one after the other.
 */
import { setThreads } from '@dl/backend-cpu';
import { parseArguments, USAGE, type Options, type WorkloadName } from './options.ts';
import { runPeer } from './peer.ts';
import type { Row } from './row.ts';
import { formatTable } from './table.ts';
import type { Report } from './workloads/report.ts';

const ours: Record<WorkloadName, () => Promise<{ run: (report: Report) => Promise<void> }>> = {
  'seed-mlp': () => import('./workloads/seed-mlp.ts'),
  matmul: () => import('./workloads/matmul.ts'),
  'cnn-step': () => import('./workloads/cnn-step.ts'),
  elementwise: () => import('./workloads/elementwise.ts'),
};

async function main({ workloads, peers, json, threads }: Options): Promise<void> {
  setThreads(threads);
  const rows: Row[] = [];
  const add = (row: Row): void => {
    rows.push(row);
    if (json) console.log(JSON.stringify(row));
    else console.error(`${row.workload}  ${row.case}  ${row.system}`);
  };
  for (const workload of workloads) {
    const { run } = await ours[workload]();
    await run(({ system = 'dl', ...row }) => add({ workload, system, node: process.versions.node, threads, ...row }));
    for (const peer of peers) await runPeer(peer, workload, add);
  }
  if (!json) console.log(formatTable(rows));
}

const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(USAGE);
} else {
  try {
    await main(parseArguments(args));
  } catch (error) {
    console.error(error instanceof RangeError ? error.message : error);
    process.exitCode = 1;
  }
}
