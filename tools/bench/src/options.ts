/**
 * The command line.
 */

/** Names of all workloads. */
export const WORKLOADS = ['seed-mlp', 'matmul', 'cnn-step', 'elementwise'] as const;
/** Names of all peers. */
export const PEERS = ['tfjs', 'jax', 'torch'] as const;

/** A workload's name. */
export type WorkloadName = (typeof WORKLOADS)[number];
/** A peer's name. */
export type PeerName = (typeof PEERS)[number];

/** What the command line asks for. */
export interface Options {
  readonly workloads: readonly WorkloadName[];
  readonly peers: readonly PeerName[];
  readonly json: boolean;
  /** Threads of this framework; peers have one. */
  readonly threads: number;
}

/** Text of `--help`. */
export const USAGE = `npm run bench -- WORKLOAD... [--json] [--threads N] [--peers ${PEERS.join(',')}]\nworkloads: ${WORKLOADS.join(', ')}, all`;

/**
 * Reads arguments.
 *
 * @throws RangeError naming what it does not know.
 */
export function parseArguments(args: readonly string[]): Options {
  const workloads: WorkloadName[] = [];
  const peers: PeerName[] = [];
  let json = false;
  let threads = 1;
  const rest = args.filter((arg) => arg !== '--');
  for (let i = 0; i < rest.length; i++) {
    const arg = rest[i]!;
    if (arg === '--json') json = true;
    else if (arg === '--threads') threads = parseThreads(rest[++i]);
    else if (arg === '--peers') peers.push(...parsePeers(rest[++i] ?? ''));
    else if (arg.startsWith('--peers=')) peers.push(...parsePeers(arg.slice('--peers='.length)));
    else if (arg === 'all') workloads.push(...WORKLOADS);
    else workloads.push(oneOf(WORKLOADS, arg, 'workload'));
  }
  if (workloads.length === 0) throw new RangeError(`expected a workload\n${USAGE}`);
  return { workloads: [...new Set(workloads)], peers: [...new Set(peers)], json, threads };
}

function parseThreads(text: string | undefined): number {
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new RangeError(`expected a number of threads after --threads\n${USAGE}`);
}

function parsePeers(list: string): PeerName[] {
  return list
    .split(',')
    .filter((name) => name !== '')
    .map((name) => oneOf(PEERS, name, 'peer'));
}

function oneOf<T extends string>(names: readonly T[], name: string, what: string): T {
  if ((names as readonly string[]).includes(name)) return name as T;
  throw new RangeError(`unknown ${what} '${name}'; expected one of ${names.join(', ')}\n${USAGE}`);
}
