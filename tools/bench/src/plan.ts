/**
 * Which systems do which workloads, and the processes that a run consists of.
 */
import { OURS, type Row } from './row.ts';
import { summarize } from './stats.ts';

/** Names of all peers. */
export const PEERS = ['tfjs', 'jax', 'torch', 'onnxruntime'] as const;
/** A peer's name. */
export type PeerName = (typeof PEERS)[number];

interface Workload {
  readonly peers: readonly PeerName[];
  /** Cases that need a process each; otherwise one process does all. */
  readonly cases?: readonly string[];
  /** Processes whose figures are combined, where one process gives only one. Default 1. */
  readonly processes?: number;
}

const TABLE = {
  'seed-mlp': { peers: ['tfjs', 'jax', 'torch'] },
  matmul: { peers: ['tfjs', 'jax', 'torch'] },
  'cnn-step': { peers: ['tfjs', 'jax', 'torch'] },
  'transformer-block': { peers: ['tfjs', 'jax', 'torch'] },
  lstm: { peers: ['tfjs', 'jax', 'torch'] },
  mobilenet: { peers: ['tfjs', 'torch', 'onnxruntime'] },
  networks: { peers: ['tfjs', 'torch'], cases: ['ResNet18', 'MobileNetV2', 'LSTM', 'GRU', 'encoder'] },
  elementwise: { peers: ['tfjs', 'jax', 'torch'] },
  indexing: { peers: ['tfjs', 'jax', 'torch'] },
  'compile-time': {
    peers: ['jax'],
    cases: ['seed net step', 'cnn step', 'cnn forward', 'mobilenet inference', 'transformer step', 'lstm step'],
    processes: 5,
  },
  memory: { peers: ['torch'], cases: ['seed net', 'cnn step'], processes: 5 },
  files: { peers: [] },
} satisfies Record<string, Workload>;

/** A workload's name. */
export type WorkloadName = keyof typeof TABLE;
/** Names of all workloads. */
export const WORKLOADS: readonly WorkloadName[] = Object.keys(TABLE) as WorkloadName[];

/** Systems that can use several threads. */
const THREADED: readonly string[] = [OURS, 'torch', 'onnxruntime'];

/** A process to run, and how often. */
export interface Job {
  readonly system: typeof OURS | PeerName;
  readonly workload: WorkloadName;
  /** The case to run, or `all`. */
  readonly case: string;
  readonly threads: number;
  /** Of this framework: the arithmetic it is held to; `default` leaves it to the engine. */
  readonly relaxed: 'yes' | 'no' | 'default';
  readonly processes: number;
}

/** What to run for a workload, in order. */
export function jobsOf(
  workload: WorkloadName,
  asked: { readonly peers: readonly PeerName[]; readonly threads: readonly number[]; readonly relaxed: boolean },
): Job[] {
  const { peers, cases = ['all'], processes = 1 }: Workload = TABLE[workload];
  const job = (system: Job['system'], name: string, threads: number, relaxed: Job['relaxed'] = 'default'): Job => ({
    system,
    workload,
    case: name,
    threads,
    relaxed,
    processes,
  });
  return asked.threads.flatMap((threads) =>
    cases.flatMap((name) => [
      ...(asked.relaxed ? (['no', 'yes'] as const) : (['default'] as const)).map((r) => job(OURS, name, threads, r)),
      ...asked.peers
        .filter((peer) => peers.includes(peer) && (threads === 1 || THREADED.includes(peer)))
        .map((peer) => job(peer, name, threads)),
    ]),
  );
}

/** Rows of several processes that did the same, as one row each. */
export function combine(runs: readonly (readonly Row[])[]): Row[] {
  const rows = runs.flat();
  const keyOf = (row: Row): string => `${row.case}/${row.system}/${row.mode ?? ''}`;
  return [...new Set(rows.map(keyOf))].map((key) => {
    const same = rows.filter((row) => keyOf(row) === key);
    return same.length === 1 ? same[0]! : { ...same[0]!, ...summarize(same.map((row) => row.median)) };
  });
}
