/**
 * This framework's side: runs one job, as its arguments say, and writes rows as JSON lines.
 */
import { configure, features } from '@dl/backend-cpu';
import type { Job, WorkloadName } from './plan.ts';
import { OURS, OURS_RELAXED } from './row.ts';
import type { Report } from './workloads/report.ts';

const WORKLOADS: Record<WorkloadName, () => Promise<{ run: (report: Report, name: string) => Promise<void> }>> = {
  'seed-mlp': () => import('./workloads/seed-mlp.ts'),
  matmul: () => import('./workloads/matmul.ts'),
  'cnn-step': () => import('./workloads/cnn-step.ts'),
  'transformer-block': () => import('./workloads/transformer-block.ts'),
  lstm: () => import('./workloads/lstm.ts'),
  mobilenet: () => import('./workloads/mobilenet.ts'),
  networks: () => import('./workloads/networks.ts'),
  elementwise: () => import('./workloads/elementwise.ts'),
  indexing: () => import('./workloads/indexing.ts'),
  'compile-time': () => import('./workloads/compile-time.ts'),
  memory: () => import('./workloads/memory.ts'),
  files: () => import('./workloads/files.ts'),
};

/** Applies the settings asked for; says why not where the backend cannot. */
function settle(threads: number, relaxed: Job['relaxed']): string | null {
  if (relaxed !== 'default') configure({ relaxedSimd: relaxed === 'yes' });
  if (relaxed === 'yes' && !features().relaxedSimd) return 'this engine has no relaxed multiply-add';
  configure({ threads });
  const used = features().threads;
  return used === threads ? null : `the backend uses ${used} thread${used === 1 ? '' : 's'}, not ${threads}`;
}

const [workload, name, threadsText, relaxed] = process.argv.slice(2) as [WorkloadName, string, string, Job['relaxed']];
const threads = Number(threadsText);
const problem = settle(threads, relaxed);
if (problem === null) {
  const madd = features().relaxedSimd;
  const { run } = await WORKLOADS[workload]();
  await run(
    ({ system = madd ? OURS_RELAXED : OURS, ...row }) =>
      console.log(
        JSON.stringify({
          workload,
          system,
          node: process.versions.node,
          threads,
          ...(system.startsWith(OURS) && { arithmetic: madd ? 'relaxed madd' : 'mul+add' }),
          ...row,
        }),
      ),
    name,
  );
} else {
  console.error(`${OURS}: ${workload}: skipped: ${problem}`);
}
